import Testing

@testable import Auth

/// What an answer comes as, where a caller may choose (RFC 9110 12.5.1).
@Suite struct RepresentationTests {
    private static let offered: [Representation] = [.json, .pdf, .html]

    @Test(
        arguments: [
            ([], .json), ([""], .json), (["*/*"], .json), (["application/json"], .json),
            (["application/pdf"], .pdf), (["Application/PDF"], .pdf), (["text/html"], .html),
            (["text/*"], .html), (["application/*"], .json),
            (["application/pdf;q=0.5, text/html;q=0.4"], .pdf),
            (["application/pdf;q=0.4", "text/html;q=0.5"], .html),
            // What a browser sends.
            (["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"], .html),
            // What is named goes before what is merely not excluded.
            (["application/pdf, */*"], .pdf), (["*/*, application/pdf;q=0"], .json),
            (["application/json;q=0, */*;q=0.1"], .pdf),
            (["application/pdf; version=1.7"], .pdf), (["nonsense, text/html"], .html),
            (["image/png"], nil), (["application/json;q=0"], nil), (["nonsense"], nil),
            (["*/json"], nil), (["application/pdf;q=2"], nil), (["application/"], nil),
        ] as [([String], Representation?)])
    func `the caller's wish decides`(accept: [String], expected: Representation?) {
        #expect(Representation(accept: accept, offered: Self.offered) == expected, "\(accept)")
    }

    @Test func `what is not offered is not chosen`() {
        #expect(Representation(accept: ["application/pdf"], offered: [.json]) == nil)
        #expect(
            Representation(accept: ["application/pdf", "*/*;q=0.1"], offered: [.json]) == .json)
    }
}
