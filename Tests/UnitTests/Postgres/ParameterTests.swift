import Foundation
import Testing

@testable import Postgres

@Suite struct ParameterTests {
    private func bytes(_ parameter: Parameter) throws -> [UInt8] {
        let arguments = try Arguments([parameter])
        #expect(arguments.bytes.count == Int(arguments.lengths[0]) + 1)
        return arguments.bytes.dropLast()
    }

    @Test func `integers are eight bytes in network order`() throws {
        #expect(try bytes(.int(258)) == [0, 0, 0, 0, 0, 0, 1, 2])
        #expect(try bytes(.int(-1)) == [UInt8](repeating: 255, count: 8))
    }

    @Test func `simple values have the server's binary form`() throws {
        #expect(try bytes(.bool(true)) == [1])
        #expect(try bytes(.bool(false)) == [0])
        #expect(try bytes(.real(1)) == [0x3f, 0xf0, 0, 0, 0, 0, 0, 0])
        #expect(try bytes(.text("é")) == [0xc3, 0xa9])
        #expect(try bytes(.bytes([0, 255])) == [0, 255])
        #expect(try bytes(.json("{}")) == [1, 0x7b, 0x7d])
        let id = try #require(UUID(uuidString: "00112233-4455-6677-8899-aabbccddeeff"))
        #expect(
            try bytes(.uuid(id)) == [
                0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd,
                0xee, 0xff,
            ])
    }

    @Test func `arrays tell dimensions, element type, count and lengths`() throws {
        #expect(
            try bytes(.texts(["a"])) == [
                0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0x61,
            ])
        #expect(try bytes(.byteArrays([])) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 17])
    }

    @Test func `null has no type and no bytes`() throws {
        let arguments = try Arguments([.null, .int(1)])
        #expect(arguments.lengths == [-1, 8])
        #expect(arguments.types == [.unspecified, .int8])
    }

    @Test(arguments: [Parameter.text("a\0b"), .json("\"\0\""), .texts(["a", "\0"])])
    func `a NUL in a text is refused before it can fail a shared commit`(parameter: Parameter) {
        #expect(throws: PostgresError.server(sqlState: "22021", constraint: nil)) {
            try Arguments([parameter])
        }
    }

    @Test(arguments: [
        (0.0, 31_622_400_000_000), (-31_622_400, 0), (1.5, 31_622_401_500_000),
        (0.000_001, 31_622_400_000_001),
    ])
    func `instants are microseconds since 2000`(seconds: Double, microseconds: Int64) {
        let date = Date(timeIntervalSinceReferenceDate: seconds)
        #expect(date.postgresMicroseconds == microseconds)
        #expect(Date(postgresMicroseconds: microseconds) == date)
    }

    @Test func `an instant that does not fit is the server's infinity`() {
        let never = Date(timeIntervalSinceReferenceDate: .infinity)
        #expect(never.postgresMicroseconds == .max)
        #expect(Date(timeIntervalSinceReferenceDate: -1e300).postgresMicroseconds == .min)
        #expect(Date(postgresMicroseconds: .max) == .distantFuture)
        #expect(Date(postgresMicroseconds: .min) == .distantPast)
    }
}
