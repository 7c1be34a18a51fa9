import Foundation

/// Says in which language a PDF is, and that its window has its title; cairo 1.16 can't.
///
/// The document stays as it is, and a new version of its catalog follows: an incremental update (ISO
/// 32000-1 7.5.6, 14.9.2).
enum DocumentLanguage {
    /// - Parameter tag: a language tag (RFC 5646), such as `nl`.
    /// - Returns: nil where the bytes are no PDF with a plain table of its objects.
    static func set(_ tag: String, in pdf: [UInt8]) -> [UInt8]? {
        let data = Data(pdf)
        guard let trailer = data.last("trailer"), let start = data.last("startxref"),
            let previous = data[start.upperBound...].number,
            let root = data[trailer.upperBound...].reference("/Root"),
            let size = data[trailer.upperBound...].first("/Size")
                .flatMap({ data[$0.upperBound...].number }),
            let object = data.last("\n\(root) 0 obj"),
            let opening = data[object.upperBound...].first("<<"),
            let end = data[opening.upperBound...].first("endobj")
        else { return nil }
        let info = data[trailer.upperBound...].reference("/Info").map { " /Info \($0) 0 R" } ?? ""
        var result = pdf
        if result.last != UInt8(ascii: "\n") { result.append(UInt8(ascii: "\n")) }
        let place = result.count
        result += Array("\(root) 0 obj\n<< /Lang (\(tag))\n".utf8)
        result += Array("   /ViewerPreferences << /DisplayDocTitle true >>".utf8)
        result += data[opening.upperBound..<end.upperBound]
        result.append(UInt8(ascii: "\n"))
        let table = result.count
        let offset = String(repeating: "0", count: 10 - "\(place)".count) + "\(place)"
        result += Array(
            """
            xref
            0 1
            0000000000 65535 f\u{20}
            \(root) 1
            \(offset) 00000 n\u{20}
            trailer
            << /Size \(size) /Root \(root) 0 R\(info) /Prev \(previous) >>
            startxref
            \(table)
            %%EOF

            """.utf8)
        return result
    }
}

extension Data {
    fileprivate func first(_ text: String) -> Range<Index>? {
        range(of: Data(text.utf8))
    }

    fileprivate func last(_ text: String) -> Range<Index>? {
        range(of: Data(text.utf8), options: .backwards)
    }

    /// The whole number that comes next.
    fileprivate var number: Int? {
        let digits = drop { " \r\n".utf8.contains($0) }
            .prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// The number of the object that a dictionary's member refers to.
    fileprivate func reference(_ name: String) -> Int? {
        first(name).flatMap { self[$0.upperBound...].number }
    }
}
