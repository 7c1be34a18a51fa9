import Foundation

/// Where the patient sits, as the caller says in `X-Patient-IP` (Z-12).
struct PatientAddress: Sendable, Equatable {
    /// 4 bytes (IPv4) or 16 (IPv6); an IPv4 address mapped into IPv6, or written as a translator
    /// between both does (RFC 6052), counts as IPv4: it is one household, not a /64 of millions.
    let bytes: [UInt8]

    /// Reads one address without port, zone or brackets; nil for anything else.
    init?(_ text: String) {
        // inet_pton stops at U+0000 and would take what stands before it.
        guard text.utf8.count <= Int(INET6_ADDRSTRLEN), !text.utf8.contains(0) else { return nil }
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            bytes = withUnsafeBytes(of: v4) { Array($0) }
            return
        }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        let all = withUnsafeBytes(of: v6) { Array($0) }
        let isV4 = Self.v4Prefixes.contains { all.starts(with: $0) }
        bytes = isV4 ? Array(all.suffix(4)) : all
    }

    /// What counts as one network in limits and lanes: an IPv4 address, or the first 64 bits of an
    /// IPv6 address, since one household has all the others to choose from.
    var network: [UInt8] { bytes.count == 4 ? bytes : Array(bytes.prefix(8)) }

    /// The address in its canonical spelling (RFC 5952).
    var text: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &buffer, socklen_t(buffer.count)) != nil else { return "" }
        let text = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: text, as: UTF8.self)
    }

    /// `::ffff:0:0/96` and `64:ff9b::/96`.
    private static let v4Prefixes: [[UInt8]] = [
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF],
        [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0],
    ]
}
