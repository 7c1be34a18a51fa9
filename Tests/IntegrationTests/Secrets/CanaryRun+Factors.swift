import Cryptography
import Foundation
import Testing

@testable import Auth

extension CanaryRun {
    /// A phone, an app and recovery codes: asked for, mistyped, activated and used.
    func useFactors() async throws {
        let person = try await service.person()
        canaries.add("password of factors", person.password)
        let number = "+31687654399"
        canaries.add(personal: "number", number)
        let first = try await signedIn(person, codesTo: person.email)
        add(first)
        let added = try await service.addPhone(first.access, number)
        let id = try #require(try added.json()["id"].string)
        let code = try await mail.message(1, to: number).code
        canaries.add(code: code)
        try await refused(
            service.activate(id, code, first.access, password: "canary-\(person.password)"))
        try #require(try await service.activate(id, code, first.access).status == 200)

        let second = try await signedIn(person, codesTo: number)
        add(second)
        let shown = try await service.account(
            "POST", "factors", second.access, json: ["type": "totp"], idempotencyKey: "canary-app")
        let app = try TestApp(try shown.json())
        canaries.add("app's secret", app.totp.base32.expose())
        canaries.add("app's secret in hexadecimal", Canaries.hex(app.totp.secret.expose()))
        try await refused(service.activate(app.id, app.wrong(), second.access))
        try #require(try await service.activate(app.id, app.code(), second.access).status == 200)

        let made = try await service.account(
            "POST", "recovery-codes", try await signedIn(person, codesTo: number).access)
        try await refused(made)
        let login = try await service.login(person).json()
        let flow = try #require(login["id"].string)
        let done = try await service.send(
            "POST", "/v1/logins/\(flow)/verify",
            json: ["code": .string(app.code(1)), "factor_id": .string(app.id)])
        let third = try TestService.TokenPair(try done.json()["tokens"])
        add(third)
        let linking = try await service.account(
            "POST", "linking-codes", third.access, idempotencyKey: "canary-linking")
        let linkingCode = try #require(try linking.json()["linking_code"].string)
        canaries.add("linking code", linkingCode)
        canaries.add("linking code without hyphens", linkingCode.replacing("-", with: ""))
        let codes = try await service.account(
            "POST", "recovery-codes", third.access, idempotencyKey: "canary-recovery")
        for code in try codes.json()["recovery_codes"].array.compactMap(\.string) {
            canaries.add("recovery code", code)
            canaries.add("recovery code without hyphens", code.replacing("-", with: ""))
        }
        let open = try #require(try await service.login(person).json()["id"].string)
        let used = try #require(try codes.json()["recovery_codes"][0].string)
        try #require(try await service.verify(open, used).status == 200)
        try await refused(service.verify(open, used))
    }

    private func signedIn(
        _ person: Person, codesTo address: String
    ) async throws -> TestService.TokenPair {
        let login = try await service.login(person).json()
        let id = try #require(login["id"].string)
        let code = try await mail.code(of: login["code"], to: address)
        canaries.add(code: code)
        return try TestService.TokenPair(
            try await service.verify(id, code).json()["tokens"])
    }
}
