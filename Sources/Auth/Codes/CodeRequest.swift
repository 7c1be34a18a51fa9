import Cryptography
import Foundation
import Postgres

/// A code that another system asked for, over all its sends: where it stands, and what a resend needs.
struct CodeRequest: Sendable {
    let id: UUID
    let purpose: String
    let status: Status
    let accountID: UUID?
    let subjectID: UUID
    let locale: Language
    let digits: Int
    /// Seconds.
    let lifetime: Int
    let createdAt: Date
    let verifiedAt: Date?
    /// Every channel that its codes went by (Z-1).
    let channels: [ChannelKind]
    /// Its newest send.
    let code: SentCode
    /// Where a newer request's code took this one's place.
    let newest: NewestCode?
    private let sealedAddress: [UInt8]

    /// What has become of it.
    enum Status: String, Sendable {
        /// The newest code can be entered.
        case open
        case verified, superseded, expired, cancelled
        /// Its guesses are spent.
        case exhausted
    }

    init(_ row: Row) throws {
        guard let status = Status(rawValue: try row.text("status")),
            let locale = Language(rawValue: try row.text("locale"))
        else { throw PostgresError.undecodable("status") }
        id = try row.uuid("request_id")
        purpose = try row.text("purpose")
        self.status = status
        accountID = try row.uuidIfPresent("account_id")
        subjectID = try row.uuid("subject_id")
        self.locale = locale
        digits = try row.int("digits")
        lifetime = try row.int("lifetime_seconds")
        createdAt = try row.instant("created_at")
        verifiedAt = try row.instantIfPresent("used_at")
        channels = try row.texts("channels").compactMap(ChannelKind.init)
        code = try SentCode(row)
        newest = status == .superseded ? try NewestCode(row) : nil
        sealedAddress = try row.bytes("sealed_destination")
    }

    /// The address that its caller named, or that its account had, where it is one of that channel.
    func destination(
        by channel: ChannelKind, in practice: Practice, keys: KeyRing
    ) throws -> Destination? {
        let address = try keys.sealingKey(.message).open(
            sealedAddress, boundTo: Self.binding(id, practice.id))
        return Destination(
            stored: String(decoding: address, as: UTF8.self), channel: channel, practice: practice)
    }

    static func seal(
        _ destination: Destination, request: UUID, practice: UUID, keys: KeyRing
    ) -> [UInt8] {
        keys.sealingKey(.message).seal(
            Array(destination.address.utf8), boundTo: binding(request, practice))
    }

    private static func binding(_ request: UUID, _ practice: UUID) -> [UInt8] {
        Array("code_request.destination|\(practice.uuidString)|\(request.uuidString)".utf8)
    }

    /// Whom codes are for: an account, else a destination, of one client alone (Z-19). Nobody else's
    /// code is voided and nobody else's guesses are spent.
    ///
    /// - Returns: by every key of the ring, the current one first.
    static func subjects(
        account: UUID?, destination: Destination, client: UUID, keys: KeyRing
    ) -> [UUID] {
        let whom = account.map { "account:\($0.text)" } ?? "to:\(destination.normalized)"
        return keys.macKeys(.throttle).map { key in
            let mac = key.authenticate(fields: ["code-subject", client.uuidString, whom])
            return mac.withUnsafeBytes { $0.loadUnaligned(as: UUID.self) }
        }
    }

    /// A code in an answer (api.md, Sent code), with what became of it.
    struct Body: Encodable, Sendable {
        let id: UUID
        let purpose: String
        let status: String
        let accountID: UUID?
        let channel: String
        let destination: String
        let reference: String
        let sentAt: Date
        let sentAtLocal: String
        let expiresAt: Date
        let resendAt: Date
        let attemptsLeft: Int
        let delivery: String
        let reason: String?
        let advice: String?
        let gateway: String?
        let formerReason: String?
        let verifiedAt: Date?
        let channels: [String]

        init(
            _ code: SentCode.Body, id: UUID, purpose: String, status: Status, account: UUID?,
            verifiedAt: Date? = nil, channels: [ChannelKind]
        ) {
            self.id = id
            self.purpose = purpose
            self.status = status.rawValue
            accountID = account
            channel = code.channel
            destination = code.destination
            reference = code.reference
            sentAt = code.sentAt
            sentAtLocal = code.sentAtLocal
            expiresAt = code.expiresAt
            resendAt = code.resendAt
            attemptsLeft = code.attemptsLeft
            delivery = code.delivery
            reason = code.reason
            advice = code.advice
            gateway = code.gateway
            formerReason = code.formerReason
            self.verifiedAt = verifiedAt
            self.channels = channels.map(\.rawValue)
        }
    }

    func body(in practice: Practice, language: Language) -> Body {
        Body(
            code.body(in: practice, language: language), id: id, purpose: purpose, status: status,
            account: accountID, verifiedAt: verifiedAt, channels: channels)
    }
}
