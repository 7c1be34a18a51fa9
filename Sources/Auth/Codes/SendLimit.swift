import Cryptography
import Foundation
import Postgres

/// One limit on sending, beside the destination's own: held by the statement that sends (Z-22), and
/// with an end that every refusal tells.
struct SendLimit: Sendable, Equatable {
    /// What is limited; the word in the answer and the metric.
    enum Kind: String, Sendable, CaseIterable {
        /// One calling system, an hour.
        case client
        /// The practice's SMS, a day.
        case practice
        /// What they cost, a day (NO-4).
        case cost
        /// The patient's network, an hour.
        case network
        /// A block of numbers that hardly ever proves a code, a day (SU-6).
        case numbers
        /// Numbers that one account tries to have codes sent to, a day (Z-22).
        case account
        /// The practice's messages that nobody asked for: to its admin contacts, an hour; to people whom
        /// strangers try to sign in as, or whose national number was changed, a day.
        case notices
    }

    enum Span: String, Sendable {
        case hour, day
    }

    let kind: Kind
    var counter: String
    let span: Span
    var ceiling: Int
    /// What one send adds.
    var weight = 1
    /// A counter of right codes: each raises the ceiling, twenty sends apiece.
    var earned: String?

    /// As ``SendLimits/arms(limits:name:)`` reads it.
    fileprivate var value: JSONValue {
        .object([
            JSONMember("kind", .string(kind.rawValue)), JSONMember("counter", .string(counter)),
            JSONMember("span", .string(span.rawValue)), JSONMember("ceiling", .int(ceiling)),
            JSONMember("weight", .int(weight)),
            JSONMember("earned", earned.map(JSONValue.string) ?? .null),
        ])
    }
}

extension SendLimit {
    /// Codes that go to one network in an hour; a household or a home for the elderly is one.
    static let perNetworkAndHour = 60
    /// Sends to a block of numbers before somebody there has to prove one.
    static let unprovenPerBlock = 100
    /// Sends that one right code of the block allows: below one in twenty it is stopped.
    static let sendsPerProof = 20

    /// Passes that a practice's people are mailed in a day (Z-20).
    static let passesPerDay = 300

    /// New numbers that an account tries in a day (Z-22).
    static let newNumbersPerDay = 3

    static func newNumber(of account: UUID) -> SendLimit {
        SendLimit(
            kind: .account, counter: "new-numbers:\(account.text)", span: .day,
            ceiling: newNumbersPerDay)
    }

    /// What a client may mail with links in an hour, counted apart from its codes (Z-19).
    static func links(_ counter: String, of client: UUID, ceilings: SendCeilings) -> SendLimit {
        SendLimit(
            kind: .client, counter: "\(counter):\(client.text)", span: .hour,
            ceiling: ceilings.perClientAndHour)
    }

    static let passes = SendLimit(
        kind: .notices, counter: "passes", span: .day, ceiling: passesPerDay)

    /// What may be sent by SMS in a day to people who have proved nothing yet: a fifth, so that strangers
    /// leave the rest to those who sign in (Z-19).
    static func unprovenSMS(in practice: Practice) -> SendLimit {
        SendLimit(
            kind: .practice, counter: SMSLane.recovery.messages, span: .day,
            ceiling: SMSLane.recovery.part(of: practice.policy.smsPerDay))
    }

    /// A fifth of the practice's SMS, for what its register changes: no file spends the day's codes (Z-19).
    static func registerSMS(in practice: Practice) -> SendLimit {
        SendLimit(
            kind: .practice, counter: SMSLane.register.messages, span: .day,
            ceiling: SMSLane.register.part(of: practice.policy.smsPerDay))
    }

    /// Likewise for what its letters bring about: no pile of them keeps a patient from hearing that the
    /// register has another number of theirs.
    static func letterSMS(in practice: Practice) -> SendLimit {
        SendLimit(
            kind: .practice, counter: SMSLane.letters.messages, span: .day,
            ceiling: SMSLane.letters.part(of: practice.policy.smsPerDay))
    }

    /// What one client, or one network, may send, each of these by itself: neither strangers who ask for recoveries nor
    /// another system's codes keep anybody from signing in (Z-19).
    enum Budget: String, Sendable {
        /// To people who have shown a password, a link or a proof.
        case signIn = "sign-in"
        /// `/v1/codes`
        case codes
        /// Before anything is proved.
        case recovery
    }

