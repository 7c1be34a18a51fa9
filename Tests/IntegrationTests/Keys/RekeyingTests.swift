import Cryptography
import Foundation
import Postgres
import Testing

@testable import Auth

/// Everything that a key made and that lasts works after the key has left the ring (K3).
@Suite struct RekeyingTests {
    @Test func `whoever is in the database finds everything as it was`() async throws {
        try await RotatingService.run { rotating in
            let service = rotating.service
            let world = try await World.make(in: service)
            try await AuditChain(
                database: service.service.database, keys: service.service.keys,
                logger: service.log.logger, settled: 0
            ).sealAll()
            _ = try rotating.change { (ring: inout RingRotation) in
                try ring.rotate(at: rotating.now, from: rotating.now + 300)
            }
            await rotating.reload(0, 1)
            rotating.pass(301)
            #expect(try await rotating.left(under: "k1") > 5)
            try await rotating.rekey()
            #expect(try await rotating.left(under: "k1") == 0)
            #expect(try await service.service.administration.verifiesAll())

            try rotating.change { (ring: inout RingRotation) in
                try ring.revoke("k1", at: rotating.now)
            }
            await rotating.reload(0, 1)
            #expect(service.services.map { $0.keys.ids } == [["k2"], ["k2"]])
            try await world.check(service)
            #expect(try await service.service.administration.verifiesAll())
        }
    }

    /// What is set up before the rotation.
    private struct World: Sendable {
        let person: Person
        let app: TestApp
        let codes: [String]
        let guest: Guest
        let token: String
        let pin: (external: String, text: String)

        static func make(in service: TestService) async throws -> World {
            let person = try await service.person()
            let first = try await service.tokens(of: person).access
            let app = try await service.app(first)
            let second = try await service.signIn(person, by: app).access
            let codes = try await service.recoveryCodes(second)
            try await service.renew(app)
            let used = try await service.login(person)
            let done = try await service.verify(
                try #require(try used.json()["id"].string), codes[0])
            try #require(done.status == 200, "\(done.text)")
            let guest = try await service.guest()
            let (_, token) = try await service.invited(guest)
            let patient = try await service.guest(["last_name": "Vos"])
            let pin = try await service.makeSuperPIN(patient.patient)
            try #require(pin.status == 201, "\(pin.text)")
            let gateway: JSON = [
                "name": "primary", "type": "twilio", "secret": "the-auth-token",
                "report_within_seconds": 60,
                "settings": [
                    "url": "https://sms.example.nl", "account": "AC1", "sender": "DeLinde",
                ],
            ]
            let changed = try await service.send(
                "PUT", "/v1/practice", json: ["channels": ["sms": [gateway]]])
            try #require(changed.status == 200, "\(changed.text)")
            return World(
                person: person, app: app, codes: codes, guest: guest, token: token,
                pin: (patient.patient, try #require(try pin.json()["super_pin"].string)))
        }

        func check(_ service: TestService) async throws {
            // Password and app; then by the username, and with codes on paper.
            _ = try await service.signIn(person, by: app)
            var named = person
            named.identifier = person.username
            for (code, status) in [(codes[1], 200), (codes[0], 409), (codes[1], 409)] {
                let login = try await service.login(named)
                try #require(login.status == 201, "\(login.text)")
                let answer = try await service.verify(
                    try #require(try login.json()["id"].string), code)
                #expect(answer.status == status, "\(answer.text)")
                if status == 409 { #expect(answer.problem == "code-used") }
            }
            // The register, and the invitation that is for this identity.
            let entry = try await service.patient(guest.patient).json()
            #expect(entry["date_of_birth"] == "1987-05-03" && entry["postcode"] == "3512JC")
            let opened = try await service.openLink(token)
            #expect(opened.status == 201, "\(opened.text)")
            // A file that is sent again changes nothing.
            let line = PatientSample.with(
                ["external_id": .string(guest.patient), "email": .string(guest.email)],
                of: PatientSample.emma)
            let report = try await service.importPatients([line])
            #expect(report["unchanged"].int == 1, "\(report)")
            #expect(try await service.holds(pin.text, pin.external))
            let gateways = try await service.service.database.run(
                FindGateways(practice: service.practice))
            let secret = GatewaySecret.requests.opened(
                of: try #require(gateways.first), with: service.service.keys.sealingKey(.gateway))
            #expect(secret?.expose() == "the-auth-token")
        }
    }
}

extension Administration {
    fileprivate func verifiesAll() async throws -> Bool {
        try await verifyAudits().allSatisfy(\.isWhole)
    }
}
