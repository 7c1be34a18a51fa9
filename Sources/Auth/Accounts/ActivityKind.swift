/// What of the audit the owner of an account is shown, and in which words; all else is left out.
///
/// Nobody is named in it: whoever of the practice did something is "your practice" (IN-8).
enum ActivityKind: String, Sendable, CaseIterable {
    case accountCreated = "account-created"
    case accountTakenOver = "account-taken-over"
    case patientLinked = "patient-linked"
    case signedIn = "signed-in"
    case signedOut = "signed-out"
    case sessionEnded = "session-ended"
    case passwordWrong = "password-wrong"
    case signInRefused = "sign-in-refused"
    case passSent = "pass-sent"
    case codeSent = "code-sent"
    case codeWrong = "code-wrong"
    case documentAccepted = "document-accepted"
    case profileChanged = "profile-changed"
    case passwordChanged = "password-changed"
    case emailChanged = "email-changed"
    case mobileChanged = "mobile-changed"
    case superPINIssued = "super-pin-issued"
    case ownSuperPINActivated = "own-super-pin-activated"
    case factorAdded = "factor-added"
    case factorRemoved = "factor-removed"
    case recoveryCodesMade = "recovery-codes-made"
    case deviceRemembered = "device-remembered"
    case deviceForgotten = "device-forgotten"
    case accountExported = "account-exported"
    case accountFrozen = "account-frozen"
    case accessRecovered = "access-recovered"
    case deskCodeMade = "desk-code-made"
    case linkingCodeMade = "linking-code-made"

    /// The events that any of them comes from.
    static let events: [AuditEvent] = [
        .accountCreated, .accountImported, .accountLinked, .loginCompleted, .sessionEnded,
        .loginRefused, .passSent, .codeSent, .codeGuessed, .documentAccepted, .profileChanged,
        .passwordChanged, .emailChanged, .mobileChanged, .superPINIssued, .accountFrozen,
        .recoveryCompleted, .deskCodeMade, .ownSuperPINActivated, .factorActivated,
        .factorRemoved, .recoveryCodesMade, .deviceRemembered, .deviceForgotten, .accountExported,
        .linkingCodeMade,
    ]

    /// Nil for what the owner is not shown.
    init?(_ event: AuditEvent, isDone: Bool, reason: String?) {
        switch (event, isDone) {
        case (.accountCreated, true): self = .accountCreated
        case (.accountImported, true): self = .accountTakenOver
        case (.accountLinked, true): self = .patientLinked
        case (.loginCompleted, true): self = .signedIn
        case (.sessionEnded, true): self = reason == "revoked" ? .signedOut : .sessionEnded
        case (.loginRefused, false):
            self = reason == "password-wrong" ? .passwordWrong : .signInRefused
        case (.passSent, true): self = .passSent
        case (.codeSent, true): self = .codeSent
        case (.codeGuessed, false) where reason == "incorrect": self = .codeWrong
        case (.documentAccepted, true): self = .documentAccepted
        case (.profileChanged, true): self = .profileChanged
        case (.passwordChanged, true): self = .passwordChanged
        case (.emailChanged, true): self = .emailChanged
        case (.mobileChanged, true): self = .mobileChanged
        case (.superPINIssued, true): self = .superPINIssued
        case (.ownSuperPINActivated, true): self = .ownSuperPINActivated
        case (.factorActivated, true): self = .factorAdded
        case (.factorRemoved, true): self = .factorRemoved
        case (.recoveryCodesMade, true): self = .recoveryCodesMade
        case (.deviceRemembered, true): self = .deviceRemembered
        case (.deviceForgotten, true): self = .deviceForgotten
        case (.accountExported, true): self = .accountExported
        case (.accountFrozen, true): self = .accountFrozen
        case (.recoveryCompleted, true): self = .accessRecovered
        case (.deskCodeMade, true): self = .deskCodeMade
        case (.linkingCodeMade, true): self = .linkingCodeMade
        default: return nil
        }
    }

    /// Without the time, which stands before it.
    ///
    /// - Parameters:
    ///   - destination: of a code, masked.
    ///   - times: how often in a row.
    func sentence(in language: Language, destination: String?, times: Int) -> String {
        switch language {
        case .dutch: dutch(destination) + (times > 1 ? " (\(times) keer)" : "")
        case .bokmål: bokmål(destination) + (times > 1 ? " (\(times) ganger)" : "")
        case .english: english(destination) + (times > 1 ? " (\(times) times)" : "")
        }
    }

