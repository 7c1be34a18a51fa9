import Foundation
import Testing

@testable import Auth

/// The Norwegian service's page for new users and one-time passwords; each step quotes its sentence
/// (NO-1 to NO-6).
@Suite struct NorwegianHelpPageTests {
    @Test func `from the register to a sign-in by national number and SMS`() async throws {
        try await TestService.run { service in
            try await Self.open(service)
            // "Legekontoret må passe på at du som pasient har registrert mobilnummer, fullstending
            // personnummer og intern fastlege på legekontoret."
            let email = TestService.freshAddress()
            var details: [String: JSON] = [
                "first_name": "Ola", "last_name": "Nordmann", "email": .string(email),
                "date_of_birth": "1990-09-18", "postcode": "5003", "locale": "nb",
            ]
            let bare = try await Self.put(details, service)
            #expect(
                try bare.json()["missing"] == ["mobile", "national_number", "general_practitioner"])
            let early = try await service.invite(Self.patient, key: service.foreignKey)
            #expect(early.problem == "patient-incomplete")
            #expect(try early.json()["detail"].string?.contains("030 000 00 00") == true)
            #expect(try early.json()["detail"].string?.contains("mobil") == false)

            // "Du trenger ikke å oppgi landskode foran ditt telefonnummer. Løsningen støtter kun norske
            // mobiltelefonnummere."
            details["national_number"] = .string(Self.number)
            details["general_practitioner"] = "Kari Lege"
            details["mobile"] = "+31 6 12345678"
            let foreign = try await Self.put(details, service)
            #expect(foreign.problem == "field-invalid")
            #expect(try foreign.json()["errors"][0]["pointer"] == "/mobile")
            details["mobile"] = "406 12 345"
            let whole = try await Self.put(details, service)
            #expect(try whole.json()["missing"] == [])
            #expect(try whole.json()["mobile"] == "+4740612345")

            // "Husk å sjekke spam-filteret ditt for e-post som inneholder aktiveringslink for ny bruker"
            let invited = try await service.invite(Self.patient, key: service.foreignKey)
            #expect(invited.status == 201, "\(invited.text)")
            let mail = try await service.mail.message(1, to: email)
            #expect(mail.locale == "nb")
            let id = try await Self.enrol(LinkToken.text(in: mail.text), email, service)
            let done = try await Self.step(id, "complete", nil, service)
            let tokens = try TestService.TokenPair(done["tokens"])

            // "Engangspassord … sendes til mobilnummeret som er registrert for deg på legekontoret."
            let found = try await service.account(
                "GET", "factors", tokens.access, key: service.foreignKey
            ).json()
            #expect(found["offers"].array.map { $0["type"] } == ["sms", "email"])
            #expect(found["offers"][0]["destination"] == "•••45")
            #expect(found["offers"][0]["from_register"] == true)
            // "Prisen for tjenesten er kr.1,- per mottatt melding."
            #expect(found["sms_price_note"] == "kr 1,- per melding")
            let phone = try await service.account(
                "POST", "factors", tokens.access,
                json: ["type": "sms", "number": "40612345"], key: service.foreignKey
            ).json()
            let tan = try await service.mail.code(of: phone["code"], to: Self.mobile)
            let active = try await service.account(
                "POST", "factors/\(try #require(phone["id"].string))/activate", tokens.access,
                json: ["code": .string(tan), "password": .string(Self.password)],
                key: service.foreignKey)
            #expect(active.status == 200, "\(active.text)")

            // "Hvis du har logget deg inn med ditt personnummer og passord, sendes et engangspassord på
            // SMS. Avsender som brukes til å sende engangspassordet er 2077".
            let login = try await Self.login(Self.number, service)
            #expect(login.status == 201, "\(login.text)")
            #expect(try login.json()["code"]["channel"] == "sms")
            let code = try await service.mail.code(of: login.json()["code"], to: Self.mobile)
            let sms = try #require(
                service.mail.messages.last { $0.to == Self.mobile && $0.message.code == code })
            #expect(sms.senderID == "2077")
            let signedIn = try await service.verify(
                try #require(try login.json()["id"].string), code, key: service.foreignKey)
            let claims = try TestService.claims(
                try #require(try signedIn.json()["tokens"]["access_token"].string))
            #expect(claims["acr"] == "2r" && claims["patients"].array.count == 1)
        }
    }

