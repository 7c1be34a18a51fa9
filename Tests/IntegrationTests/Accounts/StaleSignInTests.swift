import Foundation
import Testing

@testable import Auth

/// What a stolen or forgotten sign-in is still worth: nothing sensitive once it has aged, nothing at all
/// once its owner has changed something (Z-3, S10).
@Suite struct StaleSignInTests {
    @Test(arguments: SensitiveCall.allCases)
    func `a raised sign-in carries no sensitive call once it has aged, not even when refreshed`(
        call: SensitiveCall
    ) async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let phone = try await service.phone(try await service.tokens(of: person).access)
            _ = try await service.ownSuperPIN(person)
            try await service.setPolicy(["remembered_device": true])
            let raised = try await service.signInByPhone(person)
            #expect(try SignedToken(raised.access).claims["acr"] == "2r")
            try await service.travel(301)
            let refreshed = try TestService.TokenPair(
                try await service.refresh(raised.refresh).json())
            for token in [raised.access, refreshed.access] {
                let stale = try await call.ask(token, person, phone: phone, service)
                #expect(stale.status == 401, "\(stale.text)")
                #expect(stale.problem == "insufficient-user-authentication")
                #expect(
                    try stale.json()["acr_values"] == "2r" && stale.json()["max_age"] == 300)
            }
            // By a new sign-in the same call is done.
            let now = try await service.signInByPhone(person).access
            let done = try await call.ask(now, person, phone: phone, service)
            #expect((200...299).contains(done.status), "\(done.text)")
        }
    }

    @Test func `a code of now does not make a password of long ago new`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            func typePassword(secondsAgo: Int) async throws -> HTTPAnswer {
                try await service.database.execute(
                    """
                    update session
                    set proofs = jsonb_set(
                        proofs, '{0,at}',
                        to_jsonb(clock_timestamp() - interval '\(secondsAgo) seconds'))
                    """)
                return try await service.account("GET", "export", token)
            }
            try await service.setPolicy(["step_up_max_age_seconds": 60])
            // It may be older by as long as a code may be on its way.
            #expect(try await typePassword(secondsAgo: 120).status == 200)
            let stale = try await typePassword(secondsAgo: 661)
            #expect(stale.status == 401, "\(stale.text)")
            #expect(stale.problem == "insufficient-user-authentication")
            #expect(try stale.json()["max_age"] == 60)
        }
    }

    @Test func `a practice asks for a newer sign-in at once, and for its own alone`()
        async throws
    {
        try await TestService.run { service in
            let token = try await service.tokens(of: try await service.person()).access
            let bergen = service.foreignKey
            let neighbour = try await service.person(in: bergen)
            let begun = try await service.login(neighbour, key: bergen).json()
            let code = try await service.mail.code(of: begun["code"], to: neighbour.email)
            let done = try await service.verify(
                try #require(begun["id"].string), code, key: bergen)
            let foreign = try TestService.TokenPair(try done.json()["tokens"]).access

            try await service.setPolicy(["step_up_max_age_seconds": 60])
            #expect(try await service.account("GET", "export", token).status == 200)
            try await service.travel(61)
            let stale = try await service.account("GET", "export", token)
            #expect(stale.problem == "insufficient-user-authentication", "\(stale.text)")
            #expect(try stale.json()["max_age"] == 60)
            #expect(stale.header("WWW-Authenticate")?.contains("max_age=\"60\"") == true)
            let theirs = try await service.account("GET", "export", foreign, key: bergen)
            #expect(theirs.status == 200, "\(theirs.text)")

            try await service.setPolicy(["step_up_max_age_seconds": 300])
            #expect(try await service.account("GET", "export", token).status == 200)
        }
    }

    @Test(arguments: EndingChange.allCases)
    func `after a change no other sign-in's refresh token is worth anything`(change: EndingChange)
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let phone =
                change == .factorRemoved
                ? try await service.phone(try await service.tokens(of: person).access) : ""
            func signIn() async throws -> TestService.TokenPair {
                change == .factorRemoved
                    ? try await service.signInByPhone(person)
                    : try await service.tokens(of: person)
            }
            let (other, own) = (try await signIn(), try await signIn())
            #expect(try await service.isActive(other.refresh))
            try await change.make(own.access, person, phone: phone, service)
            #expect(try await service.refresh(other.refresh).problem == "token-invalid")
            #expect(try await !service.isActive(other.access))
            let spared = try await service.refresh(own.refresh)
            #expect(spared.problem == (change.endsAll ? "token-invalid" : nil))
        }
    }
}

/// A call that asks for a new and sure sign-in.
enum SensitiveCall: String, CaseIterable {
    case password, email, mobile, export, erasure, factor, removal, recoveryCodes, superPIN
    case device

    func ask(
        _ token: String, _ person: Person, phone: String, _ service: TestService
    ) async throws -> HTTPAnswer {
        let password = JSON.string(person.password)
        return switch self {
        case .password:
            try await service.changePassword(person, to: TestService.newPassword, token: token)
        case .email:
            try await service.account(
                "PUT", "email", token,
                json: ["email": .string(TestService.freshAddress()), "password": password])
        case .mobile:
            try await service.askMobile(person, TestService.freshMobile(), token: token)
        case .export: try await service.account("GET", "export", token)
        case .erasure:
            try await service.send(
                "DELETE", "/v1/account", json: ["password": password],
                headers: [("Authorization", "Bearer \(token)")])
        case .factor: try await service.account("POST", "factors", token, json: ["type": "totp"])
        case .removal: try await service.account("DELETE", "factors/\(phone)", token)
        case .recoveryCodes: try await service.account("POST", "recovery-codes", token)
        case .superPIN: try await service.makeOwnSuperPIN(token)
        case .device: try await service.rememberDevice(token)
        }
    }
}

/// A change that ends every sign-in but the one that makes it.
enum EndingChange: String, CaseIterable {
    case password, email, mobile, factorAdded, factorRemoved, recoveryCodes, superPIN, recovery
    case freeze

    var endsAll: Bool { [.recovery, .freeze].contains(self) }

    func make(
        _ token: String, _ person: Person, phone: String, _ service: TestService
    ) async throws {
        switch self {
        case .password:
            let changed = try await service.changePassword(
                person, to: TestService.newPassword, token: token)
            try #require(changed.status == 204, "\(changed.text)")
        case .email:
            let code = try await service.askEmail(
                person, TestService.freshAddress(), token: token)
            try #require(try await service.type(code, token: token).status == 200)
        case .mobile:
            let number = TestService.freshMobile()
            _ = try await service.askMobile(person, number, token: token)
            let code = try await service.mail.message(to: number).code
            try #require(try await service.type(code, "mobile", token: token).status == 200)
        case .factorAdded: _ = try await service.app(token)
        case .factorRemoved:
            let removed = try await service.account("DELETE", "factors/\(phone)", token)
            try #require(removed.status == 204, "\(removed.text)")
        case .recoveryCodes: _ = try await service.recoveryCodes(token)
        case .superPIN:
            try #require(try await service.makeOwnSuperPIN(token).status == 201)
            let activated = try await service.activateOwnSuperPIN(
                token, password: person.password)
            try #require(activated.status == 200, "\(activated.text)")
        case .recovery:
            let id = try await service.provenRecovery(
                person, try await service.ownSuperPIN(person))
            try #require(try await service.setPassword(id).status == 200)
        case .freeze:
            _ = try await service.account("GET", "export", token)
            let told = try await service.told("Er is een overzicht van al uw gegevens", person)
            try #require(try await service.freeze(told.freezeCode).status == 204)
        }
    }
}
