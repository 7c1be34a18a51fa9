import Cryptography
import Foundation
import Testing

@testable import Auth

/// `/docs`: all of the contract, and nothing from elsewhere.
@Suite struct ReferencePageTests {
    let contract: Contract
    let page: String

    init() throws {
        (contract, page) = try Self.made.get()
    }

    private static let made = Result {
        let contract = try Contract.shipped()
        return (contract, ReferencePage(contract: contract).html)
    }

    @Test func `every operation has its place, its call and its summary`() {
        for operation in contract.operations {
            #expect(page.contains("<article id=\"\(operation.id)\">"))
            #expect(page.contains("href=\"#\(operation.id)\""))
            let summary = operation.value["summary"]?.string ?? ""
            #expect(!summary.isEmpty && page.contains(Prose.inline(summary)))
        }
        #expect(page.matches(of: #/<pre><code>curl /#).count == contract.operations.count)
    }

    @Test func `every example is shown as it goes over the wire`() throws {
        for example in contract.document["components"]?["examples"]?.members ?? [] {
            let value = try #require(example.value["value"])
            #expect(page.contains(HTML.escaped(value.indented())), "\(example.name)")
        }
    }

    @Test func `every link within the page leads somewhere`() {
        let places = Set(page.matches(of: /\bid="([^"]+)"/).map(\.1))
        for link in page.matches(of: /href="#([^"]+)"/) {
            #expect(places.contains(link.1), "\(link.1)")
        }
    }

    @Test func `nothing is loaded and nothing runs`() {
        #expect(!page.contains(/<(script|link|img|iframe|object|form)\b/))
        #expect(!page.contains(/\s(src|on[a-z]+|style)=/))
        #expect(page.matches(of: #/<style>/#).count == 1)
    }

    @Test func `the page and the file are sent once and then known by their tag`() async throws {
        let style = try #require(page.firstMatch(of: #/<style>(.*)</style>/#.dotMatchesNewlines()))
        let hash = Data(SHA256.hash(style.1.utf8)).base64EncodedString()
        try await DetachedService.run { [contract, page] client in
            for (path, content) in [("/openapi.yaml", contract.bytes), ("/docs", Array(page.utf8))]
            {
                let first = try await client.send("GET", path)
                #expect(first.status == 200 && first.body == content)
                let tag = try #require(first.header("ETag"))
                let known = [("If-None-Match", "\"other\", W/\(tag)")]
                let second = try await client.send("GET", path, headers: known)
                #expect(second.status == 304 && second.body.isEmpty)
                #expect(second.header("ETag") == tag)
            }
            let policy = try await client.send("GET", "/docs").header("Content-Security-Policy")
            #expect(policy?.contains("default-src 'none'; style-src 'sha256-\(hash)';") == true)
        }
    }

    @Test func `who has only the address is led to the reference`() async throws {
        try await DetachedService.run { client in
            for (path, place) in [("/", "/docs"), ("/problems", "/docs#problems")] {
                let answer = try await client.send("GET", path)
                #expect(answer.status == 303 && answer.body.isEmpty)
                #expect(answer.header("Location") == place)
            }
            let nowhere = try await client.send("GET", "/v1/nowhere")
            #expect(nowhere.status == 404 && nowhere.problem == "not-found")
            #expect(nowhere.text.contains("go back to the portal"))
        }
    }

    @Test func `the contents stand twice, folded for a narrow window`() throws {
        let parts = page.components(separatedBy: "<div class=\"wide\">")
        try #require(parts.count == 2)
        #expect(parts[0].contains("<details class=\"narrow\">"))
        #expect(!parts[0].contains("<details class=\"narrow\" open"))
        for part in parts { #expect(part.contains("href=\"#startLogin\"")) }
    }

    @Test func `descriptions bring no markup of their own`() {
        #expect(Prose.html("a <b> & `c`") == "<p>a &lt;b&gt; &amp; <code>c</code></p>")
        #expect(Prose.html("1. x\n2. **y**") == "<ol><li>x</li><li><strong>y</strong></li></ol>")
        #expect(Prose.html("a\nb\n\n- c") == "<p>a b</p>\n<ul><li>c</li></ul>")
    }

    @Test(arguments: [
        "a: &x 1", "a: {b: 1}", "a: >\n  b", "- a\nb: 1", "a: \"x\\n\"", "a: [1, 2", "a: 'x' # y",
    ])
    func `what the plain reader does not know it refuses`(text: String) {
        #expect(throws: PlainYAML.Unreadable.self) { try PlainYAML.parse(text) }
    }
}
