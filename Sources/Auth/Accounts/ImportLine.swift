import Cryptography
import Foundation

/// One account of an earlier system: who, how they are reached, and what proves them (Z-28).
struct ImportLine: Sendable {
    let username: String?
    let email: EmailAddress?
    /// The earlier system vouches for the address; only then does it name the account.
    let emailConfirmed: Bool
    let mobile: PhoneNumber?
    /// The earlier system vouches for the number; only then do codes go there.
    let mobileConfirmed: Bool
    let firstName: String
    let lastName: String
    let locale: Language
    let proof: Proof
    /// The practice knows the password, as an initial one; its owner chooses another before the first
    /// sign-in is done.
    let passwordChange: Bool
    /// The practice system's number of the patient whose own account this is.
    let externalID: ExternalID?
    let disabled: Bool

    enum Proof: Sendable {
        case password(Secret<String>)
        /// A hash that an earlier system made; see ``PasswordHash``.
        case hash(Secret<String>)
    }

    static let passwordLengths = 8...128

    /// - Parameter practice: whose import it is; mobile numbers are read as it reads them.
    /// - Throws: a `Problem` that names every fault.
    init(json bytes: [UInt8], in practice: Practice) throws {
        var fields = try FieldReader(json: bytes)
        self = try fields.read { try ImportLine(&$0, in: practice) }
    }

    private init(_ fields: inout FieldReader, in practice: Practice) throws {
        username = fields.optionalString("username", max: 64)
        let typed = fields.optionalString("email", max: Identifier.longest)
        email = typed.flatMap(EmailAddress.init)
        emailConfirmed = fields.optionalBool("email_confirmed") ?? false
        let hasMobile = fields.peek("mobile") != nil
        mobile = fields.mobile("mobile", in: practice)
        mobileConfirmed = fields.optionalBool("mobile_confirmed") ?? false
        if mobileConfirmed, !hasMobile { fields.refuse("mobile", .required) }
        firstName = fields.string("first_name", max: 128)
        lastName = fields.string("last_name", max: 128)
        let locale = Language(rawValue: fields.string("locale", max: 2))
        if locale == nil { fields.refuse("locale", .notAllowed) }
        self.locale = locale ?? .english
        let password = fields.optionalSecret("password", max: Self.passwordLengths.upperBound)
        let hash = fields.optionalSecret("password_hash", max: 512)
        switch (password, hash) {
        case (let password?, nil):
            proof = .password(password)
            if password.expose().unicodeScalars.count < Self.passwordLengths.lowerBound {
                fields.refuse("password", .tooShort)
            }
        case (nil, let hash?): proof = .hash(hash)
        case (nil, nil):
            proof = .password(Secret(""))
            fields.refuse("password", .required)
        case (_?, _?):
            proof = .password(Secret(""))
            fields.refuse("password_hash", .notAllowed)
        }
        passwordChange = fields.optionalBool("password_change") ?? false
        externalID = fields.optionalExternalID("external_id")
        disabled = fields.optionalBool("disabled") ?? false
        if let username, !Identifier.isUsername(Identifier.normalized(username)) {
            fields.refuse("username", .wrongFormat)
        }
        if typed != nil, email == nil { fields.refuse("email", .wrongFormat) }
        // Without either, nobody could ever sign in to it.
        if username == nil, typed == nil || !emailConfirmed { fields.refuse("username", .required) }
    }
}
