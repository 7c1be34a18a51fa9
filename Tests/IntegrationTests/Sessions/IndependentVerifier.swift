import Cryptography
import Foundation
import Testing

@testable import Auth

/// Verifies a token as another system would: with nothing but the published key and openssl.
enum IndependentVerifier {
    /// Whether the signature is that of the key, an entry of a JWKS.
    static func verifies(_ token: SignedToken, with key: JSON) async throws -> Bool {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ["key.pem", "signature", "input"].map { folder.appending(path: $0) }
        try Data(publicKey(key).utf8).write(to: files[0])
        try Data(derSignature(token.signature)).write(to: files[1])
        try Data(token.input.utf8).write(to: files[2])
        let outcome = try await Program.run(
            URL(filePath: "/usr/bin/env"),
            [
                "openssl", "dgst", "-sha256", "-verify", files[0].path, "-signature",
                files[1].path, files[2].path,
            ])
        return outcome.status == 0
    }

    /// A P-256 point as SubjectPublicKeyInfo (RFC 5480) in PEM.
    private static func publicKey(_ key: JSON) throws -> String {
        let prefix: [UInt8] = [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06,
            0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
        ]
        let x = try #require(Base64URL.decode(key["x"].string ?? ""))
        let y = try #require(Base64URL.decode(key["y"].string ?? ""))
        let text = Data(prefix + x + y).base64EncodedString(options: .lineLength64Characters)
        return "-----BEGIN PUBLIC KEY-----\n\(text)\n-----END PUBLIC KEY-----\n"
    }

    /// JWS has both numbers side by side (RFC 7518 section 3.4); openssl reads them in DER.
    private static func derSignature(_ signature: [UInt8]) -> [UInt8] {
        func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
            let digits = Array(bytes.drop { $0 == 0 })
            let signed = (digits.first ?? 0x80) < 0x80 ? digits : [0] + digits
            return [0x02, UInt8(signed.count)] + signed
        }
        let both = integer(signature.prefix(32)) + integer(signature.dropFirst(32))
        return [0x30, UInt8(both.count)] + both
    }
}
