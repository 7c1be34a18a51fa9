import Foundation
import Testing

@testable import Auth

/// `serve` as an operator sees it.
@Suite struct ServeTests {
    @Test func `the log tells the start, a schema that is behind, readiness and the end`()
        async throws
    {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let database = try await TestCluster.shared().emptyDatabase()
        let serve = try RunningServe.start(in: folder, database: database.serviceURL)
        defer { serve.end(SIGKILL) }
        try await eventually { try serve.messages().contains { $0.hasPrefix("schema is behind") } }
        let migrated = try await Program.run(
            "migrate", environment: ["AUTH_OWNER_DATABASE_URL": database.ownerURL])
        #expect(migrated.status == 0, "\(migrated)")
        try await eventually { try serve.messages().contains("ready") }
        #expect(serve.end(SIGTERM) == 0)

        let messages = try serve.messages()
        #expect(messages.filter { $0.hasPrefix("schema is behind") }.count == 1)
        let turns = ["starting", "ready", "draining", "no new connections from now on", "stopped"]
        #expect(messages.filter(turns.contains) == turns)
        #expect(messages.first == "starting" && messages.last == "stopped")
    }
}
