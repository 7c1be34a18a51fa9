import Foundation
import Synchronization
import Testing

@testable import Auth

@Suite struct DrainTests {
    private static let open = "GET /open HTTP/1.1\r\nHost: toy\r\n\r\n"

    private static func get(_ path: String, _ port: Int) async throws -> WireAnswer {
        try await Wire.on(port) { wire in
            try await wire.send("GET \(path) HTTP/1.1\r\nHost: toy\r\n\r\n")
            return try await wire.answer()
        }
    }

    @Test func `health has a word for everybody and the details inside`() async throws {
        try await ToyServer.run { toy in
            try await eventually { toy.readiness.isReady }
            for path in ["/livez", "/readyz", "/startupz"] {
                let answer = try await Self.get(path, toy.port)
                #expect(answer.status == 200)
                #expect(answer.body == #"{"status":"pass"}"#)
                #expect(answer.header("Content-Type") == "application/health+json")
            }
            #expect(try await Self.get("/metrics", toy.port).status == 404)
            #expect(try await Self.get("/healthz", toy.port).status == 404)
            let detail = try await Self.get("/healthz", toy.internalPort)
            #expect(detail.body.contains(#""checks":{"toy:works":[{"status":"pass""#))
        }
    }

    @Test func `on the way out a process is not ready at once and still answers, closing`() async {
        await #expect(throws: EnoughSeen.self) {
            try await ToyServer.run(drainDelay: .seconds(30)) { toy in
                try await eventually { toy.readiness.isReady }
                let kept = try await Wire.connect(port: toy.port)
                try await kept.send(Self.open)
                #expect(try await kept.answer().closes == false)
                await toy.stop()
                try await eventually { toy.requests.isDraining }

                let ready = try await Self.get("/readyz", toy.port)
                #expect(ready.status == 503)
                #expect(ready.body == #"{"status":"fail"}"#)
                #expect(try await Self.get("/livez", toy.port).status == 200)
                let detail = try await Self.get("/healthz", toy.internalPort)
                #expect(detail.body.contains("stopping"))
                try await kept.send(Self.open)
                let last = try await kept.answer()
                #expect(last.status == 200 && last.closes)
                try await kept.untilClosed()
                throw EnoughSeen()
            }
        }
    }

    /// Ends a test before the delay does.
    private struct EnoughSeen: Error {}

    @Test func `under load a process goes without a failed request`() async throws {
        let journal = Journal()
        var limits = ServerLimits()
        limits.request.answerDeadline = .seconds(60)
        try await ToyServer.run(limits: limits, drainDelay: .milliseconds(500)) { toy in
            try await eventually { toy.readiness.isReady }
            try await withThrowingTaskGroup(of: Void.self) { group in
                // The load balancer: asks the probe, and sends nothing new once it fails.
                group.addTask {
                    try await eventually { try await Self.get("/readyz", toy.port).status != 200 }
                    journal.stopSending()
                }
                for _ in 0..<16 { group.addTask { await Self.keepSending(toy.port, journal) } }
                // One request is being worked on while the listening socket closes.
                group.addTask {
                    let answer = try await Self.get("/held", toy.port)
                    if answer.status != 200 { journal.failed("held: \(answer)") }
                }
                group.addTask {
                    try await eventually { journal.answered.count >= 200 }
                    await toy.stop()
                    try await eventually {
                        (try? await Wire.connect(port: toy.port).close()) == nil
                    }
                    toy.gate.open()
                }
                try await group.waitForAll()
            }
        }
        #expect(journal.failures == [])
        #expect(journal.answered.count >= 200)
    }

    private static func keepSending(_ port: Int, _ journal: Journal) async {
        var kept: Wire?
        while journal.goesOn {
            do {
                let wire: Wire
                if let kept { wire = kept } else { wire = try await Wire.connect(port: port) }
                try await wire.send(open)
                let answer = try await wire.answer()
                if answer.status == 200 {
                    journal.answered.add()
                } else {
                    journal.failed("\(answer)")
                }
                kept = answer.closes ? nil : wire
            } catch {
                journal.failed("\(error)")
                kept = nil
            }
        }
        kept?.close()
    }

    /// What happened under load.
    private final class Journal: Sendable {
        let answered = Tally()
        private let state = Mutex((goesOn: true, failures: [String]()))

        var goesOn: Bool { state.withLock { $0.goesOn } }
        var failures: [String] { state.withLock { $0.failures } }
        func stopSending() { state.withLock { $0.goesOn = false } }
        func failed(_ how: String) { state.withLock { $0.failures.append(how) } }
    }
}
