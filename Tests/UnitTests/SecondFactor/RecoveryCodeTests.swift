import Cryptography
import Foundation
import Testing

@testable import Auth

/// Recovery codes as they are made and typed.
@Suite struct RecoveryCodeTests {
    @Test func `a code is twelve symbols in three groups, and none is made twice`() {
        let codes = (0..<10_000).map { _ in RecoveryCode.random().printed.expose() }
        #expect(Set(codes).count == codes.count)
        let form = /[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}/
        #expect(codes.allSatisfy { $0.wholeMatch(of: form) != nil })
        // Each of the 32 symbols, some 3,750 times.
        let counts = Dictionary(grouping: codes.joined().filter { $0 != "-" }, by: \.self)
            .mapValues(\.count)
        #expect(counts.count == 32 && counts.values.allSatisfy { (3_300...4_200).contains($0) })
    }

    @Test func `however it is typed it is the same code`() throws {
        let code = RecoveryCode.random()
        let printed = code.printed.expose()
        for typed in [
            printed, printed.lowercased(), printed.replacing("-", with: ""),
            " \(printed.replacing("-", with: " – ")) ", printed.replacing("0", with: "o"),
            printed.replacing("1", with: "l"), printed.replacing("1", with: "I"),
        ] {
            let read = try #require(RecoveryCode(typed: typed), "\(typed)")
            #expect(read.symbols.matches(code.symbols))
        }
    }

    @Test func `a mistyped one, and a code of six digits, is none`() throws {
        let symbols = Array(RecoveryCode.random().symbols.expose())
        for place in symbols.indices {
            var wrong = symbols
            wrong[place] = symbols[place] == "7" ? "8" : "7"
            #expect(RecoveryCode(typed: String(wrong)) == nil)
        }
        for typed in ["482913", "Code: 482913", "482 913 482 913 4", "", "ÅÆØ"] {
            #expect(RecoveryCode(typed: typed) == nil, "\(typed)")
        }
    }

    @Test func `what is kept is bound to the account`() throws {
        let keys = try KeyRing(parsing: KeyRing.generate())
        let (code, account) = (RecoveryCode.random(), UUID())
        let hash = code.hash(account: account, key: keys.macKey(.recoveryCode))
        #expect(code.hashes(account: account, keys: keys) == [hash])
        #expect(code.hash(account: UUID(), key: keys.macKey(.recoveryCode)) != hash)
    }
}
