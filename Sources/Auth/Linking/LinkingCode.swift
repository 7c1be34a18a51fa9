import Cryptography
import Foundation

/// What a patient who is signed in at one practice types at another, so that the account they have is used
/// there too: fifteen random symbols (75 bits) and a check symbol, written as a super-PIN is, kept as a
/// keyed hash. It works once, while the sign-in that it was made from is new and lasts (Z-15).
struct LinkingCode: Sendable {
    /// How old that sign-in is at most when the account is linked.
    static let signInMinutes = 5

    private let symbols: SuperPIN

    static func random() -> LinkingCode { LinkingCode(symbols: .random()) }

    fileprivate init(symbols: SuperPIN) { self.symbols = symbols }

    /// In four groups.
    var printed: Secret<String> { symbols.printed }

    /// By every key of the ring, the current one first.
    func hashes(keys: KeyRing) -> [[UInt8]] {
        keys.macKeys(.linkingCode).map { $0.authenticate(fields: [symbols.symbols.expose()]) }
    }
}

extension FieldReader {
    /// A linking code; nil where the field is absent or null, and nil and refused where it is mistyped.
    mutating func linkingCode(_ name: String) -> LinkingCode? {
        guard peek(name) != nil else {
            _ = take(name)
            return nil
        }
        return superPIN(name).map(LinkingCode.init(symbols:))
    }
}
