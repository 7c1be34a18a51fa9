import Foundation
import Testing

@testable import Auth

/// Random numbers of each format, against code that somebody else wrote.
@Suite struct NumberFormatTests {
    /// Two thousand, or as many as are asked for: a hundred thousand take a minute.
    fileprivate static let count =
        ProcessInfo.processInfo.environment["AUTH_TEST_NUMBERS"].flatMap { Int($0) } ?? 2_000

    @Test(arguments: Format.all)
    fileprivate func `we and others agree on every number`(format: Format) throws {
        let seed = UInt32.random(in: 0..<UInt32.max)
        let samples = try Self.samples(of: format.name, seed: seed)
        #expect(samples.count == Self.count)
        var differences: [Sample] = []
        for sample in samples {
            let isValid = format.accepts(sample.text)
            if isValid != sample.isValid || sample.others.map({ $0 != isValid }) == true {
                differences.append(sample)
            }
        }
        #expect(differences.isEmpty, "seed \(seed): \(differences.prefix(5).map(\.text))")
        // Neither verdict is a rarity, or agreeing would be no feat.
        #expect(samples.count { $0.isValid } > Self.count / 5)
        #expect(samples.count { !$0.isValid } > Self.count / 5)
        #expect(samples.count { $0.others != nil } >= Self.count * format.knownToOthers / 100)
    }

    @Test func `a synthetic number is taken only where they are switched on`() throws {
        let valid = try Self.samples(of: "national-number-no", seed: 1).filter(\.isValid)
        let synthetic = valid.filter { sample in
            (try? NationalNumber(typed: sample.text, country: .norway, synthetic: false)) == nil
        }
        #expect(synthetic.allSatisfy { (TypedDigits($0.text)?.values[2] ?? 0) >= 4 })
        #expect(
            synthetic.count == valid.count { (TypedDigits($0.text)?.values[2] ?? 0) >= 4 })
        #expect(synthetic.count > valid.count / 5)
    }

    private struct Sample {
        let text: String
        let isValid: Bool
        /// What python-stdnum says; nil where it does not know the format or the rule.
        let others: Bool?
    }

    private static func samples(of format: String, seed: UInt32) throws -> [Sample] {
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "number_formats.py")
        let process = Process()
        process.executableURL = try PeerProcess.python()
        process.arguments = [script.path, format, String(count), String(seed)]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            return Sample(
                text: String(fields[0]), isValid: fields[1] == "valid",
                others: fields[2] == "-" ? nil : fields[2] == "valid")
        }
    }
}

private struct Format: Sendable, CustomTestStringConvertible {
    let name: String
    /// On how many of a hundred numbers python-stdnum has to have a verdict.
    let knownToOthers: Int
    let accepts: @Sendable (String) -> Bool

    var testDescription: String { name }

    static let all = [
        Format(name: "customer-number", knownToOthers: 48) {
            (try? CustomerNumber(typed: $0)) != nil
        },
        Format(name: "super-pin", knownToOthers: 0) { (try? SuperPIN(typed: $0)) != nil },
        Format(name: "national-number-no", knownToOthers: 38) {
            (try? NationalNumber(typed: $0, country: .norway, synthetic: true)) != nil
        },
        Format(name: "national-number-nl", knownToOthers: 100) {
            (try? NationalNumber(typed: $0, country: .netherlands, synthetic: false)) != nil
        },
        Format(name: "postcode-nl", knownToOthers: 100) {
            (try? Postcode(typed: $0, country: .netherlands)) != nil
        },
        Format(name: "postcode-no", knownToOthers: 0) {
            (try? Postcode(typed: $0, country: .norway)) != nil
        },
    ]
}
