/// The names and types of a result's columns; one object for all results of a prepared statement.
final class Columns: Sendable {
    let names: [String]
    let types: [ObjectID]

    init(names: [String], types: [ObjectID]) {
        self.names = names
        self.types = types
    }

    /// Results have a handful of columns: comparing their names is quicker than hashing one.
    func index(of name: String) -> Int? {
        names.firstIndex(of: name)
    }

    static let none = Columns(names: [], types: [])
}

/// The rows of one execution, copied out of libpq's memory, not yet decoded.
final class ResultSet: Sendable {
    let columns: Columns
    let rowCount: Int
    /// What the server calls what it did, such as `COMMIT`, where it gave no rows.
    let command: String?
    private let bytes: [UInt8]
    /// The start and the length in `bytes` of each cell, row by row; a length of -1 is null.
    private let cells: [(start: Int32, length: Int32)]

    init(
        columns: Columns, rowCount: Int, bytes: [UInt8],
        cells: [(start: Int32, length: Int32)], command: String? = nil
    ) {
        self.columns = columns
        self.rowCount = rowCount
        self.bytes = bytes
        self.cells = cells
        self.command = command
    }

    static let none = ResultSet(columns: .none, rowCount: 0, bytes: [], cells: [])

    var rows: [Row] {
        (0..<rowCount).map { Row(self, row: $0) }
    }

    /// The bytes of one cell; nil where it is null.
    func slice(row: Int, column: Int) -> ArraySlice<UInt8>? {
        let cell = cells[row * columns.names.count + column]
        if cell.length < 0 { return nil }
        return bytes[Int(cell.start)..<Int(cell.start + cell.length)]
    }

    /// Whether each row came back with the number that was sent with its statement (Z-23).
    func carries(nonce: Int64) -> Bool {
        if rowCount == 0 { return true }
        guard let column = columns.index(of: Plan.nonceColumn), columns.types[column] == .int8
        else { return false }
        return (0..<rowCount).allSatisfy { row in
            guard let slice = slice(row: row, column: column) else { return false }
            return Int64(bigEndianBytes: slice) == nonce
        }
    }
}

extension FixedWidthInteger {
    /// An integer in network byte order; nil where the number of bytes is another.
    init?(bigEndianBytes bytes: ArraySlice<UInt8>) {
        guard bytes.count == MemoryLayout<Self>.size else { return nil }
        self = bytes.withUnsafeBytes { Self(bigEndian: $0.loadUnaligned(as: Self.self)) }
    }
}
