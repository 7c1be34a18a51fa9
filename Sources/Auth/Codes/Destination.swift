import Cryptography
import Foundation

/// Where a code goes.
enum Destination: Sendable, Equatable {
    case mailbox(EmailAddress)
    case mobile(PhoneNumber)

    /// An address that was taken before; nil where the practice's policy no longer takes it.
    init?(stored address: String, channel: ChannelKind, practice: Practice) {
        switch channel {
        case .email:
            guard let mailbox = EmailAddress(address) else { return nil }
            self = .mailbox(mailbox)
        case .sms:
            guard
                let number = try? PhoneNumber(
                    parsing: address, home: practice.country,
                    allowed: Set(practice.policy.allowedCountries))
            else { return nil }
            self = .mobile(number)
        }
    }

    var channel: ChannelKind {
        switch self {
        case .mailbox: .email
        case .mobile: .sms
        }
    }

    /// The block of ten thousand that its number is in; nil for a mailbox.
    var numberBlock: String? {
        switch self {
        case .mailbox: nil
        case .mobile(let number): BlockCount(number).block
        }
    }

    /// In full; leaves the service only inside a message.
    var address: String {
        switch self {
        case .mailbox(let address): address.typed
        case .mobile(let number): number.e164
        }
    }

    /// One spelling for all that mean the same mailbox or phone.
    var normalized: String {
        switch self {
        case .mailbox(let address): address.normalized
        case .mobile(let number): number.e164
        }
    }

    /// As answers show it.
    var masked: String {
        switch self {
        case .mailbox(let address): MaskedDestination.email(address.typed)
        case .mobile(let number): number.masked
        }
    }

    /// Who is recovering, as far as that is known.
    enum Asker: String, Sendable {
        case anybody = "recoveries"
        /// Has shown one of the account's own proofs, on paper for example.
        case proven = "recoveries-proven"
        /// Is at a network that the account is known from.
        case fromKnownNetwork = "recoveries-known"
    }

    /// Whose sends are counted together; lanes can't spend each other's (Z-19).
    enum Lane: Sendable {
        case signIn
        /// `/v1/codes`, each client by itself.
        case client(UUID)
        /// What strangers' failures bring about (Z-20).
        case pass
        /// What a person is told of that others did.
        case notice
        /// What a person is told that the practice's register changed: no file keeps anybody from hearing
        /// of a thief.
        case register
        /// What a person is told of the practice's letters, for the same reason.
        case letter
        /// What a practice sends its patients to begin with.
        case invitation
        /// Where a signed-in patient wants to be reached from now on.
        case contact
        /// What is sent before anybody has proved anything but a link (Z-19).
        case enrolment
        /// What a signed-in patient has sent to a number or mailbox that is to become a factor.
        case factor
        /// What somebody asks for who has proved nothing, by what they typed (Z-19, Z-20).
        case recovery(UUID)
        /// All that recoveries send there, by who asks for it: strangers can't spend the others' (Z-12).
        case allRecoveries(Asker)

        /// What of the calling client's a send to it is taken from.
        var budget: SendLimit.Budget {
            switch self {
            case .client: .codes
            case .recovery, .allRecoveries: .recovery
            default: .signIn
            }
        }

        fileprivate var text: String {
            switch self {
            case .signIn: "sign-in"
            case .client(let id): id.text
            case .pass: "pass"
            case .notice: "notice"
            case .register: "register"
            case .letter: "letter"
            case .invitation: "invitation"
            case .contact: "contact"
            case .enrolment: "enrolment"
            case .factor: "factor"
            case .recovery(let subject): "recovery:\(subject.text)"
            case .allRecoveries(let asker): asker.rawValue
            }
        }
    }

    /// The counter of what one lane sends here.
    func key(_ lane: Lane, keys: KeyRing) -> [UInt8] {
        keys.macKey(.throttle).authenticate(fields: ["destination", lane.text, normalized])
    }
}
