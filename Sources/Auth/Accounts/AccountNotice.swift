import Cryptography
import Foundation
import Postgres

/// A mail to each confirmed address of an account: that something about it was changed, when and at which
/// practice. It is run in the transaction of the change.
///
/// It goes by the operator's mail server and in the service's own words, so that whoever stole a
/// practice's key can neither reword nor swallow it. No ceiling keeps a change from being made; what
/// nobody was told of stands in the audit, as does an account that has no address.
struct AccountNotice: Statement {
    private let act: Act
    private let account: UUID
    private let news: News
    private let practice: Practice
    private let notices: Parameter
    private let freezeHash: [UInt8]?
    private let limits: Parameter

    static let lane = Lane.ordinary
    /// Hours in which it is tried; it stays true for longer.
    static let triedForHours = 24

    /// What the person is told.
    enum News: Sendable {
        /// The register gave their patient another national number (Z-18).
        case nationalNumberMoved(patient: UUID)
        /// They, or whoever is signed in as them, changed something; the mail has a link that freezes the
        /// account (Z-32).
        case changed(AccountChange)
        /// The register has a new mobile of theirs, masked here: no code goes there until they have added
        /// it (NO-2).
        case registeredMobile(patient: UUID, to: String)
        /// They stopped their account by such a link. This mail has none: what it was against may be
        /// whoever reads it (Z-32).
        case frozen
        /// Theirs is no more; the last mail (SU-3).
        case erased

        fileprivate var template: MessageTemplate {
            switch self {
            case .nationalNumberMoved: .nationalNumberChanged
            case .changed, .registeredMobile: .accountChanged
            case .frozen: .accountFrozen
            case .erased: .accountErased
            }
        }

        fileprivate var event: AuditEvent {
            switch self {
            case .nationalNumberMoved: .moveTold
            case .changed, .registeredMobile, .frozen, .erased: .changeTold
            }
        }

        /// In the words of the mail; nil where its template says it.
        fileprivate func sentence(in language: Language) -> String? {
            switch self {
            case .changed(let change): change.sentence(in: language)
            case .registeredMobile(_, let masked):
                AccountChange.registeredMobileChanged(to: masked).sentence(in: language)
            case .nationalNumberMoved, .frozen, .erased: nil
            }
        }

        /// What the audit's row is about.
        fileprivate func object(of account: UUID) -> UUID {
            switch self {
            case .nationalNumberMoved(let patient), .registeredMobile(let patient, _): patient
            case .changed, .frozen, .erased: account
            }
        }

        /// What counts how much goes to one mailbox or phone.
        var lane: Destination.Lane {
            switch self {
            case .nationalNumberMoved, .registeredMobile: .register
            case .changed, .frozen, .erased: .notice
            }
        }

        /// All changes of accounts share a day's ceiling of their practice; what its register changes has
        /// ceilings apart, so that no file keeps anybody from hearing of a thief.
        fileprivate var counter: String {
            switch self {
            case .nationalNumberMoved: "moves"
            case .registeredMobile: "mobiles"
            case .changed, .frozen, .erased: "changes"
            }
        }
    }

    /// - Parameters:
    ///   - mailboxes: confirmed addresses of the account, and those that were until now; those that mean
    ///     the same mailbox get one mail.
    ///   - formerMailboxes: those that learn of it without a way to freeze the account.
    init(
        _ news: News, act: Act, account: UUID, mailboxes: [EmailAddress],
        formerMailboxes: [EmailAddress], locale: Language, practice: Practice, keys: KeyRing
    ) throws {
        self.act = act
        self.account = account
        self.news = news
        self.practice = practice
        let sentence = news.sentence(in: locale)
        let code: FreezeCode? = sentence == nil || mailboxes.isEmpty ? nil : .random()
        freezeHash = code?.hash
        var told: [EmailAddress] = []
        var notices: [JSONValue] = []
        let meant = mailboxes.map { ($0, true) } + formerMailboxes.map { ($0, false) }
        for (mailbox, mayFreeze) in meant where !told.contains(mailbox) {
            told.append(mailbox)
            let id = UUIDv7.make(at: Date())
            var facts: [MessageTemplate.Variable: String] = [:]
            facts[.change] = sentence
            facts[.freezeLink] = mayFreeze ? code?.link(portal: practice.portalOrigin) : nil
            if case .frozen = news { facts[.recoveryLink] = practice.recoveryURL }
            let body = try OutgoingMessage(to: mailbox.typed, facts: facts).sealed(
                with: keys.sealingKey(.message), boundTo: id, of: practice.id)
            let key = Destination.mailbox(mailbox).key(news.lane, keys: keys)
            let template =
                mayFreeze || sentence == nil ? news.template : MessageTemplate.formerMailboxTold
            notices.append(
                .object([
                    JSONMember("message_id", .string(id.text)),
                    JSONMember("template", .string(template.rawValue)),
                    JSONMember("locale", .string(locale.rawValue)),
                    JSONMember("destination_key", .string(Data(key).base64EncodedString())),
                    JSONMember("body", .string(Data(body).base64EncodedString())),
                ]))
        }
        self.notices = .json(JSONValue.array(notices).text)
        limits = SendLimits.parameter(
            notices.isEmpty ? [] : [.notices(news.counter, mails: notices.count)])
    }

