import Foundation

/// A refusal: what a caller is told in an RFC 9457 problem document.
///
/// `kind` decides status, title and sentence. The optional members are the facts a sentence or a
/// program needs; each appears in the document under the name of api.md and nowhere else.
struct Problem: Error, Sendable {
    let kind: Kind
    /// Guesses left on this code and in this hour (SC-7); member `attempts_left`.
    var attemptsLeft: Int?
    /// Digits found in what was typed (SC-6); member `digits_found`.
    var digitsFound: Int?
    /// Digits that the code has, where that is known; only in the sentence.
    var digitsExpected: Int?
    /// The newest code, where an older one was typed (SC-3); members `newest_*`.
    var newestCode: NewestCode?
    /// When it is worth trying again; header `Retry-After`, and member `retry_at` unless it is a
    /// 503.
    var retryAt: Date?
    /// Which limit on sending is reached (SU-6); member `limit`.
    var limit: SendLimit.Kind?
    /// What is wrong, one entry a fault; member `errors`.
    var faults: [Fault]
    /// What is wrong with a text, for whoever writes it; member `text_faults`.
    var textFaults: [String]
    /// The step that is due (AC-4); member `step`.
    var step: EnrolmentStep?
    /// Every rule that a password breaks (IN-4); member `broken_rules`.
    var brokenRules: [PasswordRule]
    /// What the register lacks of a patient, by the names of its fields (NO-1); member `missing`.
    var missing: [String]
    /// What is left to be accepted, where documents are; member `documents`.
    var documents: [Document.Reference]?
    /// What the practice's policy still wants done (Z-5); member `steps`.
    var steps: [String]
    /// What to enrol for the sign-in that was asked for; member `factor_types`.
    var factorTypes: [Factor.Kind]
    /// How sure and how new a sign-in the act needs (RFC 9470); members `acr_values` and `max_age`.
    var stepUp: StepUp?
    /// The methods a path knows; header `Allow` of a 405.
    var allowedMethods: [String]

    init(
        _ kind: Kind, attemptsLeft: Int? = nil, digitsFound: Int? = nil,
        digitsExpected: Int? = nil, newestCode: NewestCode? = nil, retryAt: Date? = nil,
        limit: SendLimit.Kind? = nil, step: EnrolmentStep? = nil,
        brokenRules: [PasswordRule] = [], faults: [Fault] = [], textFaults: [String] = [],
        missing: [String] = [], documents: [Document.Reference]? = nil,
        steps: [String] = [], factorTypes: [Factor.Kind] = [], stepUp: StepUp? = nil,
        allowedMethods: [String] = []
    ) {
        self.kind = kind
        self.attemptsLeft = attemptsLeft
        self.digitsFound = digitsFound
        self.digitsExpected = digitsExpected
        self.newestCode = newestCode
        self.retryAt = retryAt
        self.limit = limit
        self.faults = faults
        self.textFaults = textFaults
        self.missing = missing
        self.step = step
        self.brokenRules = brokenRules
        self.documents = documents
        self.steps = steps
        self.factorTypes = factorTypes
        self.stepUp = stepUp
        self.allowedMethods = allowedMethods
    }

    /// The sign-in that a sensitive act asks for (RFC 9470).
    struct StepUp: Sendable, Equatable {
        let level: Assurance.Level
        /// Seconds.
        let maxAge: Int
    }

    /// What a person needs to find the newest code in a mailbox (SC-2, SC-3).
    struct NewestCode: Sendable, Equatable {
        let sentAt: Date
        /// The practice's clock, `11:50`.
        let sentAtLocal: String
        /// Two capitals.
        let reference: String
    }
}

extension Problem {
    /// Every kind there is; the raw value is the slug in `type`, in the log and in the metrics.
    enum Kind: String, CaseIterable, Sendable {
        case bodyMalformed = "body-malformed"
        case headerInvalid = "header-invalid"
        case queryInvalid = "query-invalid"
        case requestMalformed = "request-malformed"
        case apiKeyInvalid = "api-key-invalid"
        case tokenInvalid = "token-invalid"
        case signatureInvalid = "signature-invalid"
        case insufficientUserAuthentication = "insufficient-user-authentication"
        case scopeMissing = "scope-missing"
        case loginRefused = "login-refused"
        case identityWayOff = "identity-way-off"
        case rememberedDeviceOff = "remembered-device-off"
        case sessionUnfinished = "session-unfinished"
        case notFound = "not-found"
        case codeUnknown = "code-unknown"
        case factorUnknown = "factor-unknown"
        case linkUnknown = "link-unknown"
        case methodNotAllowed = "method-not-allowed"
        case notAcceptable = "not-acceptable"
        case requestTimeout = "request-timeout"
        case loginEnded = "login-ended"
        case codeSuperseded = "code-superseded"
        case codeUsed = "code-used"
        case factorUnavailable = "factor-unavailable"
        case unmetAuthenticationRequirements = "unmet-authentication-requirements"
        case factorRequired = "factor-required"
        case numberNotRegistered = "number-not-registered"
        case channelUnavailable = "channel-unavailable"
        case tooManyKeys = "too-many-keys"
        case nationalNumberTaken = "national-number-taken"
        case documentPublished = "document-published"
        case patientIncomplete = "patient-incomplete"
        case alreadyActive = "already-active"
        case invitationClosed = "invitation-closed"
        case linkSuperseded = "link-superseded"
        case enrolmentEnded = "enrolment-ended"
        case stepOutOfOrder = "step-out-of-order"
        case recoveryEnded = "recovery-ended"
        case proofRepeated = "proof-repeated"
        case usernameTaken = "username-taken"
        case addressTaken = "address-taken"
        case documentSuperseded = "document-superseded"
        case idempotencySecretGone = "idempotency-secret-gone"
        case requestRunning = "request-running"
        case codeExpired = "code-expired"
        case preconditionFailed = "precondition-failed"
        case bodyTooLarge = "body-too-large"
        case targetTooLong = "target-too-long"
        case mediaTypeUnsupported = "media-type-unsupported"
        case expectationFailed = "expectation-failed"
        case fieldInvalid = "field-invalid"
        case textUnusable = "text-unusable"
        case identityRefused = "identity-refused"
        case proofIncorrect = "proof-incorrect"
        case linkingCodeRefused = "linking-code-refused"
        case passwordRefused = "password-refused"
        case passwordIncorrect = "password-incorrect"
        case documentsRequired = "documents-required"
        case codeIncorrect = "code-incorrect"
        case codeMalformed = "code-malformed"
        case clockSkew = "clock-skew"
        case idempotencyKeyReused = "idempotency-key-reused"
        case headersTooLarge = "headers-too-large"
        case loginThrottled = "login-throttled"
        case identityThrottled = "identity-throttled"
        case recoveryWaiting = "recovery-waiting"
        case passwordThrottled = "password-throttled"
        case codeAttemptsExhausted = "code-attempts-exhausted"
        case resendTooSoon = "resend-too-soon"
        case sendsExhausted = "sends-exhausted"
        case sendLimitReached = "send-limit-reached"
        case tooManyChanges = "too-many-changes"
        case superPINLimitReached = "super-pin-limit-reached"
        case internalError = "internal-error"
        case serviceUnavailable = "service-unavailable"
        case sendingStopped = "sending-stopped"
        case overloaded