    /// All that hold for one send.
    static func all(
        for destination: Destination, of caller: Caller, from budget: Budget, network: [UInt8]?,
        keys: KeyRing, ceilings: SendCeilings
    ) -> [SendLimit] {
        var limits = [
            SendLimit(
                kind: .client, counter: "client:\(caller.clientID.text):\(budget.rawValue)",
                span: .hour, ceiling: ceilings.perClientAndHour)
        ]
        if let network {
            let key = keys.macKey(.network).authenticate(network)
            limits.append(
                SendLimit(
                    kind: .network,
                    counter: "network:\(Data(key).base64EncodedString()):\(budget.rawValue)",
                    span: .hour, ceiling: perNetworkAndHour))
        }
        guard case .mobile(let number) = destination else { return limits }
        limits += sms(to: number, of: caller.practice, prices: ceilings.prices)
        guard budget == .codes else { return limits }
        return limits + limits.compactMap { $0.part(in: .codes) }
    }

    /// What one lane may take of the practice's day; nil where it has no part of its own.
    private func part(in lane: SMSLane) -> SendLimit? {
        let ownCounter: String? =
            switch kind {
            case .practice: lane.messages
            case .cost: lane.cost
            default: nil
            }
        guard let ownCounter else { return nil }
        var limit = self
        limit.counter = ownCounter
        limit.ceiling = lane.part(of: ceiling)
        return limit
    }

    /// What holds for one SMS, whoever asked for it.
    static func sms(
        to number: PhoneNumber, of practice: Practice, prices: SMSPrices
    ) -> [SendLimit] {
        let policy = practice.policy
        let price = prices.price(to: number.country, in: policy.smsCostCurrency.rawValue)
        return sms(
            price: price, messagesPerDay: policy.smsPerDay, costPerDay: policy.smsCostPerDay,
            block: BlockCount(number))
    }

    private static func sms(
        price: Int, messagesPerDay: Int, costPerDay: Int, block: BlockCount?
    ) -> [SendLimit] {
        let day = [
            SendLimit(kind: .practice, counter: "sms", span: .day, ceiling: messagesPerDay),
            SendLimit(
                kind: .cost, counter: "cost", span: .day, ceiling: costPerDay, weight: price),
        ]
        guard let block else { return day }
        return day + [
            SendLimit(
                kind: .numbers, counter: block.sent, span: .day, ceiling: unprovenPerBlock,
                earned: block.proven)
        ]
    }

    /// What one SMS is held to that goes out again and may be paid for again: the same as when it was made.
    static func again(
        price: Int, messagesPerDay: Int, costPerDay: Int, lane: SMSLane?, block: BlockCount?
    ) -> [SendLimit] {
        let limits = sms(
            price: price, messagesPerDay: messagesPerDay, costPerDay: costPerDay, block: block)
        guard let lane else { return limits }
        return limits + limits.compactMap { $0.part(in: lane) }
    }
}

/// What the operator decides about sending.
package struct SendCeilings: Sendable {
    /// Codes that one client may send in an hour, from each budget.
    package var perClientAndHour: Int
    package var prices: SMSPrices

    package init(perClientAndHour: Int = 3_000, prices: SMSPrices = SMSPrices()) {
        self.perClientAndHour = perClientAndHour
        self.prices = prices
    }
}

/// What an SMS costs the practice, by currency and country, in hundredths.
package struct SMSPrices: Sendable, Equatable {
    /// `["EUR": ["NL": 8, "*": 15]]`; `*` is every other country.
    package var prices: [String: [String: Int]]

    package init(_ prices: [String: [String: Int]] = [:]) {
        self.prices = prices
    }

    /// `EUR:NL=8,EUR:*=15,NOK:NO=90`; nil where that is not what it says.
    package init?(parsing text: String) {
        var prices: [String: [String: Int]] = [:]
        for entry in text.split(separator: ",") {
            guard
                let match = entry.wholeMatch(of: /\s*([A-Z]{3}):([A-Z]{2}|\*)=([0-9]{1,6})\s*/),
                let price = Int(match.3)
            else { return nil }
            prices[String(match.1), default: [:]][String(match.2)] = price
        }
        guard !prices.isEmpty else { return nil }
        self.init(prices)
    }

    /// What is assumed of a country without a price, in euro cents or Norwegian øre: dear rather than
    /// cheap, so that a ceiling in money holds before anybody has set prices.
    private static let unknown = ["EUR": 20, "NOK": 200]

    /// What an SMS to a country that nobody knows is taken to cost, by currency, as JSON.
    var ofUnknownCountry: JSONValue {
        .object(
            Practice.Currency.allCases.map { currency in
                JSONMember(
                    currency.rawValue, .int(price(to: "*", in: currency.rawValue)))
            })
    }

    func price(to country: String, in currency: String) -> Int {
        prices[currency]?[country] ?? prices[currency]?["*"] ?? Self.unknown[currency] ?? 200
    }
}

