import Foundation
import Testing

@testable import Auth

/// Whoever waits for a code to a new number or mailbox sees how far it got, and what to do where it does
/// not come (NO-4).
@Suite struct PendingCodeTests {
    /// Mail arrives; the network takes no SMS of this sender.
    private final class BarredPhones: DeliveryChannel {
        let name = "barred"
        let kinds = Set(ChannelKind.allCases)
        let mail = RecordingChannel()

        func deliver(_ message: RenderedMessage) async throws(DeliveryFailure) -> Receipt {
            if message.channel == .sms { throw .permanent(.barredByNetwork) }
            return try await mail.deliver(message)
        }
    }

    private static func run(
        _ body: @escaping @Sendable (TestService, Person, String) async throws -> Void
    ) async throws {
        let channel = BarredPhones()
        var settings = TestService.Settings()
        settings.channel = channel
        try await TestService.run(settings) { service in
            let person = try await service.person()
            let begun = try await service.login(person).json()
            let code = try await channel.mail.code(of: begun["code"], to: person.email)
            let done = try await service.verify(try #require(begun["id"].string), code)
            let token = try #require(try done.json()["tokens"]["access_token"].string)
            try await body(service, person, token)
        }
    }

    @Test func `of a phone that is being added`() async throws {
        try await Self.run { service, _, token in
            #expect(try await service.factors(token)["data"] == [])
            let added = try await service.addPhone(token).json()
            try await eventually(orElse: "the network never refused it") {
                try await service.factors(token)["data"][0]["code"]["delivery"] == "failed"
            }
            let factor = try await service.send(
                "GET", "/v1/account/factors",
                headers: [("Authorization", "Bearer \(token)"), ("Accept-Language", "en")]
            ).json()["data"][0]
            #expect(factor["status"] == "pending")
            #expect(factor["code"]["id"] == added["code"]["id"])
            #expect(factor["code"]["destination"] == "•••78")
            #expect(factor["code"]["reason"] == "barred_by_network")
            #expect(
                factor["code"]["advice"].string
                    == DeliveryFailure.Reason.barredByNetwork.advice(in: .english))
            // Another one is another code.
            let next = try await service.addPhone(token, TestService.freshMobile()).json()
            let listed = try await service.factors(token)["data"]
            #expect(listed.array.count == 1)
            #expect(listed[0]["code"]["id"] == next["code"]["id"])
        }
    }

    @Test func `of an address that is being changed, until it is the account's`() async throws {
        try await Self.run { service, person, token in
            let asked = try await service.own(
                "PUT", "/mobile", token: token,
                json: [
                    "number": "06 12345678", "password": .string(person.password),
                ])
            #expect(asked.status == 202, "\(asked.text)")
            try await eventually(orElse: "the network never refused it") {
                try await service.account(token)["mobile"]["code"]["delivery"] == "failed"
            }
            let account = try await service.account(token)
            #expect(account["mobile"]["pending"] == "+31612345678")
            #expect(account["mobile"]["code"]["id"] == (try asked.json()["id"]))
            #expect(account["mobile"]["code"]["reason"] == "barred_by_network")
            #expect(account["email"]["code"].isAbsent)
            let given = try await service.own("DELETE", "/mobile/pending", token: token)
            #expect(given.status == 204)
            #expect(try await service.account(token)["mobile"].isAbsent)
        }
    }
}
