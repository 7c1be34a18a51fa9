import Foundation
import Testing

@testable import Auth

/// The help pages of the services that patients know, step by step; each step quotes its sentence.
@Suite struct HelpPageTests {
    @Test func `activation without a super-PIN`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            // "U ontvangt een e-mail met een link om de inschrijving te activeren. Klik op de link of
            // kopieer de link en plak hem in een browser."
            let invitation = try await service.invited(guest)
            let opened = try await service.openLink(invitation.token)
            #expect(opened.status == 201, "\(opened.text)")
            let id = try #require(try opened.json()["id"].string)
            #expect(opened.header("Location") == "/v1/enrolments/\(id)")
            // "Bevestigen CGM LIFE KEY Stap 1 van 3"
            let begun = try opened.json()
            #expect(begun["step"] == "identity" && begun["step_number"] == 1)
            #expect(begun["ways"] == ["super_pin", "details"])
            // "Ik kan mijn CGM klantnummer en CGM Life super-PIN niet vinden." – "Nu wordt gevraagd om
            // uw e-mailadres, geboortedatum en postcode in te vullen (zet geen spatie in de postcode en
            // gebruik HOOFDLETTERS)": neither is needed here.
            let identity = try await service.step(
                id, "identity",
                [
                    "email": .string(guest.email.uppercased()), "date_of_birth": "1987-05-03",
                    "postcode": " 3512 jc",
                ])
            #expect(identity.status == 200, "\(identity.text)")
            // "Wij hebben daarom een nieuwe emailbevestiging naar uw emailadres … verzonden."
            let confirming = try identity.json()
            #expect(confirming["step"] == "email_confirmation" && confirming["step_number"] == 1)
            #expect(confirming["confirmation"]["destination"] == "p•••@e•••.nl")
            #expect(confirming["profile"].isAbsent && confirming["tokens"].isAbsent)
            // "U ontvangt een e-mail om de inschrijving te bevestigen."
            let mail = try await service.mail.message(2, to: guest.email)
            #expect(mail.text.contains("Was u dit niet?"))
            // "Open de link uit de e-mail om de registratie af te ronden."
            let confirmed = try await service.step(
                id, "email-confirmation", ["token": .string(LinkToken.text(in: mail.text))])
            #expect(confirmed.status == 200, "\(confirmed.text)")
            // "Rond uw registratie af Stap 2 van 3"
            let proven = try confirmed.json()
            #expect(proven["step"] == "profile" && proven["step_number"] == 2)
            #expect(proven["profile"]["email"].string == guest.email)
            // "Bedenk een veilig wachtwoord en vul in de inlogpagina uw wachtwoord twee keer in."
            let weak = try await service.step(
                id, "profile",
                ["first_name": "Emma", "last_name": "Jansen", "password": "emmajansen"])
            #expect(weak.status == 422 && weak.problem == "password-refused")
            let broken = try weak.json()["broken_rules"].array.map { $0["name"].string }
            let expected = [
                "upper-case-missing", "digit-missing", "special-character-missing", "own-data",
            ]
            #expect(Set(expected).isSubset(of: broken), "\(broken)")
            let given = try await service.step(id, "profile", TestService.profile)
            #expect(given.status == 200, "\(given.text)")
            #expect(try given.json()["step"] == "complete")
            let answer = try await service.step(id, "complete", ip: "198.51.100.7")
            #expect(answer.status == 200, "\(answer.text)")
            let completed = try answer.json()
            #expect(completed["status"] == "accepted" && completed["step"].isAbsent)
            #expect(completed["tokens"]["access_token"].string != nil)
            #expect(try await service.invitation(invitation.id)["status"] == "accepted")
            // "Log nu in met uw e-mail en wachtwoord"
            let person = Person(identifier: guest.email, email: guest.email, username: "")
            let tokens = try await service.signIn(person)["tokens"]
            let claims = try TestService.claims(try #require(tokens["access_token"].string))
            #expect(claims["identity_level"] == "kbv" && claims["patients"].array.count == 1)
        }
    }

    @Test(arguments: ["pin-post", "pin-desk"])
    func `activation with the practice's letter`(way: String) async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            // "U heeft van ons, in de praktijk, uw CGM LIFE super PIN ontvangen (zie begeleidende
            // brief met toegang). Voer de super PIN in om uw CGM LIFE KEY te bevestigen."
            let letter = try await service.printedLetter(for: guest, way: way)
            let id = try await service.opened(try await service.invited(guest).token)
            let identity = try await service.step(id, "identity", letter.body)
            #expect(identity.status == 200, "\(identity.text)")
            #expect(try identity.json()["step"] == "profile")
            #expect(try await service.step(id, "profile", TestService.profile).status == 200)
            let completed = try await service.step(id, "complete")
            #expect(completed.status == 200, "\(completed.text)")
            let token = try completed.json()["tokens"]["access_token"].string
            let claims = try TestService.claims(try #require(token))
            #expect(claims["identity_level"].string == way)
            let used = try await service.database.rows(
                """
                select used_at is not null,
                       customer_number.account_id = (select account_id from account)
                from activation_pin join customer_number using (practice_id, patient_id)
                """)
            #expect(used == [["t", "t"]])
        }
    }

    @Test func `registration with the messenger`() async throws {
        try await TestService.run { service in
            // "Welkom! Je bent slechts een paar stappen verwijderd van een veilig messaging account. Klik
            // op de knop om je account te activeren: Maak je account aan"
            let guest = try await service.guest()
            let id = try await service.proven(guest, try await service.invited(guest).token)
            // "Vul een 'voornaam' en 'achternaam' in. E-mailadres staat al ingevuld."
            #expect(try await service.enrolment(id)["profile"]["email"].string == guest.email)
            // "GEBRUIKERSNAAM" – "Vul een 'wachtwoord' in die voldoet aan de wachtwoordcomplexiteit
            // regels."
            let given = try await service.step(
                id, "profile",
                [
                    "first_name": "Persoon", "last_name": "X", "username": "Persoon.X",
                    "password": "Zomer-aan-Zee-42!",
                ])
            #expect(given.status == 200, "\(given.text)")
            // "Samenvatting – Controleer even of alles correct is ingevuld"
            let summary = try await service.enrolment(id)
            #expect(summary["step"] == "complete")
            #expect(summary["profile"]["first_name"] == "Persoon")
            #expect(summary["profile"]["last_name"] == "X")
            #expect(summary["profile"]["username"] == "persoon.x")
            // "Vorige": it can still be changed.
            #expect(try await service.step(id, "profile", TestService.profile).status == 200)
            #expect(try await service.enrolment(id)["profile"]["username"].isAbsent)
            let again = try await service.step(
                id, "profile",
                [
                    "first_name": "Persoon", "last_name": "X", "username": "Persoon.X",
                    "password": "Zomer-aan-Zee-42!",
                ])
            #expect(again.status == 200)
            // "Bedankt voor je registratie. Je kunt nu starten met het veilig uitwisselen van berichten."
            let completed = try await service.step(id, "complete")
            #expect(try completed.json()["tokens"]["token_type"] == "Bearer")
            for identifier in [guest.email, "persoon.x", "PERSOON.X"] {
                let person = Person(identifier: identifier, email: guest.email, username: "")
                #expect(try await service.login(person).status == 201)
            }
        }
    }

    @Test func `an invitation is joined to the account that somebody has already`() async throws {
        try await TestService.run { service in
            // "Heb je al een account? We kunnen deze uitnodiging koppelen aan je bestaande account."
            let person = try await service.person()
            let guest = try await service.guest()
            let invitation = try await service.invited(guest)
            let id = try await service.opened(invitation.token)
            let token = try #require(
                try await service.signIn(person)["tokens"]["access_token"].string)
            // Identity is asked here too, which the messenger does not.
            let early = try await service.step(id, "link", token: token)
            #expect(early.problem == "step-out-of-order")
            let proven = try await service.proven(guest, invitation.token)
            #expect(try await service.step(proven, "link").problem == "token-invalid")
            let linked = try await service.step(proven, "link", token: token)
            #expect(linked.status == 200, "\(linked.text)")
            #expect(try linked.json()["status"] == "linked")
            #expect(try linked.json()["tokens"].isAbsent)
            #expect(try await service.invitation(invitation.id)["status"] == "linked")
            #expect(try await service.database.count("account", where: "true") == 1)
            let claims = try TestService.claims(
                try #require(try await service.signIn(person)["tokens"]["access_token"].string))
            #expect(claims["patients"].array.count == 2)
            // The lowest of the two (Z-15).
            #expect(claims["identity_level"] == "none")
        }
    }

    @Test func `an invitation is declined, and the practice sees it`() async throws {
        try await TestService.run { service in
            // "Heb je geen interesse …? Je kunt de uitnodiging dan ook afwijzen."
            let guest = try await service.guest()
            let invitation = try await service.invited(guest)
            let id = try await service.opened(invitation.token)
            let declined = try await service.step(id, "decline")
            #expect(declined.status == 200, "\(declined.text)")
            #expect(try declined.json()["status"] == "declined")
            #expect(try await service.invitation(invitation.id)["status"] == "declined")
            #expect(try await service.openLink(invitation.token).problem == "invitation-closed")
            #expect(try await service.step(id, "decline").problem == "invitation-closed")
            #expect(try await service.invite(guest.patient).status == 201)
        }
    }
}

extension TestService {
    /// What an access token says, unverified.
    static func claims(_ token: String) throws -> JSON {
        let parts = token.split(separator: ".")
        var text = parts[1].replacing("-", with: "+").replacing("_", with: "/")
        while text.count % 4 != 0 { text += "=" }
        return try JSON(parsing: [UInt8](try #require(Data(base64Encoded: String(text)))))
    }
}