/// The counters of a block of ten thousand numbers: what went there, and what was proven (SU-6).
struct BlockCount: Sendable, Equatable {
    /// An E.164 number without its last four digits.
    let block: String

    init(_ number: PhoneNumber) {
        block = String(number.e164.dropLast(4))
    }

    /// - Parameter block: as it was kept.
    init(block: String) {
        self.block = block
    }

    var sent: String { "sent:\(block)" }
    var proven: String { "proven:\(block)" }

    /// The arm that counts a right code for its block; reads `asked` and `attempted`.
    static let provenArm = """
        proven as (  -- A right code speaks for its block of numbers.
            insert into send_count (practice_id, counter, window_start, slice, amount)
            select $1::uuid, 'proven:' || asked.number_block,
                   date_trunc('day', clock_timestamp(), 'UTC'), pg_backend_pid() % 32, 1
            from asked, attempted
            where asked.number_block is not null
              and attempted.matched
              and attempted.alive
            on conflict (practice_id, counter, window_start, slice) do update
            set amount = send_count.amount + 1
        )
        """
}

/// The arms that hold all limits, given as JSON in one parameter.
enum SendLimits {
    /// The arms `counter` and `reached`; `reached` is the limit that ends last, if one is reached.
    ///
    /// - Parameter name: stands before both, where a statement has limits of two sorts.
    static func arms(limits: String, name: String = "") -> String {
        """
        \(name)counter as (  -- What this send counts towards.
                select entry.*,
                       date_trunc(entry.span, clock_timestamp(), 'UTC') as window_start
                from jsonb_to_recordset(\(limits)::jsonb) as entry
                    (kind text, counter text, span text, ceiling int8, weight int8, earned text)
            ),
            \(name)reached as (  -- The limit that ends last, where one is reached.
                select counter.kind,
                       counter.window_start + ('1 ' || counter.span)::interval as again_at
                from \(name)counter as counter
                cross join lateral (
                    select coalesce(sum(send_count.amount), 0) as amount
                    from send_count
                    where send_count.practice_id = $1::uuid
                      and send_count.counter = counter.counter
                      and send_count.window_start = counter.window_start) as spent
                cross join lateral (
                    select coalesce(sum(send_count.amount), 0) as amount
                    from send_count
                    where send_count.practice_id = $1::uuid
                      and send_count.counter = counter.earned
                      and send_count.window_start = counter.window_start) as earned
                where spent.amount + counter.weight
                    > greatest(counter.ceiling, \(SendLimit.sendsPerProof) * earned.amount)
                order by again_at desc, counter.kind
                limit 1
            )
        """
    }

    /// The arm that counts what was sent; reads `counter` and the one row of `sent`.
    static func countedArm(of sent: String = "sent", name: String = "") -> String {
        """
        \(name)counted as (  -- One slice a connection, so that many can count at once.
                insert into send_count (practice_id, counter, window_start, slice, amount)
                select $1::uuid, counter.counter, counter.window_start, pg_backend_pid() % 32,
                       counter.weight
                from \(name)counter as counter, \(sent)
                where counter.weight > 0
                order by counter.counter
                on conflict (practice_id, counter, window_start, slice) do update
                set amount = send_count.amount + excluded.amount
            )
        """
    }

    /// Without a way to fail: no limits at all would be the gravest of faults.
    static func parameter(_ limits: [SendLimit]) -> Parameter {
        .json(JSONValue.array(limits.map(\.value)).text)
    }
}
