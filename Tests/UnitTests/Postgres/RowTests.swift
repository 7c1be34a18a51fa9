import Foundation
import Testing

@testable import Postgres

@Suite struct RowTests {
    /// A row of one column as the server would send it.
    static func row(_ type: ObjectID, _ bytes: [UInt8]?) -> Row {
        let columns = Columns(names: ["x"], types: [type])
        let length = Int32(bytes?.count ?? -1)
        return Row(
            ResultSet(
                columns: columns, rowCount: 1, bytes: bytes ?? [],
                cells: [(start: 0, length: length)]), row: 0)
    }

    @Test func `integers of every width are read`() throws {
        #expect(try Self.row(.int2, [255, 254]).int("x") == -2)
        #expect(try Self.row(.int4, [0, 0, 1, 0]).int("x") == 256)
        #expect(try Self.row(.int8, [0, 0, 0, 0, 0, 0, 1, 0]).int("x") == 256)
    }

    @Test func `simple values are read as their type`() throws {
        #expect(try Self.row(.bool, [1]).bool("x"))
        #expect(try Self.row(.float4, [0x3f, 0x80, 0, 0]).real("x") == 1)
        #expect(try Self.row(.text, [0xc3, 0xa9]).text("x") == "é")
        #expect(try Self.row(.bytea, [1, 2]).bytes("x") == [1, 2])
        #expect(try Self.row(.jsonb, [1, 0x7b, 0x7d]).json("x") == "{}")
        #expect(try Self.row(.json, [0x7b, 0x7d]).text("x") == "{}")
        let instant = Date(timeIntervalSinceReferenceDate: -31_622_399)
        #expect(
            try Self.row(.timestamptz, [0, 0, 0, 0, 0, 0x0f, 0x42, 0x40]).instant("x") == instant)
    }

    @Test func `what was written as an array is read again`() throws {
        let id = UUID()
        func array(_ parameter: Parameter) throws -> [UInt8] {
            try Arguments([parameter]).bytes.dropLast()
        }
        #expect(
            try Self.row(.textArray, array(.texts(["a", "", "é"]))).texts("x") == ["a", "", "é"])
        #expect(try Self.row(.textArray, array(.texts([]))).texts("x") == [])
        #expect(try Self.row(.uuidArray, array(.uuids([id]))).uuids("x") == [id])
        #expect(
            try Self.row(.byteaArray, array(.byteArrays([[1], []]))).byteArrays("x") == [[1], []])
    }

    @Test func `null is only for those who expect it`() throws {
        let row = Self.row(.text, nil)
        #expect(try row.textIfPresent("x") == nil)
        #expect(try row.isNull("x"))
        #expect(throws: PostgresError.undecodable("x")) { try row.text("x") }
    }

    @Test func `a missing column or another type is named`() {
        let row = Self.row(.text, [0x31])
        #expect(throws: PostgresError.undecodable("y")) { try row.text("y") }
        #expect(throws: PostgresError.undecodable("y")) { try row.textIfPresent("y") }
        #expect(throws: PostgresError.undecodable("x")) { try row.int("x") }
        #expect(throws: PostgresError.undecodable("x")) { try row.uuid("x") }
    }

    @Test(arguments: [[], [0, 0, 0, 1], [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 9]])
    func `an array that is cut short is refused`(bytes: [UInt8]) {
        #expect(throws: PostgresError.undecodable("x")) {
            try Self.row(.textArray, bytes).texts("x")
        }
    }

    @Test func `a stored document reads like the row it was`() throws {
        let row = try Row(
            json: """
                {"n": 5, "ok": true, "half": 0.5, "name": "Åse", "none": null, "tags": ["a", "b"],
                 "id": "00112233-4455-6677-8899-aabbccddeeff", "seal": "\\\\x00ff",
                 "at": "2026-03-01T11:50:00.123456+00:00", "more": {"b": 1, "a": "/"}}
                """)
        #expect(try row.int("n") == 5)
        #expect(try row.bool("ok"))
        #expect(try row.real("half") == 0.5)
        #expect(try row.real("n") == 5)
        #expect(try row.text("name") == "Åse")
        #expect(try row.textIfPresent("none") == nil)
        #expect(try row.texts("tags") == ["a", "b"])
        #expect(try row.uuid("id") == UUID(uuidString: "00112233-4455-6677-8899-AABBCCDDEEFF"))
        #expect(try row.bytes("seal") == [0, 255])
        #expect(try row.instant("at").postgresMicroseconds == 825_681_000_123_456)
        #expect(try row.json("more") == #"{"a":"/","b":1}"#)
        #expect(throws: PostgresError.undecodable("absent")) { try row.textIfPresent("absent") }
        #expect(throws: PostgresError.undecodable("name")) { try row.int("name") }
    }

    @Test(arguments: ["", "[]", "5", "{", #"{"a": 1} x"#])
    func `only an object is a row`(json: String) {
        #expect(throws: PostgresError.undecodable("json")) { try Row(json: json) }
    }

    @Test(arguments: [
        ("2000-01-01T00:00:00+00:00", 0),
        ("2000-01-01 01:00:00+01", 0),
        ("1999-12-31T20:30:00-03:30", 0),
        ("2000-03-01T00:00:00Z", 5_184_000_000_000),
        ("2000-02-29T00:00:00.5+00", 5_097_600_500_000),
        ("1970-01-01T00:00:00+00:00", -946_684_800_000_000),
        ("2026-11-22T10:11:12.000001+00:00", 848_657_472_000_001),
    ])
    func `instants are read from the server's text`(text: String, microseconds: Int64) {
        #expect(Date(postgresText: text)?.postgresMicroseconds == microseconds)
    }

    @Test(arguments: ["", "now", "2000-13-01T00:00:00Z", "2000-01-01", "2000-01-01T25:00:00Z"])
    func `what is no instant is none`(text: String) {
        #expect(Date(postgresText: text) == nil)
    }

    @Test(arguments: ["", "00", "\\x0", "\\xgg"])
    func `what is no hexadecimal text is no bytes`(text: String) {
        #expect([UInt8](postgresHexadecimal: text) == nil)
    }
}

/// Z-23: an answer is handed out only with the number that was sent with its question.
@Suite struct NonceTests {
    private func result(_ nonces: [[UInt8]?], name: String = "nonce") -> ResultSet {
        var bytes: [UInt8] = []
        let cells = nonces.map { nonce in
            defer { bytes += nonce ?? [] }
            return (start: Int32(bytes.count), length: Int32(nonce?.count ?? -1))
        }
        return ResultSet(
            columns: Columns(names: [name], types: [.int8]), rowCount: nonces.count,
            bytes: bytes, cells: cells)
    }

    private let seven: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 7]

    @Test func `a result with its own number is its caller's`() {
        #expect(result([seven]).carries(nonce: 7))
        #expect(result([seven, seven]).carries(nonce: 7))
        #expect(result([]).carries(nonce: 7))
    }

    @Test func `a result with another number is not`() {
        #expect(!result([seven]).carries(nonce: 8))
        #expect(!result([seven, [0, 0, 0, 0, 0, 0, 0, 8]]).carries(nonce: 7))
    }

    @Test func `a result without the number is not`() {
        #expect(!result([nil]).carries(nonce: 7))
        #expect(!result([seven], name: "n").carries(nonce: 7))
        #expect(!result([[0, 7]]).carries(nonce: 7))
    }
}