    @Test func `a changed national number`() async throws {
        try await TestService.run { service in
            try await Self.open(service)
            // A D-number made for tests.
            let person = try await service.person(in: service.foreignKey)
            let patient = "ext-\(person.username)"
            func put(_ number: String) async throws {
                let answer = try await service.putPatient(
                    patient, PatientSample.with(["national_number": .string(number)]),
                    key: service.foreignKey)
                try #require(answer.status == 200, "\(answer.text)")
            }
            try await put(PatientSample.numbers[5])
            #expect(try await Self.login(PatientSample.numbers[5], service, person).status == 201)
            // "Det kan ta noe tid før legekontoret oppdaterer sine registre med nytt fødselsnummer. Forsøk
            // derfor opprinnelig nummer hvis det nye fødselsnummeret ikke fungerer."
            #expect(
                try await Self.login(Self.number, service, person).problem == "login-refused")
            #expect(try await Self.login(PatientSample.numbers[5], service, person).status == 201)
            // "Hvis ditt fødselsnummer er endret (for eksempel fra D-nummer til fødselsnummer), må du
            // bruke det nye nummeret for å logge deg inn … Det opprinnelige nummeret vil ikke fungere."
            try await put(Self.number)
            #expect(try await Self.login(Self.number, service, person).status == 201)
            #expect(
                try await Self.login(PatientSample.numbers[5], service, person).problem
                    == "login-refused")
        }
    }

    @Test func `a link for the account that is there already`() async throws {
        try await TestService.run { service in
            try await Self.open(service)
            let person = try await service.person(
                in: service.foreignKey, extra: ["locale": "nb"])
            // "Husk å sjekke spam-filteret ditt for e-post som inneholder aktiveringslink … for
            // reaktivering av konto."
            let answer = try await service.reactivate(
                "ext-\(person.username)", key: service.foreignKey)
            #expect(answer.status == 201, "\(answer.text)")
            let mail = try await service.mail.message(1, to: person.email)
            #expect(mail.text.contains("søppelpost"), "\(mail.text)")
            #expect(!mail.text.contains("#token="))
        }
    }
}

extension NorwegianHelpPageTests {
    private static let patient = "N-1"
    private static let mobile = "+4740612345"
    private static let password = "Fjell-og-Fjord-42!"
    /// Made for tests (standards.md 14.5).
    private static let number = PatientSample.numbers[0]

    /// As the Norwegian service has it.
    private static func open(_ service: TestService) async throws {
        let answer = try await service.send(
            "PUT", "/v1/practice",
            json: [
                "sender_id": "2077", "sms_price_note": "kr 1,- per melding",
                "policy": [
                    "national_number_login": true, "synthetic_numbers": true,
                    "second_factor": "phone-or-app", "allowed_countries": ["NO"],
                    "required_for_enrolment": [
                        "mobile", "national_number", "general_practitioner",
                    ],
                ],
            ], key: service.foreignKey)
        try #require(answer.status == 200, "\(answer.text)")
    }

    private static func put(
        _ details: [String: JSON], _ service: TestService
    ) async throws -> HTTPAnswer {
        try await service.putPatient(patient, .object(details), key: service.foreignKey)
    }

    private static func login(
        _ number: String, _ service: TestService, _ person: Person? = nil
    ) async throws -> HTTPAnswer {
        try await service.login(
            Person(
                identifier: number, email: "", username: "",
                password: person?.password ?? password), key: service.foreignKey)
    }

    private static func step(
        _ id: String, _ name: String, _ body: JSON?, _ service: TestService
    ) async throws -> JSON {
        let answer = try await service.step(id, name, body, key: service.foreignKey)
        try #require(answer.status == 200, "\(answer.text)")
        return try answer.json()
    }

    /// Through identity, mailbox and password, up to the last step.
    private static func enrol(
        _ token: String, _ email: String, _ service: TestService
    ) async throws -> String {
        let opened = try await service.openLink(token, key: service.foreignKey)
        let id = try #require(try opened.json()["id"].string, "\(opened.text)")
        _ = try await step(
            id, "identity",
            ["email": .string(email), "date_of_birth": "1990-09-18", "postcode": "5003"], service)
        let fresh = LinkToken.text(in: try await service.mail.message(2, to: email).text)
        _ = try await step(id, "email-confirmation", ["token": .string(fresh)], service)
        _ = try await step(
            id, "profile",
            ["first_name": "Ola", "last_name": "Nordmann", "password": .string(password)], service)
        return id
    }
}
