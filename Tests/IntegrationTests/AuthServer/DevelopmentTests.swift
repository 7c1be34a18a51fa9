import Foundation
import Testing

@Suite struct DevelopmentTests {
    @Test func `the printed lines and the first login of the README end with tokens`() async throws
    {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let demo = try await RunningDemo.start(in: folder)
        defer { demo.end() }

        let lines = demo.block.split(separator: "\n").filter { $0.contains("curl -s") }
        #expect(lines.count == 3)
        let printed = try await Program.shell(lines.joined(separator: "\n"))
        #expect(printed.status == 0)
        #expect(printed.output.contains(#""access_token":"ey"#), "\(printed)")

        let readme = try String(
            contentsOf: Program.project.appending(path: "README.md"), encoding: .utf8)
        let section = try #require(readme.components(separatedBy: "## The first login").last)
        let block = try #require(
            section.components(separatedBy: "```sh\n").dropFirst().first?
                .components(separatedBy: "```").first)
        let followed = try await Program.shell(block, environment: demo.environment)
        #expect(followed.status == 0, "\(followed)")
        #expect(followed.output.contains(#""access_token":"ey"#), "\(followed)")
        #expect(followed.output.contains(#""keys":[{"kty":"EC""#), "\(followed)")

        // The example in Python asks at the terminal for the code; here the mailbox answers.
        let example = try #require(
            readme.components(separatedBy: "```python\n").dropFirst().first?
                .components(separatedBy: "```").first)
        let script = folder.appending(path: "portal.py")
        try Data(example.utf8).write(to: script)
        let called = try await Program.shell(
            """
            eval "$(docker/dev env)"
            now=$(date -u +%FT%T.%3NZ)
            curl -s "$AUTH_URL/dev/mailbox/messages?to=$AUTH_DEMO_IDENTIFIER&since=$now&wait=10" |
                sed -E 's/"text":"([0-9]{6}).*/\\1/; s/.*[^0-9]//' | python3 "\(script.path)"
            """, environment: demo.environment)
        #expect(called.status == 0 && called.output.contains("'access_token': 'ey"), "\(called)")
    }

    @Test func `more callers than it may open files wait, and take nothing from the others`()
        async throws
    {
        let folder = try await RunningDemo.usedFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let demo = try await RunningDemo.start(in: folder, openFiles: 256)
        defer { demo.end() }
        let address = try #require(demo.environment["AUTH_LISTEN"])
        let port = try #require(Int(address.split(separator: ":")[1]))
        var wires: [Wire] = []
        for _ in 0..<400 { wires.append(try await Wire.connect(port: port)) }
        defer { for wire in wires { wire.close() } }
        let asked = "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        // Whoever was first is served, the database included; the last is not yet.
        try await wires[0].send(asked)
        #expect(try await wires[0].answer().status == 200)
        try await wires[399].send(asked)
        await #expect(throws: WireError.self) {
            try await wires[399].answer(within: .milliseconds(500))
        }
        #expect(try demo.openFiles() < 200)
        for wire in wires.prefix(390) { wire.close() }
        #expect(try await wires[399].answer().status == 200)
    }

    @Test func `its end leaves nothing running, and the next start finds keys and data`()
        async throws
    {
        let folder = try await RunningDemo.usedFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = try await RunningDemo.start(in: folder)
        let server = try first.server()
        let keys = try await first.variables()
        #expect(first.end(SIGINT) == 0)
        #expect(!RunningDemo.isRunning(server))
        #expect(
            !FileManager.default.fileExists(atPath: "\(folder.path)/postgres/data/postmaster.pid"))

        let second = try await RunningDemo.start(in: folder)
        defer { second.end() }
        for name in ["AUTH_API_KEY", "AUTH_API_KEY_2", "AUTH_API_KEY_CODES", "AUTH_DEMO_PASSWORD"] {
            #expect(try await second.variables()[name] == keys[name], "\(name)")
        }
        let login = try await Program.shell(
            second.block.split(separator: "\n").filter { $0.contains("curl -s") }
                .joined(separator: "\n"))
        #expect(login.output.contains("access_token"))
    }

    @Test func `a server that outlived its demo is taken over`() async throws {
        let folder = try await RunningDemo.usedFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let killed = try await RunningDemo.start(in: folder)
        let server = try killed.server()
        killed.end(SIGKILL)
        try await RunningDemo.awaitEnd(of: server)

        // Its watcher is killed as well here, so that the server really stays.
        let abandoned = try await RunningDemo.start(in: folder)
        let left = try abandoned.server()
        try await abandoned.endWithWatcher()
        #expect(RunningDemo.isRunning(left))
        let next = try await RunningDemo.start(in: folder)
        #expect(!RunningDemo.isRunning(left))
        #expect(next.end() == 0)
    }

    @Test func `a reset begins with new keys`() async throws {
        let folder = try await RunningDemo.usedFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = try await RunningDemo.start(in: folder)
        let key = try await first.variables()["AUTH_API_KEY"]
        first.end()
        let second = try await RunningDemo.start(in: folder, "--reset")
        defer { second.end() }
        #expect(try await second.variables()["AUTH_API_KEY"] != key)
    }

    @Test func `a second demo in the folder or on the port is refused in words`() async throws {
        let folder = try await RunningDemo.usedFolder()
        let other = try Program.makeFolder()
        defer {
            try? FileManager.default.removeItem(at: folder)
            try? FileManager.default.removeItem(at: other)
        }
        let demo = try await RunningDemo.start(in: folder)
        defer { demo.end() }
        let sameFolder = try await Program.run(
            "dev",
            environment: [
                "AUTH_DEV_DIRECTORY": folder.path, "AUTH_LISTEN": "127.0.0.1:9",
                "AUTH_INTERNAL_LISTEN": "127.0.0.1:19",
            ])
        #expect(sameFolder.status != 0)
        #expect(sameFolder.errors.contains("is running in"))
        var samePort = demo.environment
        samePort["AUTH_DEV_DIRECTORY"] = other.path
        let refused = try await Program.run("dev", environment: samePort)
        #expect(refused.status != 0)
        #expect(refused.errors.contains("AUTH_LISTEN"))
    }

    @Test func `it takes neither another database nor other keys, and no address of a network`()
        async throws
    {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let outcome = try await Program.run(
            "dev",
            environment: [
                "AUTH_DEV_DIRECTORY": folder.path, "AUTH_KEYS": "x", "AUTH_LISTEN": "0.0.0.0:8080",
                "AUTH_SMTP_HOST": "mail.example.org",
            ])
        #expect(outcome.status == 78)
        for name in ["AUTH_KEYS", "AUTH_LISTEN", "AUTH_SMTP_HOST"] {
            #expect(outcome.errors.contains("\(name): "))
        }
    }
}
