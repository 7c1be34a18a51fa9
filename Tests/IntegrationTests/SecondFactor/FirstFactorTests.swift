import Foundation
import Testing

@testable import Auth

/// A practice that demands a phone or an app: the first sign-in's tokens are for that alone (AC-7, Z-5).
@Suite struct FirstFactorTests {
    @Test func `a new account's tokens see the first one through, whatever else is left to do`()
        async throws
    {
        try await TestService.run { service in
            try await service.setPolicy(["super_pin": "required"])
            let guest = try await service.guest()
            let letter = try await service.letter(for: guest)
            let id = try await service.opened(try await service.invited(guest).token)
            #expect(try await service.step(id, "identity", letter.body).status == 200)
            #expect(try await service.step(id, "profile", TestService.profile).status == 200)
            let tokens = try TestService.TokenPair(
                try await service.step(id, "complete").json()["tokens"])
            _ = try await service.app(tokens.access)
            #expect(try await service.factors(tokens.access)["data"].array.count == 1)
            let made = try await service.makeOwnSuperPIN(tokens.access)
            #expect(made.status == 201, "\(made.text)")
        }
    }

    @Test func `until the step is done its tokens open nothing else`() async throws {
        try await TestService.run { service in
            try await service.setPolicy(["second_factor": "phone-or-app"])
            let person = try await service.person()
            let answer = try await service.signIn(person)
            #expect(answer["status"] == "done" && answer["next"] == "add_factor")
            #expect(answer["steps"].array.map { $0["name"] } == ["code", "add_factor"])
            let tokens = try TestService.TokenPair(answer["tokens"])
            let claims = try SignedToken(tokens.access).claims
            #expect(claims["acr"] == "enrol" && claims["aud"] == claims["iss"])
            #expect(claims["patients"] == [] && claims["scope"] == "add_factor")
            let refused = try await service.account("POST", "recovery-codes", tokens.access)
            #expect(refused.status == 403 && refused.problem == "session-unfinished")
            #expect(try refused.json()["steps"] == ["add_factor"])

            // A pending factor satisfies nothing.
            let added = try await service.addPhone(tokens.access)
            let pending = try TestService.TokenPair(
                try await service.refresh(tokens.refresh).json())
            #expect(try SignedToken(pending.access).claims["acr"] == "enrol")
            #expect(try await service.signIn(person)["next"] == "add_factor")

            let id = try #require(try added.json()["id"].string)
            let code = try await service.mail.message(to: TestService.number).code
            let active = try await service.activate(id, code, pending.access)
            #expect(active.status == 200, "\(active.text)")
            let full = try TestService.TokenPair(try await service.refresh(pending.refresh).json())
            let whole = try SignedToken(full.access).claims
            #expect(whole["acr"] == "1" && whole["aud"] != whole["iss"])
            #expect(whole["patients"].array.count == 1 && whole["scope"] == "patient")
            // What was proven at the sign-in stays what it was: the phone's level needs the phone.
            let early = try await service.account("POST", "recovery-codes", full.access)
            #expect(early.problem == "insufficient-user-authentication")
            let next = try SignedToken(try await service.signInByPhone(person).access).claims
            #expect(next["acr"] == "2r" && next["scope"] == "patient")
        }
    }

    @Test func `the mailbox alone does not satisfy it`() async throws {
        try await TestService.run { service in
            try await service.setPolicy(["second_factor": "phone-or-app"])
            let person = try await service.person()
            let tokens = try await service.tokens(of: person)
            let added = try await service.account(
                "POST", "factors", tokens.access, json: ["type": "email"])
            let id = try #require(try added.json()["id"].string, "\(added.text)")
            let code = try await service.mail.code(of: added.json()["code"], to: person.email)
            #expect(try await service.activate(id, code, tokens.access).status == 200)
            let after = try TestService.TokenPair(try await service.refresh(tokens.refresh).json())
            #expect(try SignedToken(after.access).claims["acr"] == "enrol")
        }
    }

    @Test func `without codes by mail there is no mailbox to choose`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            try await service.setPolicy(["email_codes": false])
            let added = try await service.account("POST", "factors", token, json: ["type": "email"])
            #expect(added.problem == "factor-unavailable")
            let offers = try await service.factors(token)["offers"].array
            #expect(offers.map { $0["type"] } == ["sms", "totp"])
        }
    }

    @Test func `two-factor authentication, as the help page has it`() async throws {
        try await TestService.run { service in
            // "Als extra beveiliging wordt automatisch gevraagd om Two Factor Authentication in te
            // stellen."
            try await service.setPolicy(["second_factor": "phone-or-app"])
            let named = try await service.send(
                "PUT", "/v1/practice", json: ["sms_price_note": "Uw gewone tarief per sms"])
            #expect(named.status == 200, "\(named.text)")
            let person = try await service.person()
            let login = try await service.signIn(person)
            // 15. "U komt vanzelf op de 'Two factor authenticatie'-pagina. Klik bij 'Authenticatie met
            // SMS op uw mobiele telefoon' op de knop [VOEG TOE]."
            #expect(login["next"] == "add_factor")
            let tokens = try TestService.TokenPair(login["tokens"])
            let offered = try await service.factors(tokens.access)
            #expect(offered["offers"].array.contains(["type": "sms"]))
            #expect(offered["sms_price_note"] == "Uw gewone tarief per sms")
            // 16. "U moet uw landcode en telefoonnummer los invoeren. … In het rechterveld vult u uw
            // telefoonnummer in zonder de eerste 0 (nul)."
            // 17. "Klik op de knop [SMS-STUREN]. Er verschijnt melding dat de SMS is verstuurd."
            let added = try await service.account(
                "POST", "factors", tokens.access,
                json: ["type": "sms", "country_code": "+31", "number": "612345678"])
            #expect(added.status == 201, "\(added.text)")
            let sent = try added.json()["code"]
            #expect(sent["destination"] == "•••78" && sent["sent_at_local"].string != nil)
            // 18. "Klik op [DOORGAAN]."
            // 19. "U ontvangt een zogenaamde TAN-code op uw telefoon."
            let sms = try await service.mail.message(to: "+31612345678")
            #expect(sms.text.contains(try #require(sent["reference"].string)))
            // 20. "Voer de code uit de SMS in op de website en klik op [BEVESTIG TAN NUMMER]."
            // 21. "Nu wordt gevraagd om uw wachtwoord. Voer dat in en klik op [VERIFIEER EN ACTIVEER]."
            let id = try #require(try added.json()["id"].string)
            let active = try await service.activate(id, sms.code, tokens.access)
            #expect(active.status == 200, "\(active.text)")
            #expect(try active.json()["status"] == "active")
            // 22. "De 2FA (Two Factor Authentication) is nu afgerond. … U bent nu terug op de
            // inlogpagina … Het registratieproces is helemaal afgerond. U kunt inloggen."
            let again = try await service.login(person).json()
            #expect(again["steps"].array.map { $0["name"] } == ["code"])
            #expect(again["code"]["channel"] == "sms")
            let flow = try #require(again["id"].string)
            let tan = try await service.mail.code(of: again["code"], to: "+31612345678")
            let done = try await service.verify(flow, tan)
            #expect(try done.json()["status"] == "done" && done.json()["next"] == .null)
        }
    }
}
