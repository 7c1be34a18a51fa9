import Foundation
import Testing

@testable import Auth

/// Every call of a signed-in patient, by a sign-in whose practice wants a step done first (Z-5).
///
/// The routes are the router's own, so that a new one can't be forgotten here.
@Suite struct UnfinishedSessionTests {
    @Test(arguments: ["create_super_pin", "add_factor"])
    func `it opens the account and the calls of its step, and nothing else`(step: String)
        async throws
    {
        try await TestService.run { service in
            try await service.setPolicy(["remembered_device": true])
            let token = try await service.tokens(of: try await service.person()).access
            let added = try await service.addPhone(token)
            let factor = try #require(try added.json()["id"].string, "\(added.text)")
            try await service.database.execute("update session set steps = '{\(step)}'")
            let allowed = try #require(Self.allowed[step])
            let routes = service.service.routes.filter {
                ("\($0.path)/").hasPrefix("\(Self.account)/") && $0.path != Self.withoutToken
            }
            #expect(routes.count > 20)
            for route in routes {
                let path = String(route.path.dropFirst(Self.account.count))
                let name = "\(route.method) \(path)"
                let answer = try await service.own(
                    route.method, path.replacing("{id}", with: factor), token: token,
                    json: Self.bodies[name])
                let isRefused = answer.status == 403 && answer.problem == "session-unfinished"
                #expect(isRefused == !allowed.contains(name), "\(name): \(answer.text)")
                if isRefused { #expect(try answer.json()["steps"] == [.string(step)], "\(name)") }
            }
        }
    }

    @Test func `neither another session nor a remembered device is ended by it`() async throws {
        try await TestService.run { service in
            let (person, tokens) = try await service.rememberer()
            let device = try await service.deviceToken(tokens.access)
            let unfinished = try await service.tokens(of: person).access
            let id = try #require(try SignedToken(unfinished).claims["sid"].string)
            let other = try #require(try SignedToken(tokens.access).claims["sid"].string)
            try await service.database.execute(
                "update session set steps = '{add_factor}' where session_id = '\(id)'")
            for path in ["/sessions", "/sessions/\(other)", "/devices"] {
                let refused = try await service.own("DELETE", path, token: unfinished)
                #expect(refused.problem == "session-unfinished", "\(path)")
            }
            #expect(try await service.isActive(tokens.access))
            #expect(try await service.isRemembered(person, device))
            // It can still be signed out.
            let signedOut = try await service.send(
                "POST", "/v1/tokens/revoke", json: ["token": .string(unfinished)])
            #expect(signedOut.status == 200, "\(signedOut.text)")
            #expect(try await !service.isActive(unfinished))
        }
    }

    // MARK: -

    private static let account = "/v1/account"
    /// Whoever has the code of a mail needs no sign-in.
    private static let withoutToken = "/v1/account/freeze"

    /// What a sign-in with that step left may call.
    private static let allowed: [String: Set<String>] = [
        "create_super_pin": ["GET ", "POST /super-pin", "POST /super-pin/activate"],
        "add_factor": [
            "GET ", "GET /factors", "POST /factors", "POST /factors/{id}/codes",
            "POST /factors/{id}/activate", "DELETE /factors/{id}",
        ],
    ]

    private static let password: JSON = "Zomer-aan-Zee-42!"
    private static let wrong: JSON = "Winter-op-Terp-77!"

    /// Bodies in which nothing is wrong but, where the step would be done, the password.
    private static let bodies: [String: JSON] = [
        "PATCH ": ["first_name": "Eva"],
        "DELETE ": ["password": password],
        "PUT /password": ["current_password": password, "new_password": wrong],
        "PUT /email": ["email": "nieuw@example.nl", "password": password],
        "PUT /mobile": ["number": "0687650001", "password": password],
        "POST /email/verify": ["code": "123456"],
        "POST /mobile/verify": ["code": "123456"],
        "POST /super-pin/activate": ["saved": true, "password": wrong],
        "POST /factors": ["type": "totp"],
        "POST /factors/{id}/activate": ["code": "123456", "password": wrong],
        "POST /devices": [:],
    ]
}
