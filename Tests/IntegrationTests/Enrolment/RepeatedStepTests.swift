import Foundation
import Testing

@testable import Auth

/// Each step of an enrolment out of order, many times at once, on two devices and two instances, and once
/// more after that: 409 or the same answer, and one account in the end.
@Suite struct RepeatedStepTests {
    /// By the letter or by what the register knows, and the step that is repeated.
    enum Row: String, CaseIterable {
        case letter = "identity of the letter"
        case details = "identity"
        case emailConfirmation = "email-confirmation"
        case profile, consents, complete

        /// The last part of the step's path.
        var path: String { self == .letter ? Self.details.rawValue : rawValue }

        /// Paths that come after it on the way to the account.
        var later: [String] {
            let paths = Self.way.map(\.path)
            return Array(paths.drop { $0 != path }.dropFirst())
        }

        /// What is done before it on the first device.
        var earlier: [Row] { self == .letter ? [] : Array(Self.way.prefix { $0 != self }) }

        static let way: [Row] = [.details, .emailConfirmation, .profile, .consents, .complete]
    }

    private static var two: TestService.Settings {
        var settings = TestService.Settings()
        settings.instances = 2
        return settings
    }

    private static let documents: JSON = [
        "documents": [
            ["kind": "terms", "version": "1"], ["kind": "privacy", "version": "1"],
        ]
    ]

    /// What the steps of somebody are done with.
    private struct Bodies: Sendable {
        let letter: PrintedNumbers
        let details: JSON
        var confirmation = "x"

        func body(_ row: Row) -> JSON? {
            switch row {
            case .letter: letter.body
            case .details: details
            case .emailConfirmation: ["token": .string(confirmation)]
            case .profile: TestService.profile
            case .consents: RepeatedStepTests.documents
            case .complete: nil
            }
        }

        func body(path: String) -> JSON? {
            guard let row = Row(rawValue: path) else { return nil }
            return body(row)
        }
    }

    /// The token of the newest of somebody's mails.
    private func newestToken(_ guest: Guest, _ service: TestService) async throws -> String {
        try await service.settle()
        let count = service.mail.count(to: guest.email)
        return LinkToken.text(in: try await service.mail.message(count, to: guest.email).text)
    }

    /// Does a step and demands that it is done.
    private func step(
        _ row: Row, _ id: String, _ bodies: inout Bodies, _ guest: Guest, _ service: TestService
    ) async throws {
        // So that the mail that comes of it is the newest.
        try await service.settle()
        let answer = try await service.step(id, row.path, bodies.body(row))
        try #require(answer.status == 200, "\(row): \(answer.text)")
        if row == .details { bodies.confirmation = try await newestToken(guest, service) }
    }

