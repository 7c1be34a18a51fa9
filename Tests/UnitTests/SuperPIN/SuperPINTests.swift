import Cryptography
import Foundation
import Testing

@testable import Auth

/// The super-PIN and its check symbol (standards.md 14.4, S1, S5).
@Suite struct SuperPINTests {
    @Test(arguments: [
        "0000-0000-0000-0000", "0000-0000-0000-001Z", "1000-0000-0000-0002",
        "ZZZZ-ZZZZ-ZZZZ-ZZZN", "0123-4567-89AB-CDE4", "FGHJ-KMNP-QRST-VWX2",
        "7K3M-RT9X-Q2WB-V4H0", "G5N8-D1PY-C6ZA-E0SF",
    ])
    func `fifteen symbols with their check symbol are one`(text: String) throws {
        let pin = try SuperPIN(typed: text)
        #expect(pin.printed.expose() == text)
        #expect(pin.symbols.expose() == text.filter { $0 != "-" })
    }

    @Test(arguments: [
        ("7k3m-rt9x-q2wb-v4ho", "7K3MRT9XQ2WBV4H0"), ("0l23 4567 89AB CDE4", "0123456789ABCDE4"),
        ("OI234567 89abCDE4", "0123456789ABCDE4"), (" 7K3MRT9XQ2WBV4H0\n", "7K3MRT9XQ2WBV4H0"),
        ("7K3M–RT9X—Q2WB\u{2212}V4H0", "7K3MRT9XQ2WBV4H0"),
        ("７Ｋ３Ｍ-RT9X-Q2WB-V4H0", "7K3MRT9XQ2WBV4H0"),
        ("\u{200B}7K3M\u{00A0}RT9X Q2WB V4H0", "7K3MRT9XQ2WBV4H0"),
    ])
    func `what people type for it is read`(text: String, symbols: String) throws {
        #expect(try SuperPIN(typed: text).symbols.expose() == symbols)
    }

    @Test(arguments: [
        ("7K3MRT9XQ2WBV4H1", SuperPIN.Fault.checkSymbol), ("K73MRT9XQ2WBV4H0", .checkSymbol),
        ("7K3MRT9XQ2WBVH40", .checkSymbol), ("7K3M-RT9X-Q2WB-V4HU", .foreignCharacter),
        ("7K3M-RT9X-Q2WB-V4H", .wrongLength(found: 15)), ("", .wrongLength(found: 0)),
        ("7K3M-RT9X-Q2WB-V4H00", .wrongLength(found: 17)),
        ("7K3M-RT9X-Q2WB-V4H*", .foreignCharacter), ("7K3M-RT9X-Q2WB-V4HÅ", .foreignCharacter),
    ])
    func `a typing error is named`(text: String, fault: SuperPIN.Fault) {
        #expect(throws: fault) { try SuperPIN(typed: text) }
    }

    @Test func `every wrong symbol and every swap of two is found`() {
        let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        var missed: [String] = []
        func mustBeFound(_ symbols: [Character]) {
            do throws(SuperPIN.Fault) {
                missed.append(try SuperPIN(typed: String(symbols)).symbols.expose())
            } catch {
                if error != .checkSymbol { missed.append(String(symbols)) }
            }
        }
        for _ in 0..<2 {
            let symbols = Array(SuperPIN.random().symbols.expose())
            for place in symbols.indices {
                for symbol in alphabet where symbol != symbols[place] {
                    var wrong = symbols
                    wrong[place] = symbol
                    mustBeFound(wrong)
                }
                for other in symbols.indices where symbols[place] != symbols[other] {
                    var swapped = symbols
                    swapped.swapAt(place, other)
                    mustBeFound(swapped)
                }
            }
        }
        #expect(missed.isEmpty)
    }

    @Test func `ten thousand differ, are well formed, and use every symbol evenly`() throws {
        let pins = (0..<10_000).map { _ in SuperPIN.random().symbols.expose() }
        #expect(Set(pins).count == pins.count)
        #expect(pins.prefix(500).allSatisfy { (try? SuperPIN(typed: $0)) != nil })
        let counts = Dictionary(grouping: pins.joined()) { $0 }.mapValues(\.count)
        // Of 160,000 symbols each of 32 comes 5,000 times, give or take six deviations of 70.
        #expect(counts.count == 32 && counts.values.allSatisfy { (4_580...5_420).contains($0) })
    }

    @Test func `it can't be printed by accident`() {
        let pin = SuperPIN.random()
        var dumped = ""
        dump(pin, to: &dumped)
        for text in ["\(pin)", String(describing: pin), String(reflecting: pin), dumped] {
            #expect(!text.contains(pin.symbols.expose()))
        }
    }
}

/// How a super-PIN is stored (AC-8, S2, Z-4, Z-32).
@Suite struct SuperPINHasherTests {
    private let hasher: PasswordHasher
    private let before: SuperPINHasher
    private let turn = Turn(practice: UUID(), network: [1], kind: .unknown)
    private let owner = SuperPINHasher.Owner(kind: .recovery, id: UUID())
    private let pin = SuperPIN.random()

    init() throws {
        hasher = try PasswordHasher(threads: 1)
        before = SuperPINHasher(
            hasher: hasher, keys: try KeyRing(parsing: KeyRing.generate(id: "k1")))
    }

    @Test func `the right one is known, and no other`() async throws {
        let hash = try await before.hash(pin, of: owner, turn: turn)
        #expect(hash.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(try await before.verify(pin, of: owner, against: hash, turn: turn))
        #expect(try await !before.verify(.random(), of: owner, against: hash, turn: turn))
        let typed = try SuperPIN(typed: pin.printed.expose().lowercased())
        #expect(try await before.verify(typed, of: owner, against: hash, turn: turn))
    }

    @Test func `two hashes of one super-PIN differ`() async throws {
        let first = try await before.hash(pin, of: owner, turn: turn)
        let second = try await before.hash(pin, of: owner, turn: turn)
        #expect(first != second)
    }

    @Test func `it is worth nothing for another person or another purpose`() async throws {
        let hash = try await before.hash(pin, of: owner, turn: turn)
        let others = [
            SuperPINHasher.Owner(kind: .activation, id: owner.id),
            SuperPINHasher.Owner(kind: .recovery, id: UUID()),
        ]
        for other in others {
            #expect(try await !before.verify(pin, of: other, against: hash, turn: turn))
        }
    }

    @Test func `where there is none nothing is right`() async throws {
        #expect(try await !before.verify(pin, of: owner, against: nil, turn: turn))
    }
}
