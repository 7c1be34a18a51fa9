import Cryptography
import Foundation

/// How a message travels; `message.channel`, and `channel` in every answer.
enum ChannelKind: String, Codable, Sendable, CaseIterable {
    case email, sms
}

/// How far a message got, as callers see it (SC-2).
enum DeliveryState: String, Codable, Sendable, CaseIterable {
    /// Waiting for its first or next try; `reason` says why the last one came to nothing.
    case queued
    /// Taken by the next mail server or gateway, which is all that most of them ever tell.
    case sent
    /// Reported as arrived.
    case delivered
    /// Given up, for a reason.
    case failed
    /// It was dead before it could be handed over, like its code (SC-9).
    case withdrawn
}

/// The texts there are; the raw value is `message.template` and the first part of the file names.
enum MessageTemplate: String, Codable, Sendable, CaseIterable {
    case sessionCode = "session-code"
    /// A code that another system asked for, for a purpose of its own.
    case oneTimeCode = "one-time-code"
    /// A code that shows that a phone or a mailbox is the patient's, who wants codes to come there (AC-6).
    case factorCode = "factor-code"
    /// Somebody fails again and again to sign in as the person, who can go on with a pass (Z-20).
    case signInPass = "sign-in-pass"
    /// To the person whose national number the practice changed in its register (Z-18).
    case nationalNumberChanged = "national-number-changed"
    /// A practice invites the person to an account (IN-1), and brings it to mind once before its end.
    case invitation
    case invitationReminder = "invitation-reminder"
    /// A practice invites the person to use the account again that they have (NO-5); it grants nothing.
    case reactivation
    /// Whoever proves identity by what the register knows shows that the mailbox is theirs (AC-3).
    case emailConfirmation = "email-confirmation"
    /// To the contacts of an account: its patient got a new super-PIN (AC-8).
    case superPINMade = "super-pin-made"
    /// To the register's mobile, else to the mailbox, before there is an account: the super-PIN of the
    /// letter before is void by a new one (AC-8).
    case superPINReplaced = "super-pin-replaced"
    /// To the contacts of an account: something about it was changed, and how to stop it (Z-32).
    case accountChanged = "account-changed"
    /// The same to the mailbox that an account had before, while its owner's freeze lasts: without a way to
    /// stop it, since whoever reads that mailbox may be whom the change was to keep out (Z-32).
    case formerMailboxTold = "former-mailbox-told"
    /// To the contacts of an account: its owner stopped it, and how to restore access (Z-32).
    case accountFrozen = "account-frozen"
    /// To the register's mobile, else to the mailbox: an account was made for the person (Z-16).
    case accountCreated = "account-created"
    /// Likewise: an account that was there has access to the person's data from now on (Z-15, Z-16).
    case patientLinked = "patient-linked"
    /// To the contacts that an account had: it was erased (SU-3).
    case accountErased = "account-erased"
    /// To those who answer for a practice: what was changed there (Z-9).
    case settingsChanged = "settings-changed"
    case keyCreated = "key-created"
    case keyRevoked = "key-revoked"

    /// Whether it brings a code.
    var carriesCode: Bool { [.sessionCode, .oneTimeCode, .factorCode].contains(self) }

    /// Whether it can go as an SMS, too.
    var hasSMS: Bool {
        carriesCode
            || [
                .accountChanged, .accountCreated, .patientLinked, .superPINReplaced,
            ].contains(self)
    }

    /// Whether a practice may have words and mail gateways of its own for it. Not where what its own keys did
    /// is told: whoever stole one would reword the warning, or swallow it.
    var isThePractices: Bool {
        switch self {
        case .sessionCode, .oneTimeCode, .factorCode, .signInPass, .invitation,
            .invitationReminder, .reactivation, .emailConfirmation:
            true
        case .nationalNumberChanged, .superPINMade, .superPINReplaced, .accountChanged,
            .accountFrozen, .formerMailboxTold, .accountCreated, .patientLinked, .accountErased,
            .settingsChanged, .keyCreated, .keyRevoked:
            false
        }
    }

    /// Whether it still tells the truth after its expiry, which then only ends the tries to send it.
    var staysTrue: Bool { !isThePractices || self == .reactivation }
}

/// The part of a message that nobody may read in the database: the address and the code.
///
/// It is sealed into `message.body`, bound to the row's own id, so that a body moved to another row
/// does not open. All else is read beside the row when it is due.
struct OutgoingMessage: Codable, Equatable, Sendable {
    /// Where it goes; a bare e-mail address, or a mobile number in E.164 form.
    let to: String
    /// The code, in plain digits; nil where it carries none.
    var code: String?
    /// Of a code for another system: the practice may have words for it.
    var purpose: String?
    /// What else it says that is written nowhere else.
    var facts: [MessageTemplate.Variable: String] = [:]
    /// Whom of several at one address it is for; nil where their name is not known. It is no fact, since an
    /// instance of the release before reads over it only so.
    var initials: String?

    /// The bytes for `message.body`.
    func sealed(
        with key: SealingKey, boundTo message: UUID, of practice: UUID
    ) throws -> [UInt8] {
        let plaintext = try JSONEncoder().encode(self)
        return key.seal([UInt8](plaintext), boundTo: Self.binding(message, practice))
    }

    /// Reads what `sealed` wrote; throws where key, row or bytes are not the ones it was sealed for.
    static func opened(
        _ body: [UInt8], with key: SealingKey, boundTo message: UUID, of practice: UUID
    ) throws -> OutgoingMessage {
        let plaintext = try key.open(body, boundTo: binding(message, practice))
        return try JSONDecoder().decode(OutgoingMessage.self, from: Data(plaintext))
    }

    private static func binding(_ message: UUID, _ practice: UUID) -> [UInt8] {
        Array("message.body|\(practice.uuidString)|\(message.uuidString)".utf8)
    }
}

extension OutgoingMessage: CustomStringConvertible, CustomDebugStringConvertible {
    /// Never the address or the code: a message that is logged by mistake says nothing.
    var description: String { "<message>" }
    var debugDescription: String { "<message>" }
}
