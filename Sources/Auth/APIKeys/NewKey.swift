import Foundation

/// What a key shall be, as its maker asks for it.
struct NewKey: RequestBody {
    let client: String
    let scopes: [Scope]
    let expiresAt: Date

    /// Characters of a client's name.
    static let longestClientName = 64
    private static let secondsADay = 86_400.0

    init(_ fields: inout FieldReader) throws {
        let now = Date()
        client = Self.clientName(&fields)
        scopes = Self.scopes(&fields)
        let latest = Self.expiry(days: CreateKey.longestLifeDays, from: now)
        expiresAt = fields.optionalInstant("expires_at") ?? latest
        if expiresAt <= now || expiresAt > latest { fields.refuse("expires_at", .outOfRange) }
    }

    static func clientName(_ fields: inout FieldReader) -> String {
        fields.trimmed("client", max: longestClientName)
    }

    /// At least one, each once.
    static func scopes(_ fields: inout FieldReader) -> [Scope] {
        fields.elements(
            "scopes", max: 64, count: 1...Scope.allCases.count, orElse: .notAllowed,
            Scope.init(rawValue:))
    }

    static func expiry(days: Int, from now: Date) -> Date {
        now.addingTimeInterval(Double(days) * secondsADay)
    }
}
