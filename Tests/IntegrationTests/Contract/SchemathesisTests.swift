import Foundation
import Testing

@testable import Auth

/// The running product against whatever schemathesis makes of `openapi.yaml`: nothing is answered
/// 5xx, late or otherwise than documented, and every request is counted once.
///
/// What it is told beside the contract stands in `schemathesis.toml` and `schemathesis_hooks.py`.
@Suite struct SchemathesisTests {
    /// How much is tried, with which seed.
    struct Effort: Sendable, CustomTestStringConvertible {
        let seed: Int
        let options: String
        var testDescription: String { "seed \(seed)" }

        /// One short run, or all of it with as many seeds as are asked for: each takes some ten
        /// minutes. Only those run alone, so only they look at times.
        static let all: [Effort] =
            if let seeds {
                (1...max(1, seeds)).map {
                    Effort(seed: $0, options: "--max-examples 200 --max-response-time 2")
                }
            } else {
                [Effort(seed: 1, options: "--max-examples 2 --workers 2")]
            }

        private static let seeds =
            ProcessInfo.processInfo.environment["AUTH_TEST_SCHEMATHESIS"].flatMap { Int($0) }
    }

    @Test(arguments: Effort.all)
    func `nothing that a generated request can say is answered otherwise than documented`(
        effort: Effort
    ) async throws {
        let folder = try await RunningDemo.usedFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let demo = try await RunningDemo.start(in: folder)
        defer { demo.end() }
        var environment = try await demo.variables()
        let contract = Program.project.appending(path: "Tests/IntegrationTests/Contract").path
        let sent = folder.appending(path: "sent")
        environment["AUTH_TEST_SENT"] = sent.path
        environment["SCHEMATHESIS_HOOKS"] = "\(contract)/schemathesis_hooks.py"
        let log = URL(filePath: try #require(environment["AUTH_LOG_FILE"]))
        let before = try Self.requests(in: log).count

        // In a folder of its own, where it finds nothing of an earlier run.
        let command = """
            cd "\(folder.path)"
            exec "\(try PeerProcess.python().path)" -m schemathesis.cli \\
                --config-file "\(contract)/schemathesis.toml" \\
                run "\(Program.project.path)/openapi.yaml" --url "$AUTH_URL" --no-color \\
                --phases examples,coverage,fuzzing,stateful --seed \(effort.seed) \(effort.options)
            """
        var outcome = try await Program.shell(command, environment: environment)
        var text = outcome.output + outcome.errors
        if text.contains("AST constructor recursion depth mismatch") {
            // Python 3.11 itself fails now and then where two threads parse (cpython issue 106905).
            outcome = try await Program.shell(command, environment: environment)
            text = outcome.output + outcome.errors
        }
        #expect(outcome.status == 0, "\(text.prefix(40_000))")
        print(text.split(separator: "\n").last { $0.contains("generated") } ?? "")

        // Each has a name of its own, which the log repeats; of probes it is silent.
        let names = try String(contentsOf: sent, encoding: .utf8).split(separator: "\n")
            .map { $0.split(separator: " ") }
            .filter { !["/livez", "/readyz", "/startupz"].contains($0[2].prefix { $0 != "?" }) }
            .map { String($0[0]) }
        #expect(names.count > 3_000)
        try await eventually { try Self.requests(in: log).count >= before + names.count }
        let logged = try Self.requests(in: log).dropFirst(before)
        #expect(logged.count == names.count)
        let known = logged.compactMap(\.clientRequestID)
        #expect(Set(known).count == known.count)
        #expect(Set(known).isSubset(of: names))
        #expect(logged.allSatisfy { $0.status < 500 })
    }

    private struct Line: Decodable {
        let message: String
        let status: Int?
        let clientRequestID: String?

        enum CodingKeys: String, CodingKey {
            case message, status
            case clientRequestID = "client_request_id"
        }
    }

    private struct Request {
        let status: Int
        /// Nil where so little of the request could be read that it has none.
        let clientRequestID: String?
    }

    private static func requests(in log: URL) throws -> [Request] {
        try String(contentsOf: log, encoding: .utf8).split(separator: "\n").compactMap { text in
            let line = try JSONDecoder().decode(Line.self, from: Data(text.utf8))
            guard line.message == "request", let status = line.status else { return nil }
            return Request(status: status, clientRequestID: line.clientRequestID)
        }
    }
}
