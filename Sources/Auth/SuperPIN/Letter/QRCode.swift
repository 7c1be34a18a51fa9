import CQREncode

/// A QR code (ISO/IEC 18004), by libqrencode; the one file that calls it.
struct QRCode: Sendable {
    /// Modules of a side, without the quiet zone around them.
    let size: Int
    /// Row by row from the top; true is dark.
    let modules: [Bool]

    /// Modules that stay white on every side.
    static let quietZone = 4

    /// Nil where the text is too long for any code: more than some 2,300 bytes.
    init?(_ text: String) {
        // Level M: a crease or a stain on a letter costs up to 15 % of it.
        guard let code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M) else { return nil }
        defer { QRcode_free(code) }
        guard let data = code.pointee.data else { return nil }
        size = Int(code.pointee.width)
        modules = (0..<size * size).map { data[$0] & 1 == 1 }
    }

    /// Runs of dark modules in a row: where each begins, and how many they are.
    var runs: [(column: Int, row: Int, length: Int)] {
        var runs: [(column: Int, row: Int, length: Int)] = []
        for row in 0..<size {
            var column = 0
            while column < size {
                let dark = modules[(row * size + column)..<(row + 1) * size].prefix { $0 }.count
                if dark > 0 { runs.append((column, row, dark)) }
                column += dark + 1
            }
        }
        return runs
    }

    /// The dark modules as an SVG path, one unit a module, the quiet zone included.
    var path: String {
        runs.map { run in
            let (x, y) = (run.column + Self.quietZone, run.row + Self.quietZone)
            return "M\(x) \(y)h\(run.length)v1h-\(run.length)z"
        }.joined()
    }
}