    static let sql = """
        with \(SendLimits.arms(limits: "$7")),
        notice as (
            select notice.message_id, notice.template, notice.locale,
                   decode(notice.destination_key, 'base64') as destination_key,
                   decode(notice.body, 'base64') as body
            from jsonb_to_recordset($6::jsonb) as notice
                (message_id uuid, template text, locale text, destination_key text, body text)
        ),
        addressed as (  -- 1. One more notice to each mailbox, if the hour and the day allow.
            insert into destination (practice_id, destination_key, sends)
            select $1::uuid, notice.destination_key, array[clock_timestamp()]
            from notice
            where not exists (select from reached)
            order by notice.destination_key
            on conflict (practice_id, destination_key) do update
            set sends = \(Instants.within("1 day", of: "destination.sends")) || clock_timestamp()
            where cardinality(\(Instants.within("1 hour", of: "destination.sends"))) < $8::int8
              and cardinality(\(Instants.within("1 day", of: "destination.sends"))) < $9::int8
            returning destination_key
        ),
        queued as (  -- 2. The mails.
            insert into message
                (practice_id, message_id, channel, template, locale, body, expires_at)
            select $1::uuid, notice.message_id, 'email', notice.template, notice.locale,
                   notice.body,
                   clock_timestamp() + interval '\(triedForHours) hours'
            from notice
            join addressed on addressed.destination_key = notice.destination_key
            returning message_id
        ),
        freezable as (
            insert into freeze_code (practice_id, code_hash, account_id, expires_at)
            select $1::uuid, $11::bytea, $4::uuid,
                   clock_timestamp() + interval '\(FreezeCode.days) days'
            where $11::bytea is not null
              and exists (select from queued)
        ),
        mailed as (
            select count(*) as mails
            from queued
            having count(*) > 0
        ),
        \(SendLimits.countedArm(of: "mailed")),
        told as (
            select coalesce((select mailed.mails from mailed), 0) as mails,
                   (select count(*) from notice) as notices
        ),
        audited as (  -- 3. Whether the person was told, or why not.
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, $10::text,
                   case when told.mails = told.notices and told.mails > 0 then 'done'
                        else 'refused'
                   end,
                   case when told.notices = 0 then 'no-mailbox'
                        when told.mails < told.notices then 'limit-reached'
                   end,
                   $2::uuid, $4::uuid, $5::uuid, $3::uuid
            from told
        )
        select told.mails = told.notices and told.mails > 0 as all_told, $nonce as nonce
        from told
        """

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(account),
            .uuid(news.object(of: account)), notices, limits, .int(practice.policy.sendsPerHour),
            .int(practice.policy.sendsPerDay), .text(news.event.rawValue),
            freezeHash.map(Parameter.bytes) ?? .null,
        ]
    }

    /// Whether each of the account's addresses gets a mail, and there is one.
    static func decode(_ rows: [Row]) throws -> Bool {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        return try row.bool("all_told")
    }
}

extension SendLimit {
    /// Notices of one kind that a practice's people are mailed in a day.
    static let noticesPerDay = 1_000

    /// - Parameter mails: as many as one account's addresses.
    fileprivate static func notices(_ counter: String, mails: Int) -> SendLimit {
        SendLimit(
            kind: .notices, counter: counter, span: .day, ceiling: noticesPerDay, weight: mails)
    }
}