    /// Goes on from wherever one of the devices is until there is an account.
    private func finish(
        _ devices: [String], _ bodies: inout Bodies, _ guest: Guest, _ service: TestService
    ) async throws {
        var open: String?
        for device in devices.reversed() {
            let enrolment = try await service.enrolment(device)
            if enrolment["status"] == "open" { open = device }
        }
        guard let id = open else { return }
        let standing = try await service.enrolment(id)
        if standing["step"] == "email_confirmation" {
            try await step(.details, id, &bodies, guest, service)
        }
        for _ in Row.way {
            let enrolment = try await service.enrolment(id)
            guard let due = enrolment["step"].string else { break }
            let row = Row(rawValue: due.replacing("_", with: "-"))
            try await step(try #require(row, "\(due)"), id, &bodies, guest, service)
        }
    }

    @Test(arguments: Row.allCases)
    func `a step is done once, however often and wherever it is asked for`(row: Row) async throws {
        try await TestService.run(Self.two) { service in
            for kind in ["terms", "privacy"] {
                #expect(try await service.publish(kind, "1", "nl").status == 201)
            }
            let guest = try await service.guest()
            var bodies = Bodies(
                letter: try await service.letter(for: guest), details: service.details(of: guest))
            let token = try await service.invited(guest).token
            let devices = [try await service.opened(token), try await service.opened(token)]
            for earlier in row.earlier {
                try await step(earlier, devices[0], &bodies, guest, service)
            }

            let asked = bodies
            // Out of order, on both devices at once.
            for path in row.later {
                let early = try await parallel(4) { number in
                    try await service.step(
                        devices[number % 2], path, asked.body(path: path), instance: number / 2)
                }
                for answer in early {
                    #expect(answer.status == 409, "\(path): \(answer.text)")
                }
            }

            // Many times at once, and once more on each device.
            var answers = try await parallel(4) { number in
                (
                    number % 2,
                    try await service.step(
                        devices[number % 2], row.path, asked.body(row), instance: number / 2)
                )
            }
            for (number, id) in devices.enumerated() {
                answers.append((number, try await service.step(id, row.path, asked.body(row))))
            }
            var steps: [Int: Set<String>] = [:]
            for (device, answer) in answers {
                guard answer.status == 200 else {
                    #expect(answer.status == 409, "\(row): \(answer.text)")
                    continue
                }
                let body = try answer.json()
                #expect(body["id"].string == devices[device])
                steps[device, default: []].insert(body["step"].string ?? "none")
            }
            // The same answer each time, and some answer at all.
            #expect(!steps.isEmpty && steps.values.allSatisfy { $0.count == 1 }, "\(steps)")
            let done = answers.count { $0.1.status == 200 }
            switch row {
            case .letter, .emailConfirmation, .complete: #expect(done == 1, "\(row): \(done)")
            case .details, .profile, .consents: #expect(done >= 2, "\(row): \(done)")
            }

            try await finish(devices, &bodies, guest, service)
            for (table, count) in [
                ("account", 1), ("membership", 1), ("patient_link", 1), ("contact", 1),
                ("consent", 2), ("session", 1),
            ] {
                #expect(try await service.database.count(table, where: "true") == count, "\(table)")
            }
        }
    }

    @Test(arguments: [Row.letter, .emailConfirmation])
    func `proven on two devices at once, it goes on at one of them`(row: Row) async throws {
        try await TestService.run(Self.two) { service in
            for _ in 0..<4 {
                let guest = try await service.guest()
                let letter = try await service.letter(for: guest)
                let token = try await service.invited(guest).token
                let devices = [try await service.opened(token), try await service.opened(token)]
                var bodies: [JSON] = []
                for id in devices {
                    var own = Bodies(letter: letter, details: service.details(of: guest))
                    if row == .emailConfirmation {
                        try await step(.details, id, &own, guest, service)
                    }
                    bodies.append(try #require(own.body(row)))
                }
                let given = bodies
                let answers = try await parallel(2) { number in
                    try await service.step(
                        devices[number], row.path, given[number], instance: number)
                }
                #expect(answers.map(\.status).sorted() == [200, 409], "\(answers.map(\.text))")
                var left: [String: String] = [:]
                for id in devices {
                    left[try await service.enrolment(id)["status"].string ?? ""] = id
                }
                #expect(Set(left.keys) == ["open", "overtaken"])
                let open = try #require(left["open"])
                let profile = try await service.step(open, "profile", TestService.profile)
                #expect(profile.status == 200)
                #expect(try await service.step(open, "complete").status == 200)
            }
            #expect(try await service.database.count("account", where: "true") == 4)
        }
    }

    @Test func `said yes and no at once, it is one of them`() async throws {
        try await TestService.run(Self.two) { service in
            for round in 0..<4 {
                let guest = try await service.guest()
                let invitation = try await service.invited(guest)
                let id = try await service.proven(guest, invitation.token)
                #expect(try await service.step(id, "profile", TestService.profile).status == 200)
                let before = try await service.database.count("account", where: "true")
                let answers = try await parallel(4) { number in
                    let path = (number + round) % 2 == 0 ? "complete" : "decline"
                    return (path, try await service.step(id, path, instance: number / 2))
                }
                #expect(answers.allSatisfy { [200, 409].contains($0.1.status) }, "\(answers)")
                let done = Set(answers.filter { $0.1.status == 200 }.map(\.0))
                #expect(done.count == 1, "\(answers)")
                let made = try await service.database.count("account", where: "true") - before
                #expect(made == (done.contains("complete") ? 1 : 0))
                #expect(
                    try await service.invitation(invitation.id)["status"].string
                        == (done.contains("complete") ? "accepted" : "declined"))
            }
        }
    }
}
