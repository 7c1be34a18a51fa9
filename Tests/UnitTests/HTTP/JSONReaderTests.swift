import Testing

@testable import Auth

@Suite struct JSONReaderTests {
    private func read(_ bytes: [UInt8]) -> Result<JSONValue, JSONReader.Malformation> {
        Result { () throws(JSONReader.Malformation) in try JSONReader.value(of: bytes) }
    }

    private func refusal(of bytes: [UInt8]) -> Problem.Fault.Code? {
        if case .failure(let malformation) = read(bytes) { malformation.code } else { nil }
    }

    @Test(arguments: [
        (#"{}"#, JSONValue.object([])),
        (" \t\r\n{ } \n", .object([])),
        (#"[]"#, .array([])),
        (#"[ ]"#, .array([])),
        (#"null"#, .null),
        (#"true"#, .bool(true)),
        (#"[false,null]"#, .array([.bool(false), .null])),
        (#"0"#, .int(0)),
        (#"-0"#, .int(0)),
        (#"-12"#, .int(-12)),
        (#"9223372036854775807"#, .int(.max)),
        (#"9223372036854775808"#, .double(9_223_372_036_854_775_808)),
        (#"1.5"#, .double(1.5)),
        (#"1.0"#, .double(1)),
        (#"1e3"#, .double(1000)),
        (#"1E+3"#, .double(1000)),
        (#"25e-1"#, .double(2.5)),
        (#"1e-400"#, .double(0)),
        (#"1e308"#, .double(1e308)),
        (#""""#, .string("")),
        (#""abc""#, .string("abc")),
        (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")),
        (#""\u00e9""#, .string("é")),
        (#""\u00E9 é""#, .string("é é")),
        (#""\ud83d\ude00""#, .string("😀")),
        (#""\uFFFF""#, .string("\u{FFFF}")),
        (#""\u0001""#, .string("\u{1}")),
        ("\"\u{7F}\"", .string("\u{7F}")),
        (#""a\u0020b""#, .string("a b")),
        (#"{"a":1}"#, .object([.init("a", .int(1))])),
        (#"{"b":1,"a":2}"#, .object([.init("b", .int(1)), .init("a", .int(2))])),
        (#"{"a":1,"A":2}"#, .object([.init("a", .int(1)), .init("A", .int(2))])),
        (#"{"":null}"#, .object([.init("", .null)])),
        (
            #"{"a":{"a":[1]}}"#,
            .object([.init("a", .object([.init("a", .array([.int(1)]))]))])
        ),
        (
            #"[1,[2,{"x":[3]}]]"#,
            .array([.int(1), .array([.int(2), .object([.init("x", .array([.int(3)]))])])])
        ),
    ])
    func `a JSON text is read as it is written`(text: String, value: JSONValue) {
        #expect(read(Array(text.utf8)) == .success(value))
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "]", "{]", "[}", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{\"a\":1,}",
        "{,}", "{\"a\":1 \"b\":2}", "{\"a\",1}", "{a:1}", "{'a':1}", "{1:1}", "[1,]", "[,1]",
        "[1 2]", "[1", "nul", "nulll", "True", "tru", "NaN", "Infinity", "-Infinity", "undefined",
        "+1", "01", "-01", "00", "1.", ".5", "-", "1e", "1e+", "1.e3", "0x10", "1_000", "--1",
        "\"", "\"abc", "\"a\nb\"", "\"a\tb\"", "\"\\\"", "\"\\x41\"", "\"\\u12\"", "\"\\u12G4\"",
        "\"\\U0041\"", "\"\\'\"", "{} {}", "{}x", "[]]", "1 1", "/* c */ {}", "// c\n{}", "{}//",
        "\u{FEFF}{}", "\u{A0}{}", "{\u{2028}}", "\u{0}", "{}\u{0}",
    ])
    func `broken syntax is refused`(text: String) {
        #expect(refusal(of: Array(text.utf8)) == .syntax)
    }

    @Test(arguments: [
        #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"{"x":{"b":1,"b":null}}"#,
        #"[{"c":[],"d":1,"c":{}}]"#, #"{"é":1,"\u00e9":2}"#, #"{"":1,"":1}"#,
    ])
    func `a name that comes twice is refused, however it is spelled`(text: String) {
        #expect(refusal(of: Array(text.utf8)) == .duplicate)
    }

    @Test(
        arguments: [
            [0x22, 0x80, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xC1, 0xBF, 0x22],
            [0x22, 0xE0, 0x80, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xED, 0xBF, 0xBF, 0x22], [0x22, 0xF0, 0x80, 0x80, 0xAF, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xF8, 0x88, 0x80, 0x80, 0x80, 0x22],
            [0x22, 0xC3, 0x22], [0x22, 0xE2, 0x82, 0x22], [0x22, 0xFF, 0x22], [0x22, 0xFE, 0x22],
            [0x7B, 0x22, 0xC0, 0x80, 0x22, 0x3A, 0x31, 0x7D],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused, overlong forms and surrogates too`(bytes: [UInt8]) {
        #expect(refusal(of: bytes) == .encoding)
    }

    @Test(arguments: [
        #""\ud800""#, #""\udc00""#, #""\ud800x""#, #""\ud800\n""#, #""\ud800\u0041""#,
        #""\ud800\ud800""#, #""\udc00\ud800""#, #""\u0000""#, #""a\u0000b""#, #"{"\u0000":1}"#,
    ])
    func `lone surrogates and U+0000 are refused`(text: String) {
        #expect(refusal(of: Array(text.utf8)) == .encoding)
    }

    @Test(arguments: ["1e400", "-1e400", "1e999999999", String(repeating: "9", count: 400)])
    func `numbers no double can hold are refused`(text: String) {
        #expect(refusal(of: Array(text.utf8)) == .outOfRange)
    }

    @Test func `UTF-16 is refused`() {
        let text = #"{"a":1}"#
        #expect(refusal(of: text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }) != nil)
        #expect(refusal(of: text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }) != nil)
    }

    @Test(arguments: [("[", "]"), (#"{"a":"#, "}")])
    func `sixteen levels are read and the seventeenth is refused`(opening: String, closing: String)
    {
        func nested(_ levels: Int) -> [UInt8] {
            Array(
                (String(repeating: opening, count: levels) + "1"
                    + String(repeating: closing, count: levels)).utf8)
        }
        #expect(refusal(of: nested(16)) == nil)
        #expect(refusal(of: nested(17)) == .tooDeep)
    }

    @Test func `a hundred thousand levels and a million names cost no time and no stack`() {
        let start = ContinuousClock.now
        #expect(refusal(of: Array(repeating: UInt8(ascii: "["), count: 100_000)) == .tooDeep)
        let names = (0..<100_000).map { #""k\#($0)":1"# }.joined(separator: ",")
        #expect(refusal(of: Array("{\(names)}".utf8)) == nil)
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test(arguments: ["[]", "1", "null", #""{}""#, "true"])
    func `a body is an object`(text: String) {
        #expect(throws: JSONReader.Malformation(code: .wrongType, offset: 0)) {
            try JSONReader.object(of: Array(text.utf8))
        }
    }

    @Test(arguments: [
        "plain", "\"quoted\" \\ / \u{8}\u{C}\n\r\t", "é 😀 \u{2028}\u{2029}\u{85}\u{7F}\u{1}\u{1F}",
        "</script>", String(repeating: "x", count: 5000),
    ])
    func `what is written is read back the same`(text: String) {
        let value = JSONValue.object([
            .init(text, .array([.string(text), .double(0.1), .int(.min), .bool(false), .null]))
        ])
        #expect(read(value.bytes) == .success(value))
        #expect(value.bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
        #expect(!value.text.unicodeScalars.contains { $0 == "\u{2028}" || $0 == "\u{85}" })
    }
}