    private func dutch(_ destination: String?) -> String {
        switch self {
        case .accountCreated: "account gemaakt"
        case .accountTakenOver: "account overgenomen uit een eerder systeem"
        case .patientLinked: "patiënt aan uw account gekoppeld"
        case .signedIn: "ingelogd"
        case .signedOut: "uitgelogd"
        case .sessionEnded: "op een apparaat uitgelogd"
        case .passwordWrong: "verkeerd wachtwoord geprobeerd"
        case .signInRefused: "inloggen geweigerd"
        case .passSent: "toegangslink gemaild, omdat iemand vaak probeerde in te loggen"
        case .codeSent: destination.map { "code verstuurd naar \($0)" } ?? "code verstuurd"
        case .codeWrong: "verkeerde code ingevoerd"
        case .documentAccepted: "akkoord gegeven op voorwaarden of privacyverklaring"
        case .profileChanged: "naam of taal gewijzigd"
        case .passwordChanged: "wachtwoord gewijzigd"
        case .emailChanged: "e-mailadres gewijzigd"
        case .mobileChanged: "mobiel nummer gewijzigd"
        case .superPINIssued: "super-PIN gemaakt door uw praktijk"
        case .ownSuperPINActivated: "eigen super-PIN in gebruik genomen"
        case .factorAdded: "manier om codes te krijgen toegevoegd"
        case .factorRemoved: "manier om codes te krijgen verwijderd"
        case .recoveryCodesMade: "nieuwe herstelcodes gemaakt"
        case .deviceRemembered: "apparaat onthouden; daar wordt geen code meer gevraagd"
        case .deviceForgotten: "onthouden apparaat vergeten"
        case .accountExported: "eigen gegevens opgehaald"
        case .accountFrozen: "account geblokkeerd met de link uit een e-mail"
        case .accessRecovered: "toegang hersteld"
        case .deskCodeMade: "baliecode gemaakt door uw praktijk"
        case .linkingCodeMade: "koppelcode voor een andere praktijk gemaakt"
        }
    }

    private func bokmål(_ destination: String?) -> String {
        switch self {
        case .accountCreated: "konto opprettet"
        case .accountTakenOver: "konto overført fra et tidligere system"
        case .patientLinked: "pasient knyttet til kontoen din"
        case .signedIn: "logget inn"
        case .signedOut: "logget ut"
        case .sessionEnded: "logget ut på en enhet"
        case .passwordWrong: "feil passord prøvd"
        case .signInRefused: "innlogging avvist"
        case .passSent:
            "innloggingslenke sendt på e-post, fordi noen prøvde å logge inn mange ganger"
        case .codeSent: destination.map { "kode sendt til \($0)" } ?? "kode sendt"
        case .codeWrong: "feil kode skrevet inn"
        case .documentAccepted: "vilkår eller personvernerklæring godtatt"
        case .profileChanged: "navn eller språk endret"
        case .passwordChanged: "passord endret"
        case .emailChanged: "e-postadresse endret"
        case .mobileChanged: "mobilnummer endret"
        case .superPINIssued: "super-PIN laget av legekontoret ditt"
        case .ownSuperPINActivated: "egen super-PIN tatt i bruk"
        case .factorAdded: "måte å få koder på lagt til"
        case .factorRemoved: "måte å få koder på fjernet"
        case .recoveryCodesMade: "nye gjenopprettingskoder laget"
        case .deviceRemembered: "enhet husket; der spørres det ikke lenger om kode"
        case .deviceForgotten: "husket enhet glemt"
        case .accountExported: "egne opplysninger hentet"
        case .accountFrozen: "konto sperret med lenken i en e-post"
        case .accessRecovered: "tilgang gjenopprettet"
        case .deskCodeMade: "skrankekode laget av legekontoret ditt"
        case .linkingCodeMade: "koblingskode for et annet legekontor laget"
        }
    }

    private func english(_ destination: String?) -> String {
        switch self {
        case .accountCreated: "account made"
        case .accountTakenOver: "account taken over from an earlier system"
        case .patientLinked: "patient linked to your account"
        case .signedIn: "signed in"
        case .signedOut: "signed out"
        case .sessionEnded: "signed out on a device"
        case .passwordWrong: "wrong password tried"
        case .signInRefused: "sign-in refused"
        case .passSent: "sign-in link mailed, because somebody tried to sign in many times"
        case .codeSent: destination.map { "code sent to \($0)" } ?? "code sent"
        case .codeWrong: "wrong code entered"
        case .documentAccepted: "terms or privacy statement accepted"
        case .profileChanged: "name or language changed"
        case .passwordChanged: "password changed"
        case .emailChanged: "e-mail address changed"
        case .mobileChanged: "mobile number changed"
        case .superPINIssued: "super-PIN made by your practice"
        case .ownSuperPINActivated: "own super-PIN put into use"
        case .factorAdded: "way of getting codes added"
        case .factorRemoved: "way of getting codes removed"
        case .recoveryCodesMade: "new recovery codes made"
        case .deviceRemembered: "device remembered; it is asked for no code"
        case .deviceForgotten: "remembered device forgotten"
        case .accountExported: "copy of your data fetched"
        case .accountFrozen: "account blocked with the link in a mail"
        case .accessRecovered: "access restored"
        case .deskCodeMade: "desk code made by your practice"
        case .linkingCodeMade: "linking code for another practice made"
        }
    }
}
