import Foundation
import Testing

@testable import Auth

/// Which proofs make two (Z-2, Z-11).
@Suite struct RecoveryVerdictTests {
    private enum Shown: String, CaseIterable {
        case mailbox, otherMailbox, oldMailbox, phone, oldPhone, pin, recoveryCode, password, desk,
            otherDesk

        var proof: RecoveryProof {
            let (method, name, aged): (RecoveryProof.Method, String, Bool) =
                switch self {
                case .mailbox: (.email, "email:a", false)
                case .otherMailbox: (.email, "email:b", false)
                case .oldMailbox: (.email, "email:a", true)
                case .phone: (.sms, "sms:a", false)
                case .oldPhone: (.sms, "sms:a", true)
                case .pin: (.superPIN, RecoveryProof.paperClass, false)
                case .recoveryCode: (.recoveryCode, RecoveryProof.paperClass, false)
                case .password: (.password, RecoveryProof.passwordClass, false)
                case .desk: (.deskCode, "desk:a.dewit", false)
                case .otherDesk: (.deskCode, "desk:b.bos", false)
                }
            return RecoveryProof(method: method, class: name, id: UUID(), aged: aged)
        }

        var isDesk: Bool { self == .desk || self == .otherDesk }
    }

    @Test func `nothing and each proof alone are not enough`() {
        #expect(RecoveryProof.verdict(on: [], for: .mailbox) == .insufficient)
        for shown in Shown.allCases {
            let verdict = RecoveryProof.verdict(on: [shown.proof], for: .mailbox)
            #expect(verdict == .insufficient, "\(shown)")
        }
    }

    @Test(arguments: [RecoveryProof.Loss.password, .factor, .mailbox])
    func `every pair is judged by its classes, the password for a lost mailbox alone`(
        loss: RecoveryProof.Loss
    ) {
        for one in Shown.allCases {
            for other in Shown.allCases {
                let verdict = RecoveryProof.verdict(on: [one.proof, other.proof], for: loss)
                let expected: RecoveryProof.Verdict
                switch (one.isDesk, other.isDesk) {
                case _ where loss != .mailbox && (one == .password || other == .password):
                    expected = .insufficient
                case (false, false):
                    expected =
                        one.proof.class == other.proof.class ? .insufficient : .sufficient
                case (true, true): expected = one == other ? .insufficient : .sufficientLater
                default:
                    expected =
                        one.proof.aged || other.proof.aged ? .sufficient : .insufficient
                }
                #expect(verdict == expected, "\(one), \(other)")
            }
        }
    }

    @Test func `the desk takes nothing from two proofs of one's own`() {
        let proofs = [Shown.mailbox, .pin, .desk, .otherDesk].map(\.proof)
        #expect(RecoveryProof.verdict(on: proofs, for: .password) == .sufficient)
    }

    @Test func `the password brings no desk code past the other's word`() {
        let one = [Shown.mailbox, .password, .desk].map(\.proof)
        #expect(RecoveryProof.verdict(on: one, for: .password) == .insufficient)
        let two = one + [Shown.otherDesk.proof]
        #expect(RecoveryProof.verdict(on: two, for: .factor) == .sufficientLater)
    }
}
