import Foundation
import Testing

@testable import Auth

/// The steps of a login, and what its answers show of them (api.md, Login).
@Suite struct LoginPlanTests {
    @Test func `every sign-in asks for a code, and then for what is not accepted yet`() {
        #expect(LoginPlan.signIn(documentsAreDue: false).steps == [.code])
        #expect(LoginPlan.signIn(documentsAreDue: true).steps == [.code, .acceptDocuments])
        #expect(
            LoginPlan.signIn(documentsAreDue: true, passwordChangeIsDue: true).steps
                == [.code, .acceptDocuments, .changePassword])
        #expect(
            LoginPlan.Step.allCases.map(\.rawValue) == [
                "code", "accept_documents", "change_password", "create_super_pin", "add_factor",
            ])
    }

    @Test func `an open login names its next step`() throws {
        let body = try Self.json(.open, left: [.code])
        #expect(body.contains(#""status":"open","next":"code""#))
        #expect(body.contains(#""steps":[{"name":"code","done":false}]"#))
        #expect(!body.contains("tokens"))
    }

    @Test(arguments: [Login.Status.done, .ended])
    func `a login that is over says so with a next of null`(status: Login.Status) throws {
        let left: [LoginPlan.Step] = status == .done ? [] : [.code]
        let body = try Self.json(status, left: left)
        #expect(body.contains(#""status":"\#(status.rawValue)","next":null"#))
        #expect(body.contains(#""done":\#(status == .done)"#))
    }

    @Test func `its instants are in UTC and its ids in lower case`() throws {
        let body = try Self.json(.open, left: [.code])
        #expect(body.contains(#""id":"\#(Sample.id.text)""#))
        #expect(body.contains(#""expires_at":"2026-09-01T12:20:00.000Z""#))
    }

    private static func json(
        _ status: Login.Status, left: [LoginPlan.Step]
    ) throws -> String {
        let body = Login.Body(
            id: Sample.id, status: status, plan: [.code], left: left,
            expiresAt: try Sample.instant("2026-09-01T12:20:00Z"), factors: [], code: nil)
        return String(decoding: try Answer.json(body).body, as: UTF8.self)
    }
}
