import Cryptography
import Foundation

/// What a register holds of a patient, each field in the one form in which it is kept and compared.
struct PatientDetails: Sendable {
    /// Both names are nil where only the import of an account has named the patient so far.
    var firstName: String?
    var lastName: String?
    /// `1987-05-03`
    var dateOfBirth: Secret<String>?
    /// As the practice's country writes it.
    var postcode: Secret<String>?
    /// As ``EmailAddress/registered``; several patients may have the same.
    var email: String?
    /// E.164; several patients may have the same.
    var mobile: String?
    /// A valid number of the practice's country.
    var nationalNumber: NationalNumber?
    var generalPractitioner: String?
    /// Nil where the practice's own language will do.
    var locale: Language?

    /// Unicode scalars.
    static let longestGeneralPractitioner = 128

    /// What tells several at one address apart without a name, `E.B.` of Eva van den Berg; nil where no name
    /// is known.
    var initials: String? {
        let letters = [firstName, lastName].compactMap { name in
            name.flatMap { $0.first(where: \.isUppercase) ?? $0.first }
        }
        return letters.isEmpty ? nil : letters.map { "\($0)." }.joined()
    }

    /// What keeps the patient from enrolling in this practice (NO-1).
    func missing(in practice: Practice) -> [String] {
        EnrolmentRequirement.names(
            practice.policy.requiredForEnrolment.filter { requirement in
                switch requirement {
                case .mobile: mobile == nil
                // What must not be kept can't be demanded.
                case .nationalNumber: nationalNumber == nil && practice.policy.nationalNumbers
                case .generalPractitioner: generalPractitioner == nil
                }
            })
    }

    /// What keeps the patient from proving who they are by e-mail address, date of birth and postcode, so
    /// that it takes a letter (NO-1, Z-16); nothing where the practice has no such way.
    func missingForDetails(in practice: Practice) -> [String] {
        guard practice.policy.identityByDetails else { return [] }
        let missing = [
            ("email", email == nil), ("date_of_birth", dateOfBirth == nil),
            ("postcode", postcode == nil), ("mobile", lacksFirstPhone(in: practice)),
        ]
        return missing.filter { $0.1 }.map { $0.0 }
    }

    /// Whether who proved identity so could bind nothing that the practice wants to sign in with: the
    /// first phone has to be the register's (Z-16), and it has none that the practice sends to.
    func lacksFirstPhone(in practice: Practice) -> Bool {
        practice.policy.needsPhoneOrApp
            && phone(in: practice) == nil
    }

    /// The mobile, where the practice sends to it.
    func phone(in practice: Practice) -> Destination? {
        guard practice.policy.sendsSMS else { return nil }
        return mobile.flatMap { Destination(stored: $0, channel: .sms, practice: practice) }
    }
}

extension PatientDetails {
    /// The details in a body or in a line of an import; every fault is noted in `fields`.
    init(_ fields: inout FieldReader, in practice: Practice, now: Date = Date()) {
        firstName = fields.personName("first_name")
        lastName = fields.personName("last_name")
        dateOfBirth = fields.dateOfBirth("date_of_birth", in: practice, now: now)
        postcode = fields.postcode("postcode", in: practice)
        email = fields.emailAddress("email")
        mobile = fields.mobile("mobile", in: practice)?.e164
        nationalNumber = fields.nationalNumber("national_number", in: practice)
        if nationalNumber != nil, !practice.policy.nationalNumbers {
            fields.refuse("national_number", .notAllowed)
        }
        generalPractitioner =
            fields.optionalTrimmed(
                "general_practitioner", max: Self.longestGeneralPractitioner
            )?.precomposedStringWithCanonicalMapping
        locale = fields.optionalChoice("locale", of: Language.self)
    }
}

// Each is nil, and refused, where what it holds can't be one; nil where the field is absent or null.
extension FieldReader {
    /// A required name.
    fileprivate mutating func personName(_ name: String) -> String? {
        guard let text = registerText(name, isRequired: true) else { return nil }
        do throws(PersonName.Fault) {
            return try PersonName(text).text
        } catch {
            refuse(name, error.code)
            return nil
        }
    }

    fileprivate mutating func dateOfBirth(
        _ name: String, in practice: Practice, now: Date
    ) -> Secret<String>? {
        guard let text = registerText(name) else { return nil }
        do throws(DateOfBirth.Fault) {
            return Secret(try DateOfBirth(text, now: now, in: practice.timeZone).text)
        } catch {
            refuse(name, error.code)
            return nil
        }
    }

    fileprivate mutating func postcode(_ name: String, in practice: Practice) -> Secret<String>? {
        guard let text = registerText(name) else { return nil }
        do throws(Postcode.Fault) {
            return Secret(try Postcode(typed: text, country: practice.country).text)
        } catch {
            refuse(name, error.code)
            return nil
        }
    }

    fileprivate mutating func emailAddress(_ name: String) -> String? {
        guard let text = registerText(name) else { return nil }
        let address = EmailAddress(text)
        if address == nil { refuse(name, .wrongFormat) }
        return address?.registered
    }

    fileprivate mutating func nationalNumber(
        _ name: String, in practice: Practice
    ) -> NationalNumber? {
        guard let text = registerText(name) else { return nil }
        do throws(NationalNumber.Fault) {
            return try NationalNumber(
                typed: text, country: practice.country,
                synthetic: practice.policy.syntheticNumbers)
        } catch {
            refuse(name, error.code)
            return nil
        }
    }

    /// Longer than any field of a register, and short enough to be read at leisure.
    private static let longestRegisterText = 256

    private mutating func registerText(_ name: String, isRequired: Bool = false) -> String? {
        guard let value = isRequired ? takeRequired(name) : take(name) else { return nil }
        return text(value, name, max: Self.longestRegisterText, characters: .line)
    }
}
