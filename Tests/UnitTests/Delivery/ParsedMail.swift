import Foundation
import Testing

/// A mail as a strict reader sees it; throws where the wire form is wrong.
struct ParsedMail {
    let headers: [(name: String, value: String)]
    let parts: [Part]

    struct Part {
        let type: String
        let text: String
    }

    struct Fault: Error {
        let text: String
    }

    init(_ bytes: [UInt8]) throws {
        let wire = String(decoding: bytes, as: UTF8.self)
        guard bytes.allSatisfy({ $0 < 0x80 }) else { throw Fault(text: "beyond ASCII") }
        let lines = wire.components(separatedBy: "\r\n")
        for line in lines {
            let stray = line.utf8.contains { $0 == 13 || $0 == 10 || $0 < 32 && $0 != 9 }
            guard !stray else { throw Fault(text: "stray control character") }
            guard line.utf8.count <= 78 else { throw Fault(text: "line of \(line.utf8.count)") }
        }
        let end = lines.firstIndex(of: "") ?? lines.count
        headers = try Self.headers(lines[..<end])
        parts = try Self.parts(lines[(end + 1)...], type: Self.value("Content-Type", headers) ?? "")
    }

    /// The value of a header, unfolded, encoded words decoded.
    subscript(name: String) -> String? { Self.value(name, headers) }

    private static func value(_ name: String, _ headers: [(name: String, value: String)]) -> String?
    {
        headers.first { $0.name == name }.map { decodingWords($0.value) }
    }

    private static func headers(_ lines: ArraySlice<String>) throws -> [(
        name: String, value: String
    )] {
        var headers: [(name: String, value: String)] = []
        for line in lines {
            if line.hasPrefix(" "), !headers.isEmpty {
                headers[headers.count - 1].value += line
            } else {
                let pieces = line.split(separator: ":", maxSplits: 1)
                guard pieces.count == 2, pieces[1].hasPrefix(" ") else { throw Fault(text: line) }
                headers.append((String(pieces[0]), String(pieces[1].dropFirst())))
            }
        }
        return headers
    }

    private static func parts(_ lines: ArraySlice<String>, type: String) throws -> [Part] {
        guard let boundary = type.firstMatch(of: /boundary="([^"]+)"/)?.1 else { return [] }
        var parts: [Part] = []
        for piece in lines.joined(separator: "\r\n").components(separatedBy: "--\(boundary)")
            .dropFirst()
        {
            if piece.hasPrefix("--") { break }
            let lines = piece.dropFirst().components(separatedBy: "\r\n")[...]
            guard let end = lines.firstIndex(of: "") else { throw Fault(text: "part without body") }
            let headers = try headers(lines[..<end].drop { $0.isEmpty })
            guard value("Content-Transfer-Encoding", headers) == "quoted-printable" else {
                throw Fault(text: "another encoding")
            }
            let text = lines[(end + 1)...].dropLast().joined(separator: "\r\n")
            parts.append(
                Part(type: value("Content-Type", headers) ?? "", text: try decodingQuoted(text)))
        }
        return parts
    }

    /// RFC 2045 section 6.7.
    static func decodingQuoted(_ text: String) throws -> String {
        var bytes: [UInt8] = []
        for line in text.components(separatedBy: "\r\n") {
            guard line.utf8.count <= 76 else { throw Fault(text: "quoted line too long") }
            guard !line.hasSuffix(" "), !line.hasSuffix("\t") else {
                throw Fault(text: "blank at end")
            }
            bytes += try unescaped(line.hasSuffix("=") ? line.dropLast() : line[...])
            if !line.hasSuffix("=") { bytes += [13, 10] }
        }
        return String(decoding: bytes.dropLast(2), as: UTF8.self)
    }

    /// RFC 2047, the Q encoding of UTF-8.
    static func decodingWords(_ value: String) -> String {
        let joined = value.replacing(/\?= =\?/, with: "?==?")
        return joined.replacing(/=\?utf-8\?q\?([^?]*)\?=/) { match in
            let text = match.1.replacing("_", with: "=20")
            return String(decoding: (try? unescaped(text[...])) ?? [], as: UTF8.self)
        }
    }

    private static func unescaped(_ text: Substring) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "=") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else {
                throw Fault(text: "not an escape: \(digits)")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
