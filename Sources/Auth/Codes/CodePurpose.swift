/// What a code is for; one live code for each subject and purpose.
///
/// Other systems name purposes of their own (`pick-up`, `result-release`): a slug, which no message
/// ever prints. What signs a patient in or changes how they do is out of their reach (Z-10).
struct CodePurpose: Sendable, Hashable {
    let slug: String

    static let signIn = CodePurpose(known: "sign-in")
    static let factor = CodePurpose(known: "factor")
    /// That a mailbox or a phone is the signed-in person's.
    static let emailChange = CodePurpose(known: "email-change")
    static let mobileChange = CodePurpose(known: "mobile-change")
    static let recovery = CodePurpose(known: "recovery")

    /// Purposes of this service.
    static let reserved: Set<String> = [
        "sign-in", "recovery", "enrolment", "factor", "email-change", "mobile-change",
    ]
    static let longest = 32

    private init(known slug: String) {
        self.slug = slug
    }

    /// A purpose of another system: 1 to 32 small letters, digits and hyphens, a letter first.
    init?(ofCaller slug: String) {
        guard slug.utf8.first?.isSmallLetter == true, slug.utf8.count <= Self.longest,
            slug.replacing("-", with: "").utf8.allSatisfy({ $0.isSmallLetter || $0.isASCIIDigit }),
            !Self.reserved.contains(slug)
        else { return nil }
        self.slug = slug
    }
}
