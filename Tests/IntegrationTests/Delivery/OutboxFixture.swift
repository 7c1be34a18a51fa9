import Cryptography
import Foundation
import Logging
import Metrics
import Postgres
import Synchronization

@testable import Auth

/// An outbox of a test's own, on a real database, with rows as the sign-in leaves them.
struct OutboxFixture: Sendable {
    let owner: TestDatabase
    /// Two clients, as two instances would have.
    let database: Database
    let otherDatabase: Database
    let keys: KeyRing
    /// The same keys as text.
    let ring: String
    let practice: UUID

    /// Runs the body with an outbox that nobody else uses meanwhile, and a practice of its own.
    static func run<Result: Sendable>(
        _ body: @Sendable (OutboxFixture) async throws -> Result
    ) async throws -> Result {
        try await pool.run { fixture in
            try await fixture.makePractice()
            return try await body(fixture)
        }
    }

    /// The same on a database that goes with it, for a test that changes the schema.
    static func runOnItsOwn(
        _ body: @escaping @Sendable (OutboxFixture) async throws -> Void
    ) async throws {
        try await started { fixture in
            try await fixture.makePractice()
            try await body(fixture)
        }
    }

    private static let pool = TestPool(
        start: started,
        renew: { used in
            try await used.owner.empty()
            return used
        })

    private static func started(
        _ body: @escaping @Sendable (OutboxFixture) async throws -> Void
    ) async throws {
        let owner = try await TestCluster.shared().cloneDatabase()
        let ring = KeyRing.generate()
        let keys = try KeyRing(parsing: ring)
        let settings = Database.Configuration(url: owner.serviceURL)
        try await Database.use(settings, logger: quiet) { first in
            try await Database.use(settings, logger: quiet) { second in
                try await body(
                    OutboxFixture(
                        owner: owner, database: first, otherDatabase: second, keys: keys,
                        ring: ring, practice: UUID()))
            }
        }
    }

    static let publicURL = "https://auth.example.nl"

    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    func dispatcher(
        _ channel: any DeliveryChannel, on database: Database? = nil, keys: KeyRing? = nil,
        workers: Int = 4, metrics: any MetricsFactory = NOOPMetricsHandler.instance,
        door: OutboundDoor = OutboundDoor(.init(), threads: 1),
        prices: SMSPrices = SMSPrices()
    ) throws -> Dispatcher {
        Dispatcher(
            database: database ?? self.database,
            channels: GatewayChannels(
                [channel], door: door, keys: keys ?? self.keys, publicURL: Self.publicURL),
            templates: try Templates.shipped(), keys: keys ?? self.keys, prices: prices,
            workers: workers, logger: Self.quiet, metrics: metrics)
    }

    private func makePractice() async throws {
        try await owner.execute(
            """
            insert into practice
                (practice_id, name, country, time_zone, locale, audience, portal_origin,
                 support_contact)
            values ('\(practice)', 'Legekontoret på Bryggen', 'NO', 'Europe/Oslo', 'nb',
                    '\(practice)', 'https://portal.example', '55 12 34 56')
            """)
    }
}

// MARK: - Rows

extension OutboxFixture {
    /// A queued message and its live code; a later one for the same subject supersedes it.
    func queue(
        to address: String = "kari@example.no", code: String = "048213", locale: String = "nb",
        subject: UUID = UUID(), keys: KeyRing? = nil, channel: ChannelKind = .email,
        purpose: String = "sign-in"
    ) async throws -> UUID {
        let message = UUIDv7.make(at: Date())
        let codeID = UUID()
        let body = try OutgoingMessage(to: address, code: code).sealed(
            with: (keys ?? self.keys).sealingKey(.message), boundTo: message, of: practice)
        let hex = body.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        try await owner.execute(
            """
            with sent as (
                insert into code
                    (practice_id, code_id, subject_id, purpose, flow_id, client_id, factor_id,
                     channel, destination, reference, code_hash, sent_at, expires_at, resend_at)
                values ('\(practice)', '\(codeID)', '\(subject)', '\(purpose)', '\(UUID())',
                        '\(UUID())', '\(UUID())', '\(channel.rawValue)', 'k•••', 'KD', '\\x00',
                        clock_timestamp(), clock_timestamp() + interval '9 minutes',
                        clock_timestamp())
                returning *
            ),
            superseding as (
                insert into code_subject
                    (practice_id, subject_id, purpose, newest_code_id, newest_sent_at,
                     newest_reference)
                select practice_id, subject_id, purpose, code_id, sent_at, reference
                from sent
                on conflict (practice_id, subject_id, purpose) do update
                set newest_code_id = excluded.newest_code_id
            )
            insert into message
                (practice_id, message_id, code_id, channel, template, locale, body, expires_at)
            select practice_id, '\(message)', code_id, '\(channel.rawValue)', 'session-code', '\(locale)',
                   '\\x\(hex)', expires_at
            from sent
            """)
        return message
    }