        /// The HTTP status.
        var status: Int {
            switch self {
            case .bodyMalformed, .headerInvalid, .queryInvalid, .requestMalformed: 400
            case .apiKeyInvalid, .tokenInvalid, .signatureInvalid,
                .insufficientUserAuthentication:
                401
            case .scopeMissing, .loginRefused, .identityWayOff, .rememberedDeviceOff,
                .sessionUnfinished:
                403
            case .notFound, .codeUnknown, .factorUnknown, .linkUnknown: 404
            case .methodNotAllowed: 405
            case .notAcceptable: 406
            case .requestTimeout: 408
            case .loginEnded, .codeSuperseded, .codeUsed, .factorUnavailable,
                .unmetAuthenticationRequirements, .factorRequired,
                .numberNotRegistered, .channelUnavailable, .tooManyKeys, .nationalNumberTaken,
                .documentPublished,
                .patientIncomplete,
                .alreadyActive, .invitationClosed, .linkSuperseded, .enrolmentEnded,
                .stepOutOfOrder, .recoveryEnded, .proofRepeated, .usernameTaken, .addressTaken,
                .documentSuperseded,
                .idempotencySecretGone, .requestRunning:
                409
            case .codeExpired: 410
            case .preconditionFailed: 412
            case .bodyTooLarge: 413
            case .targetTooLong: 414
            case .mediaTypeUnsupported: 415
            case .expectationFailed: 417
            case .fieldInvalid, .textUnusable, .identityRefused, .proofIncorrect,
                .linkingCodeRefused,
                .passwordRefused, .passwordIncorrect, .documentsRequired, .codeIncorrect,
                .codeMalformed, .clockSkew, .idempotencyKeyReused:
                422
            case .loginThrottled, .identityThrottled, .recoveryWaiting, .passwordThrottled,
                .codeAttemptsExhausted,
                .resendTooSoon, .sendsExhausted, .sendLimitReached, .tooManyChanges,
                .superPINLimitReached:
                429
            case .headersTooLarge: 431
            case .internalError: 500
            case .serviceUnavailable, .sendingStopped, .overloaded: 503
            }
        }

        /// Whether the connection is given up after the answer, because what follows on it cannot
        /// be trusted to be a request, or is more than we are willing to read.
        var endsConnection: Bool {
            switch self {
            case .requestMalformed, .requestTimeout, .bodyTooLarge, .targetTooLong,
                .headersTooLarge, .expectationFailed:
                true
            default: false
            }
        }
    }
}

extension Problem {
    /// One thing that is wrong with a request, and where.
    struct Fault: Sendable, Equatable {
        /// Where it is: a JSON pointer (RFC 6901) into the body, a header, or a query parameter.
        enum Place: Sendable, Equatable {
            case pointer(String)
            case header(String)
            case parameter(String)
        }

        /// What is wrong, as a word for programs.
        enum Code: String, CaseIterable, Sendable {
            case required
            case wrongType = "wrong-type"
            case tooShort = "too-short"
            case tooLong = "too-long"
            case outOfRange = "out-of-range"
            case wrongFormat = "wrong-format"
            case noSuchDay = "no-such-day"
            case checkDigit = "check-digit"
            case notAllowed = "not-allowed"
            case notANumber = "not-a-number"
            case unassignedNumber = "unassigned-number"
            case countryUnknown = "country-unknown"
            case countryCodesDiffer = "country-codes-differ"
            case countryNotAllowed = "country-not-allowed"
            case landline
            case tollFreeNumber = "toll-free-number"
            case premiumRateNumber = "premium-rate-number"
            case machineNumber = "machine-number"
            case notMobile = "not-mobile"
            case unknown
            case duplicate
            case tooDeep = "too-deep"
            case syntax
            case encoding
        }

        let place: Place
        let code: Code

        init(_ place: Place, _ code: Code) {
            self.place = place
            self.code = code
        }
    }
}
