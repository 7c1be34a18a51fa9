import Cryptography
import Foundation
import Synchronization
import Testing

@testable import Auth

/// Two instances that read their keys from the same two files, each with a clock that a test moves.
struct RotatingService: Sendable {
    let service: TestService
    private let ring: KeyFile
    private let signing: KeyFile
    private let clocks: Clocks

    private final class Clocks: Sendable {
        let offsets = Mutex<[Double]>([0, 0])
    }

    static func run(
        _ body: @escaping @Sendable (RotatingService) async throws -> Void
    ) async throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let paths = ["keys", "signing_keys"].map { folder.appending(path: $0).path }
        let clocks = Clocks()
        let signingKey = ServiceConfiguration.generateSigningKey()
        try Data(TestKeys.ring.utf8).write(to: URL(filePath: paths[0]))
        try Data(signingKey.expose().utf8).write(to: URL(filePath: paths[1]))
        var settings = TestService.Settings(instances: 2, sendsPerHour: 1_000, sendsPerDay: 10_000)
        settings.clock = { number in
            Date() + clocks.offsets.withLock { $0.indices.contains(number) ? $0[number] : 0 }
        }
        settings.configure = { configuration in
            configuration.signingKeys = signingKey
            configuration.keyFiles = .init(ring: paths[0], signing: paths[1])
            configuration.outbound = .init(hosts: ["sms.example.nl"])
        }
        try await TestService.run(settings) { service in
            try await body(
                RotatingService(
                    service: service, ring: KeyFile(path: paths[0]),
                    signing: KeyFile(path: paths[1]), clocks: clocks))
        }
    }

    /// The time at the first instance.
    var now: Date { Date() + clocks.offsets.withLock { $0[0] } }

    /// Moves the clocks of these instances on.
    func pass(_ seconds: Double, on instances: [Int] = [0, 1]) {
        clocks.offsets.withLock { offsets in
            for instance in instances { offsets[instance] += seconds }
        }
    }

    func change<Made>(_ change: (inout RingRotation) throws -> Made) throws -> Made {
        try ring.change { text in
            var rotation = try RingRotation(parsing: text.expose())
            let made = try change(&rotation)
            return (Secret(rotation.text), made)
        }
    }

    func change<Made>(_ change: (inout SigningKeyFile) throws -> Made) throws -> Made {
        try signing.change { text in
            var file = try SigningKeyFile(parsing: text)
            let made = try change(&file)
            return (file.text, made)
        }
    }

    /// Puts something in the ring's file that is no ring; returns what was there.
    func spoilRing() throws -> Secret<String> {
        try ring.change { (Secret("{\"current\""), $0) }
    }

    func restoreRing(_ text: Secret<String>) throws { try ring.change { _ in (text, ()) } }

    func reload(_ instances: Int...) async {
        for instance in instances { await service.services[instance].keyReload.reload() }
    }

    /// Both at once, as it happens.
    func rekey() async throws {
        _ = try await parallel(2) { try await service.services[$0].rekeying.rekey() }
    }

    func left(under id: String) async throws -> Int {
        try await service.service.administration.valuesLeft(under: [id])[id] ?? 0
    }

    /// Ids of the keys that an instance publishes.
    func published(_ instance: Int) async throws -> [String] {
        let answer = try await service.send("GET", "/.well-known/jwks.json", instance: instance)
        #expect(answer.header("Cache-Control") == "public, max-age=300")
        return try answer.json()["keys"].array.compactMap { $0["kid"].string }
    }
}

/// Callers that go on all the time, each step of them at another instance, while a test does something.
struct KeyLoad: Sendable {
    private let service: TestService
    private let faults = Shared<[String]>([])
    private let steps = Shared<Int>(0)
    private let isOver = Shared<Bool>(false)

    /// - Returns: how many requests were answered meanwhile, all of them as they should be.
    static func during(
        _ service: TestService, _ body: @escaping @Sendable () async throws -> Void
    ) async throws -> Int {
        let load = KeyLoad(service: service)
        let people = [try await service.person(), try await service.person()]
        let tokens = try await service.tokens(of: people[0])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await load.session(tokens) }
            group.addTask { try await load.signIns(people[1]) }
            group.addTask { try await load.codes() }
            group.addTask { try await load.register() }
            defer { load.isOver.set(true) }
            // Everybody is at work before anything happens, and goes on for a while after it.
            try await eventually { load.steps.value > 20 }
            try await body()
            let done = load.steps.value
            try await eventually { load.steps.value > done + 20 }
            load.isOver.set(true)
            try await group.waitForAll()
        }
        let faults = load.faults.value
        #expect(faults.isEmpty, "\(faults)")
        return load.steps.value
    }

    private func note(_ answer: HTTPAnswer, _ expected: Int, _ what: String) {
        steps.change { $0 += 1 }
        if answer.status != expected {
            faults.change { $0.append("\(what): \(answer.status) \(answer.text)") }
        }
    }

    private func session(_ first: TestService.TokenPair) async throws {
        var tokens = first
        var turn = 0
        while !isOver.value {
            turn += 1
            let answer = try await service.refresh(tokens.refresh, instance: turn % 2)
            note(answer, 200, "refresh")
            guard answer.status == 200 else { return }
            tokens = try TestService.TokenPair(answer.json())
            note(
                try await service.own("GET", token: tokens.access, instance: (turn + 1) % 2), 200,
                "account")
        }
    }

    private func signIns(_ person: Person) async throws {
        var turn = 0
        while !isOver.value {
            turn += 1
            let started = try await service.login(person, instance: turn % 2)
            // The hashing threads are busy with other tests, whichever keys there are.
            if started.problem == "overloaded" { continue }
            note(started, 201, "login")
            guard started.status == 201 else { return }
            let id = try #require(try started.json()["id"].string)
            let code = try await service.mail.code(
                of: started.json()["code"], to: person.email)
            note(
                try await service.verify(id, code, instance: (turn + 1) % 2), 200, "verify")
        }
    }

    private func codes() async throws {
        var turn = 0
        while !isOver.value {
            turn += 1
            let issued = try await service.issue(
                to: TestService.freshAddress(), instance: turn % 2)
            note(
                try await service.check(issued.id, issued.digits, instance: (turn + 1) % 2), 200,
                "code")
        }
    }

    private func register() async throws {
        var turn = 0
        while !isOver.value {
            turn += 1
            let details = PatientSample.with(
                ["last_name": .string("Kok \(turn)"), "date_of_birth": "1987-05-03"])
            let written = try await service.putPatient("load", details, instance: turn % 2)
            note(written, turn == 1 ? 201 : 200, "patient")
        }
    }
}

/// A value that several tasks share.
private final class Shared<Value: Sendable>: Sendable {
    private let content: Mutex<Value>

    init(_ value: Value) { content = Mutex(value) }

    var value: Value { content.withLock { $0 } }

    func set(_ value: Value) { content.withLock { $0 = value } }

    func change(_ body: (inout Value) -> Void) { content.withLock { body(&$0) } }
}