    /// A queued message that carries no code, an hour before its expiry.
    func queueWithoutCode(
        to address: String = "kari@example.no", template: MessageTemplate = .settingsChanged,
        facts: MessageText.Variables = [.changes: "portal_origin", .actor: "portal"]
    ) async throws -> UUID {
        let message = UUIDv7.make(at: Date())
        let body = try OutgoingMessage(to: address, facts: facts).sealed(
            with: keys.sealingKey(.message), boundTo: message, of: practice)
        let hex = body.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        try await owner.execute(
            """
            insert into message
                (practice_id, message_id, channel, template, locale, body, expires_at)
            values ('\(practice)', '\(message)', 'email', '\(template.rawValue)', 'nb',
                    '\\x\(hex)', clock_timestamp() + interval '1 hour')
            """)
        return message
    }

    /// What a message's row says now.
    struct Row: Equatable, Sendable {
        let state: String
        let reason: String?
        let attempts: Int
        let fence: Int
        /// Hexadecimal.
        let body: String?
        let providerMessageID: String?
        let isHandedOver: Bool
        /// Seconds until the next attempt.
        let wait: Double
        let rung: Int
        let gateway: String?
        /// Seconds until it climbs without a report.
        let reportWait: Double?
        /// Of the gateway before.
        let formerReason: String?
    }

    func row(_ message: UUID) async throws -> Row {
        let rows = try await owner.execute(
            """
            select state, reason, attempts, fence, encode(body, 'hex'), provider_message_id,
                   handed_over_at is not null,
                   extract(epoch from next_attempt_at - clock_timestamp()), rung, gateway,
                   extract(epoch from report_due_at - clock_timestamp()), former_reason
            from message where message_id = '\(message)'
            """)
        let cells = rows.first ?? []
        guard cells.count == 12 else { throw Missing() }
        return Row(
            state: cells[0] ?? "", reason: cells[1], attempts: Int(cells[2] ?? "") ?? -1,
            fence: Int(cells[3] ?? "") ?? -1, body: cells[4], providerMessageID: cells[5],
            isHandedOver: cells[6] == "t", wait: Double(cells[7] ?? "") ?? .nan,
            rung: Int(cells[8] ?? "") ?? -1, gateway: cells[9],
            reportWait: cells[10].flatMap(Double.init), formerReason: cells[11])
    }

    struct Missing: Error {}

    /// Changes columns of a message, as time or another worker would.
    func change(_ message: UUID, _ assignments: String) async throws {
        try await owner.execute(
            "update message set \(assignments) where message_id = '\(message)'")
    }

    /// Changes columns of a message's code.
    func changeCode(of message: UUID, _ assignments: String) async throws {
        try await owner.execute(
            """
            update code set \(assignments)
            where code_id = (select code_id from message where message_id = '\(message)')
            """)
    }

    /// The clock moves on to the message's next attempt.
    func becomeDue(_ message: UUID) async throws {
        try await change(message, "next_attempt_at = clock_timestamp(), leased_until = null")
    }

    /// The clock moves past the end of a worker's lease.
    func outliveLease(of message: UUID) async throws {
        try await change(
            message,
            """
            next_attempt_at = next_attempt_at - interval '1 minute',
            leased_until = leased_until - interval '1 minute'
            """)
    }
}

/// Answers as it was told, in order, and then takes everything; keeps what it was handed.
final class ScriptedChannel: DeliveryChannel {
    let name = "scripted"
    let kinds = Set(ChannelKind.allCases)

    private let state: Mutex<(answers: [DeliveryFailure], messages: [RenderedMessage])>

    init(_ failures: [DeliveryFailure] = []) {
        state = Mutex((failures, []))
    }

    var messages: [RenderedMessage] { state.withLock { $0.messages } }

    func deliver(_ message: RenderedMessage) async throws(DeliveryFailure) -> Receipt {
        let failure = state.withLock { state -> DeliveryFailure? in
            state.messages.append(message)
            return state.answers.isEmpty ? nil : state.answers.removeFirst()
        }
        if let failure { throw failure }
        return Receipt(providerMessageID: "A-1")
    }
}
