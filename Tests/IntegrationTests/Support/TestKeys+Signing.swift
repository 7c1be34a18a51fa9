import Cryptography
import Synchronization

@testable import Auth

extension TestKeys {
    private static let signing = Mutex<String?>(nil)

    /// A P-256 private key in PEM, made once for all tests of a process.
    static func signingKey() throws -> String {
        signing.withLock { made in
            if let made { return made }
            let key = ServiceConfiguration.generateSigningKey().expose()
            made = key
            return key
        }
    }
}
