import Cryptography
import Foundation
import Testing

@testable import Auth

@Suite struct SealedPatientTests {
    private func details(
        _ changes: (inout PatientDetails) -> Void = { _ in }
    ) throws -> PatientDetails {
        var details = PatientDetails()
        details.firstName = "Emma"
        details.lastName = "Jansen"
        details.postcode = Secret("3512JC")
        details.nationalNumber = try NationalNumber(
            typed: "999900018", country: .netherlands, synthetic: false)
        changes(&details)
        return details
    }

    private func sealed(
        _ details: PatientDetails, _ id: String = "P-1", practice: UUID = Sample.id,
        keys: KeyRing? = nil
    ) throws -> SealedPatient {
        try SealedPatient(
            ExternalID(id), details, practice: practice, keys: keys ?? Sample.ring())
    }

    @Test func `the same entry has the same mark, and every change another one`() throws {
        let mark = try sealed(details()).contentMACs
        #expect(try sealed(details()).contentMACs == mark)
        #expect(try sealed(details(), "P-2").contentMACs != mark)
        #expect(try sealed(details(), practice: UUID()).contentMACs != mark)
        let changes: [(inout PatientDetails) -> Void] = [
            { $0.firstName = "Emm" }, { ($0.firstName, $0.lastName) = ("Emma Jansen", nil) },
            { $0.dateOfBirth = Secret("1987-05-03") }, { $0.postcode = nil },
            { $0.email = "a@example.nl" }, { $0.mobile = "+31612345678" },
            { $0.nationalNumber = nil }, { $0.generalPractitioner = "A. de Wit" },
            { $0.locale = .dutch },
            // What stands in one field never counts as another's.
            { ($0.mobile, $0.generalPractitioner) = (nil, "+31612345678") },
        ]
        let marks = try changes.map { try sealed(details($0)).contentMACs[0] }
        #expect(Set(marks + mark).count == changes.count + 1)
    }

    @Test func `a new key writes, and what the old one wrote is still known`() throws {
        let before = try sealed(details())
        let after = try sealed(details(), keys: try Sample.rotatedRing())
        #expect(after.contentMACs.count == 2 && after.contentMACs[1] == before.contentMACs[0])
        #expect(after.numberIndexes?[1] == before.numberIndexes?[0])
        #expect(after.numberIndexes?[0] != before.numberIndexes?[0])
    }

    @Test func `a sealed value opens beside its own practice, entry and column alone`() throws {
        let key = try Sample.ring().sealingKey(.seal)
        let seal = PatientSeal(practice: Sample.id, externalID: "P-1", key: key)
        let postcode = try sealed(details()).postcode
        #expect(try seal.open(postcode, .postcode)?.expose() == "3512JC")
        #expect(try seal.open(nil, .postcode) == nil)
        let others = [
            (seal, PatientSeal.Column.dateOfBirth),
            (PatientSeal(practice: UUID(), externalID: "P-1", key: key), .postcode),
            (PatientSeal(practice: Sample.id, externalID: "P-2", key: key), .postcode),
        ]
        for (other, column) in others {
            #expect(throws: SealingKey.Fault.forged) { _ = try other.open(postcode, column) }
        }
    }

    @Test func `nothing is typed as a national number where nobody signs in with one`() {
        var practice = Sample.practice()
        #expect(practice.loginNumber(typed: "999900018") == nil)
        practice.country = .norway
        practice.policy.syntheticNumbers = true
        #expect(practice.loginNumber(typed: "01899010031") == nil)
        practice.policy.nationalNumberLogin = true
        #expect(practice.loginNumber(typed: "018990 10031") != nil)
        #expect(practice.loginNumber(typed: "01899010032") == nil)
        practice.policy.syntheticNumbers = false
        #expect(practice.loginNumber(typed: "01899010031") == nil)
    }
}
