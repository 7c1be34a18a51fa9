import Foundation
import Postgres
import Testing

@testable import Auth

/// The benchmark gives pgbench the very statements of the service; a parameter more, and it could not run.
@Suite struct BenchmarkParameterTests {
    private static let measured: [(module: String, sql: String)] = [
        ("sends", IssueCode.sql), ("codes", VerifyCode.sql),
        ("refreshes", RotateRefreshToken.sql),
    ]

    @Test(arguments: measured.indices)
    func `it has a value for each parameter, and for the nonce`(index: Int) async throws {
        let (module, sql) = Self.measured[index]
        let last = sql.matches(of: /\$(\d+)/).compactMap { Int($0.1) }.max() ?? 0
        let listed = try await Program.shell(
            """
            cd "\(Program.project.path)/Tests/Benchmarks"
            exec "\(try PeerProcess.python().path)" -B -c \\
                'import \(module); print(len(\(module).PARAMETERS))'
            """, environment: [:])
        #expect(
            listed.output.split(separator: "\n").first.map(String.init) == "\(last + 1)",
            "\(module): \(listed.output)\(listed.errors)")
    }
}
