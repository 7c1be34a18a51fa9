import Foundation
import Testing

@testable import Auth

/// The help page's steps 8 to 14, after the way into the account; each quotes its sentence.
@Suite struct OwnSuperPINHelpPageTests {
    @Test func `the first login goes on until the patient has a super-PIN of their own`()
        async throws
    {
        try await TestService.run { service in
            try await service.setPolicy(["super_pin": "required"])
            let guest = try await service.guest()
            let id = try await service.ready(guest)
            #expect(try await service.step(id, "complete").status == 200)
            // 8. "Log nu in met uw e-mail en wachtwoord"
            let person = Person(identifier: guest.email, email: guest.email, username: "")
            let done = try await service.signIn(person)
            // 9. "Er verschijnt een pop-up-venster. … Zonder de pop-up kunt u niet verder."
            #expect(done["status"] == "done" && done["next"] == "create_super_pin")
            let token = try #require(done["tokens"]["access_token"].string)
            let claims = try TestService.claims(token)
            #expect(claims["acr"] == "enrol" && claims["scope"] == "create_super_pin")
            #expect(claims["patients"].array.isEmpty)
            for (method, path, json) in [
                ("GET", "/export", nil), ("DELETE", "", JSON.object(["password": "x"])),
            ] {
                let early = try await service.own(method, path, token: token, json: json)
                #expect(early.status == 403 && early.problem == "session-unfinished")
                #expect(try early.json()["steps"] == ["create_super_pin"])
            }
            // 10. "Klik op [MAAK SUPER PIN]"
            let made = try await service.makeOwnSuperPIN(token, idempotencyKey: "made")
            #expect(made.status == 201, "\(made.text)")
            // 11. "U ziet nu uw klantnummer en super-PIN in beeld."
            let shown = try made.json()
            let number = try CustomerNumber(typed: shown["customer_number"].string ?? "")
            let pin = try #require(shown["super_pin"].string)
            #expect(shown["recovery_url"] == "https://portal.example/recover")
            // 12. "Klik op opslaan om een PDF-bestand aan te maken met daarin de gegevens."
            let pdf = try await service.makeOwnSuperPIN(
                token, accept: "application/pdf", idempotencyKey: "made")
            let letter = try ReadLetter(pdf.body)
            #expect(letter.pages == 1 && letter.title == "Bewaar deze brief goed")
            let lines = letter.text.split(separator: "\n").map(String.init)
            #expect(lines.contains(number.printed) && lines.contains(pin))
            #expect(letter.codes == ["https://portal.example/recover"])
            // 13. "Bewaar de PDF en zet een vinkje bij "Ik heb de Super-PIN en het CGM klantnummer
            // afgedrukt/opgeslagen.""
            let unsaved = try await service.activateOwnSuperPIN(token, saved: false)
            #expect(unsaved.status == 422 && unsaved.problem == "field-invalid")
            // 14. "Na het activeren wordt om uw wachtwoord gevraagd. Vul dat in en klik op [VERIFIEER EN
            // ACTIVEER]."
            let wrong = try await service.activateOwnSuperPIN(token, password: "Winter-42!")
            #expect(wrong.status == 422 && wrong.problem == "password-incorrect")
            #expect(try await service.ownPINs(pin) == ["pending it"])
            let activated = try await service.activateOwnSuperPIN(token)
            #expect(activated.status == 200, "\(activated.text)")
            #expect(try activated.json()["steps"] == [])
            #expect(try await service.ownPINs(pin) == ["active it"])
            // The pop-up is gone: a refresh gives the tokens that open the portal.
            let refreshed = try await service.send(
                "POST", "/v1/tokens/refresh",
                json: ["refresh_token": done["tokens"]["refresh_token"]])
            #expect(refreshed.status == 200, "\(refreshed.text)")
            let full = try TestService.claims(
                try #require(try refreshed.json()["access_token"].string))
            #expect(full["acr"] == "1" && full["scope"] == "patient")
            #expect(full["patients"].array.count == 1)
            #expect(try await service.signIn(person)["next"] == .null)
        }
    }
}
