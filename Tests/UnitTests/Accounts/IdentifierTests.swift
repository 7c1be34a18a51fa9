import Cryptography
import Foundation
import Testing

@testable import Auth

/// What people type to say who they are, and what may be registered as such (H11, Z-17).
@Suite struct IdentifierTests {
    @Test(arguments: [
        ("jansen@example.nl", "jansen@example.nl", Identifier.Kind.email),
        ("JANSEN@Example.NL", "jansen@example.nl", .email),
        ("  jansen@example.nl\r\n", "jansen@example.nl", .email),
        ("\u{FEFF}jansen@example.nl\u{200B}", "jansen@example.nl", .email),
        ("jansen @ example.nl", "jansen@example.nl", .email),
        ("jan\u{00AD}sen@example.nl", "jansen@example.nl", .email),
        ("Jansen@Bøl.no", "jansen@xn--bl-lka.no", .email),
        ("jansen@xn--BL-LKA.no", "jansen@xn--bl-lka.no", .email),
        ("bjørn@Bøl.no", "bjørn@bøl.no", .email),
        ("a.jansen", "a.jansen", .username),
        ("A.Jansen\u{00A0}", "a.jansen", .username),
        ("ØYVIND", "øyvind", .username),
        ("Ga\u{0308}ste", "g\u{00E4}ste", .username),
        ("", "", .username),
    ])
    func `a spelling is brought into one form`(
        typed: String, normalized: String, kind: Identifier.Kind
    ) {
        let identifier = Identifier(typed: typed)
        #expect(Array(identifier.normalized.utf8) == Array(normalized.utf8))
        #expect(identifier.kind == kind)
    }

    @Test(arguments: ["jan.sen@example.nl", "jansen+portal@example.nl"])
    func `dots and tags are part of an address`(other: String) {
        #expect(
            Identifier(typed: other).normalized != Identifier(typed: "jansen@example.nl").normalized
        )
    }

    @Test func `normalising twice changes nothing more`() {
        for text in ["İstanbul@example.nl", "Jan@BØL.no", "ﬁnn", "Σίσυφος", "ＡＢＣ"] {
            let once = Identifier.normalized(text)
            #expect(Array(Identifier.normalized(once).utf8) == Array(once.utf8), "\(text)")
        }
    }

    @Test func `the index is that of one practice`() throws {
        let key = try Sample.ring().macKey(.identifier)
        let index = Identifier(typed: "Jansen@example.nl").index(practice: Sample.id, key: key)
        // Computed with Python (hmac, hashlib): a release that changes it finds nobody any more.
        #expect(hex(index) == "d02d075796a9cc30c19d1e297ebfa3efc57c62d31e7a630bf9f0145da250a5b3")
        #expect(Identifier(typed: "jansen@example.nl").index(practice: UUID(), key: key) != index)
    }

    @Test(arguments: [
        "abc", "anna.jansen", "anna_jansen-2", "øyvind", "a12", "Ωmega", "1a2",
        String(repeating: "a", count: 64),
    ])
    func `a username is a short word with a letter in it`(name: String) {
        #expect(Identifier.isUsername(name))
    }

    @Test(arguments: [
        "", "ab", "123456", "anna jansen", "anna@jansen", "anna/jansen", "anna\u{0}", "...",
        "anna\u{202E}", "<b>", String(repeating: "a", count: 65),
    ])
    func `everything else is no username`(name: String) {
        #expect(!Identifier.isUsername(name))
    }
}
