import Foundation
import Testing

@testable import Auth

/// Signing in with the number that stands on the practice's letter (AC-1, Z-17).
@Suite struct CustomerNumberLoginTests {
    @Test func `a patient's own account signs in with it, however its groups are parted`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let number = try await service.customerNumber(of: person)
            let printed = try CustomerNumber(typed: number).printed
            for typed in [number, printed, printed.replacing(" ", with: "-"), " \(number)\u{A0}"] {
                var named = person
                named.identifier = typed
                let answer = try await service.login(named)
                #expect(answer.status == 201, "\(typed): \(answer.text)")
            }
        }
    }

    @Test func `any other number is refused like every wrong identifier`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let number = try await service.customerNumber(of: person)
            let short = String(number.dropLast())
            let mistyped = (0...9).map { "\(short)\($0)" }.filter { $0 != number }
            for typed in Array(mistyped.prefix(3)) + ["1000000005", short] {
                var named = person
                named.identifier = typed
                #expect(try await service.login(named).problem == "login-refused", "\(typed)")
            }
            var named = person
            named.identifier = number
            let wrong = try await service.login(named, password: "Another-1!")
            #expect(wrong.status == 403 && wrong.problem == "login-refused")
            let foreign = try await service.login(named, key: service.foreignKey)
            #expect(foreign.problem == "login-refused")
        }
    }

    @Test func `a child's number opens no parent's account, and a removed patient's none`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            var named = person
            named.identifier = try await service.customerNumber(of: person)
            for change in [
                "update patient_link set role = 'parent'", "delete from patient_link",
            ] {
                #expect(try await service.login(named).status == 201)
                try await service.database.execute(change)
                #expect(try await service.login(named).problem == "login-refused")
                try await service.database.execute(
                    """
                    insert into patient_link
                        (practice_id, account_id, patient_id, role, identity_level)
                    select practice_id, account_id, patient_id, 'self', 'none'
                    from customer_number
                    on conflict (practice_id, account_id, patient_id) do update
                    set role = 'self'
                    """)
            }
            let gone = try await service.send(
                "DELETE", "/v1/patients/ext-\(person.username)")
            #expect(gone.status == 204)
            #expect(try await service.login(named).problem == "login-refused")
        }
    }

    @Test func `failures under one number count together, however it is typed`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let number = try await service.customerNumber(of: person)
            let printed = try CustomerNumber(typed: number).printed
            let forms = [number, printed.replacing(" ", with: "-"), printed]
            for index in 0..<5 {
                var named = person
                named.identifier = forms[index % 3]
                let answer = try await service.login(
                    named, password: "Wrong-\(index)!", ip: "10.1.1.1")
                #expect(answer.problem == "login-refused")
            }
            var named = person
            named.identifier = forms[1]
            let answer = try await service.login(named, ip: "10.1.1.1")
            #expect(answer.problem == "login-throttled")
        }
    }
}
