import Cryptography
import Foundation
import Postgres

/// A text that a practice's patients must agree to, in one version and language (IN-5).
struct Document: Sendable {
    let kind: Kind
    let version: Version
    let locale: Language
    let title: String
    let text: String
    /// SHA-256 of the text.
    let textHash: [UInt8]
    /// When this text, in this language, was published.
    let publishedAt: Date

    enum Kind: String, CaseIterable, Codable, Sendable {
        /// What the practice and the patient agree on.
        case terms
        /// What becomes of the patient's data.
        case privacy
    }

    /// A practice's own word for a version, such as `2026-1`; it stands in mails and in the audit.
    struct Version: Hashable, Sendable {
        static let longest = 32

        let text: String

        /// - Parameter text: 1 to 32 ASCII letters, digits, dots, hyphens and underscores.
        init?(_ text: String) {
            let isSpelled = text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                    || (0x61...0x7A).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
            }
            guard (1...Self.longest).contains(text.utf8.count), isSpelled else { return nil }
            self.text = text
        }
    }

    static func hash(_ text: String) -> [UInt8] { SHA256.hash(Array(text.utf8)) }

    /// Languages in which a document is looked for: the wanted one, the practice's, any.
    static func languages(wanted: Language, in practice: Practice) -> [String] {
        var languages = [wanted]
        for language in [practice.locale] + Language.allCases where !languages.contains(language) {
            languages.append(language)
        }
        return languages.map(\.rawValue)
    }
}

extension Document {
    init(_ row: Row) throws {
        guard let kind = Kind(rawValue: try row.text("kind")),
            let version = Version(try row.text("version")),
            let locale = Language(rawValue: try row.text("locale"))
        else { throw PostgresError.undecodable("kind") }
        self.kind = kind
        self.version = version
        self.locale = locale
        title = try row.text("title")
        text = try row.text("text")
        textHash = try row.bytes("text_hash")
        publishedAt = try row.instant("created_at")
    }

    /// As callers see it.
    var members: [JSONMember] {
        [
            JSONMember("kind", .string(kind.rawValue)),
            JSONMember("version", .string(version.text)),
            JSONMember("locale", .string(locale.rawValue)),
            JSONMember("title", .string(title)),
            JSONMember("text", .string(text)),
            JSONMember("text_hash", .string(textHash.hexadecimal)),
            JSONMember("published_at", .string(publishedAt.rfc3339)),
        ]
    }
}

/// A document's text as a practice publishes it.
struct NewDocument: RequestBody {
    let version: Document.Version
    let locale: Language
    let title: String
    let text: String

    /// Characters (Unicode scalars).
    static let longestTitle = 200
    static let longestText = 100_000
    /// Room for a text of that length in most scripts, escapes included.
    static let request = RequestLimits(
        bodyBytes: 256 * 1024, bodyDeadline: RequestLimits.ordinary.bodyDeadline,
        answerDeadline: RequestLimits.ordinary.answerDeadline)

    init(_ fields: inout FieldReader) throws {
        let typed = fields.string("version", max: Document.Version.longest)
        let version = Document.Version(typed)
        if version == nil, !typed.isEmpty { fields.refuse("version", .wrongFormat) }
        let locale = try? fields.choice("locale", of: Language.self)
        title = fields.trimmed("title", max: Self.longestTitle)
        text = fields.string("text", max: Self.longestText, characters: .any)
            .replacing("\r\n", with: "\n")
        if !text.unicodeScalars.allSatisfy({ $0 == "\n" || $0 == "\t" || $0.isFitForALine })
            || (!text.isEmpty && text.allSatisfy(\.isWhitespace))
        {
            fields.refuse("text", .wrongFormat)
        }
        guard let version, let locale else { throw FieldReader.Unreadable() }
        self.version = version
        self.locale = locale
    }
}
