import Cryptography
import Foundation
import Testing

@testable import Auth

/// How a super-PIN's hash lies in its row (AC-8, Z-4, Z-32).
@Suite struct SealedSuperPINTests {
    private static let phc =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    private let hash = phc
    private let owner = ActivationPIN.owner(patient: UUID())

    private func sealed() throws -> SealedSuperPIN {
        SealedSuperPIN(hash, of: owner, practice: Sample.id, keys: try Sample.ring())
    }

    @Test func `it opens for its own practice, person and purpose alone`() throws {
        let (sealed, keys) = (try sealed(), try Sample.ring())
        #expect(try sealed.open(of: owner, practice: Sample.id, keys: keys) == hash)
        let others = [
            (owner, UUID()),
            (ActivationPIN.owner(patient: UUID()), Sample.id),
            (SuperPINHasher.Owner(kind: .recovery, id: owner.id), Sample.id),
        ]
        for (other, practice) in others {
            #expect(throws: SealingKey.Fault.forged) {
                _ = try sealed.open(of: other, practice: practice, keys: keys)
            }
        }
    }

    @Test func `the row shows neither salt nor tag nor scheme`() throws {
        let (first, second) = (try sealed(), try sealed())
        #expect(first != second)
        #expect(!String(decoding: first.bytes, as: UTF8.self).contains("argon2"))
    }

    @Test func `it outlives a rotation of the ring, and is nothing when its key is revoked`() throws
    {
        let sealed = try sealed()
        let rotated = try Sample.rotatedRing()
        #expect(try sealed.open(of: owner, practice: Sample.id, keys: rotated) == hash)
        let stranger = try KeyRing(parsing: KeyRing.generate(id: "k9"))
        #expect(try sealed.open(of: owner, practice: Sample.id, keys: stranger) == nil)
    }

    @Test func `the right one is known in its row, and none without a row`() async throws {
        let hasher = SuperPINHasher(
            hasher: try PasswordHasher(threads: 1), keys: try Sample.ring())
        let turn = Turn(practice: Sample.id, network: [1], kind: .unknown)
        let pin = SuperPIN.random()
        let row = try await hasher.sealed(pin, of: owner, practice: Sample.id, turn: turn)
        func isRight(_ pin: SuperPIN, _ row: SealedSuperPIN?) async throws -> Bool {
            try await hasher.verify(
                pin, of: owner, practice: Sample.id, against: row, turn: turn)
        }
        #expect(try await isRight(pin, row))
        #expect(try await !isRight(.random(), row))
        #expect(try await !isRight(pin, nil))
    }

    @Test(
        arguments: [
            ("9041827366", "7K3M-RT9X-Q2WB-V4H0", []),
            ("904 182 7366", "7k3m rt9x q2wb v4ho", []),
            ("9041827363", "7K3M-RT9X-Q2WB-V4H1", ["check-digit", "check-digit"]),
            ("904182736", "7K3M-RT9X-Q2WB-V4HU", ["wrong-format", "wrong-format"]),
            ("0000000000", "7K3M-RT9X-Q2WB-V4H", ["check-digit", "wrong-format"]),
        ] as [(String, String, [String])])
    func `what is mistyped is refused by name`(
        number: String, pin: String, codes: [String]
    ) throws {
        var fields = FieldReader([
            JSONMember("customer_number", .string(number)), JSONMember("super_pin", .string(pin)),
        ])
        var refused: [String] = []
        do {
            let read = try fields.read { fields in
                (fields.customerNumber("customer_number"), fields.superPIN("super_pin"))
            }
            #expect(read.0?.digits == "9041827366")
            #expect(read.1?.symbols.expose() == "7K3MRT9XQ2WBV4H0")
        } catch let problem as Problem {
            #expect(problem.kind == .fieldInvalid)
            refused = problem.faults.map(\.code.rawValue)
        }
        #expect(refused == codes)
    }
}
