import Foundation
import Testing

@testable import Auth

/// What the README shows of gateways and channels is what the tests run.
@Suite struct ReadmeTests {
    private let readme: String

    init() throws {
        readme = try SourceTree.text(of: "README.md")
    }

    private func blocks(_ language: String, below heading: String) -> [String] {
        guard let start = readme.range(of: "### \(heading)\n") else { return [] }
        let section = readme[start.upperBound...].prefix(
            upTo: readme[start.upperBound...].range(of: "\n### ")?.lowerBound ?? readme.endIndex)
        return section.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
    }

    @Test func `the example of a channel is the one that passes the conformance suite`() throws {
        let source = try SourceTree.text(of: "Tests/IntegrationTests/Delivery/PagerChannel.swift")
        let example = try #require(blocks("swift", below: "Add a delivery channel").first)
        #expect(source.hasSuffix(example + "\n"))
        #expect(example.hasPrefix("struct PagerChannel: DeliveryChannel {"))
    }

    @Test func `the examples of gateways are ones that a practice can have`() throws {
        let examples = blocks("json", below: "Gateways")
        #expect(examples.count == 2)
        let ladder = try NewLadder.parsed(
            "[\(examples.joined(separator: ","))]", for: .sms,
            hosts: ["api.berichten.example.nl", "sms.meldinger.example.no"])
        #expect(ladder.rungs.map(\.name) == ["berichten", "meldinger"])
        #expect(ladder.rungs[0].settings.reports)
    }
}
