import Cryptography
import Foundation
import Postgres

/// An SMS to each phone of an account: that something was changed, and where to read what. It is run in
/// the transaction of the change, and holds every limit of an SMS (Z-22).
///
/// It goes by the practice's gateway, since nobody else has one for its numbers, and in the service's
/// own words.
struct NumberNotice: Statement {
    private let act: Act
    private let account: UUID
    private let notices: Parameter
    private let locale: Language
    private let limits: Parameter
    private let policy: Practice.Policy
    private let smsLane: SendLimit.SMSLane?

    static let lane = Lane.ordinary

    /// - Parameter numbers: E.164; those of countries that the practice no longer sends to are left out.
    init(
        _ news: AccountNotice.News, to numbers: [String], locale: Language, of account: UUID,
        act: Act, in practice: Practice, by notices: Notices
    ) throws {
        self.act = act
        self.account = account
        self.locale = locale
        policy = practice.policy
        var limits: [SendLimit] = []
        var messages: [JSONValue] = []
        for number in Set(numbers).sorted() {
            guard
                let destination = Destination(stored: number, channel: .sms, practice: practice),
                case .mobile(let mobile) = destination
            else { continue }
            let id = UUIDv7.make(at: Date())
            let body = try OutgoingMessage(to: destination.address).sealed(
                with: notices.keys.sealingKey(.message), boundTo: id, of: practice.id)
            let key = destination.key(news.lane, keys: notices.keys)
            messages.append(
                .object([
                    JSONMember("message_id", .string(id.text)),
                    JSONMember("destination_key", .string(Data(key).base64EncodedString())),
                    JSONMember("body", .string(Data(body).base64EncodedString())),
                    JSONMember("number_block", .string(BlockCount(mobile).block)),
                ]))
            var each = SendLimit.sms(to: mobile, of: practice, prices: notices.prices)
            if case .registeredMobile = news { each.append(.registerSMS(in: practice)) }
            for limit in each {
                if let place = limits.firstIndex(where: { $0.counter == limit.counter }) {
                    limits[place].weight += limit.weight
                } else {
                    limits.append(limit)
                }
            }
        }
        self.notices = .json(JSONValue.array(messages).text)
        self.limits = SendLimits.parameter(limits)
        smsLane = SendLimit.SMSLane(of: limits)
    }

    static let sql = """
        with \(SendLimits.arms(limits: "$5")),
        notice as (
            select notice.message_id, decode(notice.destination_key, 'base64') as destination_key,
                   decode(notice.body, 'base64') as body, notice.number_block
            from jsonb_to_recordset($6::jsonb) as notice
                (message_id uuid, destination_key text, body text, number_block text)
        ),
        addressed as (  -- 1. If each number's hour and day, and all other limits, allow.
            insert into destination (practice_id, destination_key, sends)
            select $1::uuid, notice.destination_key, array[clock_timestamp()]
            from notice
            where not exists (select from reached)
            order by notice.destination_key
            on conflict (practice_id, destination_key) do update
            set sends = \(Instants.within("1 day", of: "destination.sends")) || clock_timestamp()
            where cardinality(\(Instants.within("1 hour", of: "destination.sends"))) < $7::int8
              and cardinality(\(Instants.within("1 day", of: "destination.sends"))) < $8::int8
            returning destination_key
        ),
        queued as (  -- 2. The messages.
            insert into message
                (practice_id, message_id, channel, template, locale, body, expires_at, sms_lane,
                 number_block)
            select $1::uuid, notice.message_id, 'sms',
                   '\(MessageTemplate.accountChanged.rawValue)', $9::text, notice.body,
                   clock_timestamp() + interval '\(AccountNotice.triedForHours) hours',
                   $10::text, notice.number_block
            from notice
            join addressed on addressed.destination_key = notice.destination_key
            returning message_id
        ),
        texted as (
            select count(*) as texts
            from queued
            having count(*) > 0
        ),
        \(SendLimits.countedArm(of: "texted")),
        audited as (  -- 3. Whether each number was told.
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.changeTold.rawValue)',
                   case when told.all_told then 'done' else 'refused' end,
                   case when told.all_told then 'sms' else 'limit-reached' end,
                   $2::uuid, $4::uuid, $4::uuid, $3::uuid
            from (
                select (select count(*) from queued) = (select count(*) from notice) as all_told
            ) as told
            where exists (select from notice)
        )
        select $nonce as nonce
        """

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(account), limits,
            notices, .int(policy.sendsPerHour), .int(policy.sendsPerDay), .text(locale.rawValue),
            smsLane.map { Parameter.text($0.rawValue) } ?? .null,
        ]
    }

    static func decode(_ rows: [Row]) throws {}
}
