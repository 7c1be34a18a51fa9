/// What was changed about an account, as its owner is told it; the raw words are the service's own.
enum AccountChange: Sendable, Equatable {
    case passwordChanged
    /// The new mailbox, masked.
    case emailChanged(to: String)
    /// The new number, masked.
    case mobileChanged(to: String)
    case factorAdded(Factor.Kind)
    case factorRemoved(Factor.Kind)
    /// An app took too many wrong codes in a row, and takes none any more (F5).
    case appDisabled
    /// A phone or a mailbox bears no more wrong codes, and none is sent there until it is bound anew (R4).
    case wayStopped(ChannelKind)
    case recoveryCodesMade
    /// Somebody signed in with one; so many are left.
    case recoveryCodeUsed(left: Int)
    case superPINActivated
    case dataExported
    /// A device is asked for no code from now on.
    case deviceRemembered
    /// Somebody showed what a recovery needs, and gave the account another password or factor.
    case recovered
    /// Staff saw an identity document and made a code for a recovery (Z-11).
    case deskCodeMade
    /// The practice's register has a new number, masked here (NO-2).
    case registeredMobileChanged(to: String)
    /// It opens the records of a further patient of the practice (Z-15).
    case patientLinked

    /// Whether somebody may come in by it who could not before, or is kept out.
    var opensOrShuts: Bool {
        switch self {
        case .passwordChanged, .emailChanged, .mobileChanged, .factorAdded, .factorRemoved,
            .recoveryCodesMade, .superPINActivated, .recovered, .deskCodeMade,
            .registeredMobileChanged:
            true
        case .appDisabled, .wayStopped, .recoveryCodeUsed, .dataExported, .deviceRemembered,
            .patientLinked:
            false
        }
    }

    func sentence(in language: Language) -> String {
        switch language {
        case .dutch: dutch
        case .bokmål: bokmål
        case .english: english
        }
    }

    private var dutch: String {
        switch self {
        case .passwordChanged: "Uw wachtwoord is gewijzigd."
        case .emailChanged(let masked): "Uw e-mailadres is gewijzigd in \(masked)."
        case .mobileChanged(let masked): "Uw mobiele nummer is gewijzigd in \(masked)."
        case .factorAdded(.email): "Codes bij het inloggen kunnen nu ook per e-mail komen."
        case .factorAdded(.sms): "Codes bij het inloggen kunnen nu ook per sms komen."
        case .factorAdded(.totp): "Voor het inloggen is een app voor codes toegevoegd."
        case .factorRemoved(.email): "Codes bij het inloggen komen niet meer per e-mail."
        case .factorRemoved(.sms): "Een telefoon voor codes bij het inloggen is verwijderd."
        case .factorRemoved(.totp): "De app voor codes bij het inloggen is verwijderd."
        case .appDisabled:
            "De app voor codes bij het inloggen is gestopt, na te veel onjuiste codes. "
                + "Misschien probeert iemand anders bij uw account te komen."
        case .wayStopped(let channel):
            "Codes bij het inloggen gaan niet meer naar uw "
                + (channel == .sms ? "telefoon" : "mailbox") + ", na te veel onjuiste codes. "
                + "Misschien probeert iemand anders bij uw account te komen. Via 'toegang "
                + "herstellen' neemt u weer codes in gebruik."
        case .recoveryCodeUsed(let left):
            "Er is ingelogd met een van uw herstelcodes. U hebt er nog \(left)."
        case .recoveryCodesMade: "Er zijn nieuwe herstelcodes gemaakt. Eerdere werken niet meer."
        case .superPINActivated: "Er is een super-PIN voor uw account gemaakt."
        case .deviceRemembered:
            "Een apparaat is onthouden. Bij het inloggen wordt daar geen code meer gevraagd."
        case .dataExported: "Er is een overzicht van al uw gegevens opgehaald."
        case .recovered: "De toegang tot uw account is hersteld."
        case .deskCodeMade: "De praktijk heeft een baliecode gemaakt om uw account te herstellen."
        case .registeredMobileChanged(let masked):
            "De praktijk heeft een nieuw mobiel nummer van u genoteerd: \(masked). Codes gaan daar "
                + "pas heen als u het zelf aan uw account toevoegt."
        case .patientLinked: "Er is een patiënt van de praktijk aan uw account gekoppeld."
        }
    }

    private var bokmål: String {
        switch self {
        case .passwordChanged: "Passordet ditt er endret."
        case .emailChanged(let masked): "E-postadressen din er endret til \(masked)."
        case .mobileChanged(let masked): "Mobilnummeret ditt er endret til \(masked)."
        case .factorAdded(.email): "Koder ved innlogging kan nå også komme på e-post."
        case .factorAdded(.sms): "Koder ved innlogging kan nå også komme på SMS til en telefon."
        case .factorAdded(.totp): "En app for koder ved innlogging er lagt til."
        case .factorRemoved(.email): "Koder ved innlogging kommer ikke lenger på e-post."
        case .factorRemoved(.sms): "En telefon for koder ved innlogging er fjernet."
        case .factorRemoved(.totp): "Appen for koder ved innlogging er fjernet."
        case .appDisabled:
            "Appen for koder ved innlogging er stanset etter for mange feil koder. "
                + "Kanskje prøver noen andre å komme inn på kontoen din."
        case .wayStopped(let channel):
            "Koder ved innlogging går ikke lenger til "
                + (channel == .sms ? "telefonen" : "e-posten") + " din etter for mange feil koder. "
                + "Kanskje prøver noen andre å komme inn på kontoen din. Med «gjenopprett "
                + "tilgang» tar du koder i bruk igjen."
        case .recoveryCodeUsed(let left):
            "Det er logget inn med en av gjenopprettingskodene dine. Du har \(left) igjen."
        case .recoveryCodesMade: "Du har nye gjenopprettingskoder. Tidligere gjelder ikke."
        case .superPINActivated: "Det er laget en super-PIN for kontoen din."
        case .deviceRemembered:
            "En enhet er husket. Ved innlogging der spørres det ikke lenger om en kode."
        case .dataExported: "En oversikt over alle opplysningene dine er hentet."
        case .recovered: "Tilgangen til kontoen din er gjenopprettet."
        case .deskCodeMade: "Legekontoret har laget en skrankekode for å gjenopprette kontoen din."
        case .registeredMobileChanged(let masked):
            "Legekontoret har registrert et nytt mobilnummer for deg: \(masked). Koder går dit "
                + "først når du selv legger det til kontoen din."
        case .patientLinked: "En pasient ved legekontoret er koblet til kontoen din."
        }
    }

    private var english: String {
        switch self {
        case .passwordChanged: "Your password was changed."
        case .emailChanged(let masked): "Your e-mail address was changed to \(masked)."
        case .mobileChanged(let masked): "Your mobile number was changed to \(masked)."
        case .factorAdded(.email): "Codes for signing in can now come by e-mail too."
        case .factorAdded(.sms): "Codes for signing in can now come by text message to a phone."
        case .factorAdded(.totp): "An app for sign-in codes was added."
        case .factorRemoved(.email): "Codes for signing in no longer come by e-mail."
        case .factorRemoved(.sms): "A phone for sign-in codes was removed."
        case .factorRemoved(.totp): "An app for sign-in codes was removed."
        case .appDisabled:
            "The app for codes for signing in was stopped after too many wrong codes. "
                + "Somebody else may be trying to get into your account."
        case .wayStopped(let channel):
            "Codes for signing in no longer go to your "
                + (channel == .sms ? "phone" : "mailbox") + " after too many wrong codes. Somebody "
                + "else may be trying to get into your account. By restoring access you can use "
                + "codes again."
        case .recoveryCodeUsed(let left):
            "One of your recovery codes was used to sign in. You have \(left) left."
        case .recoveryCodesMade: "New recovery codes were made. Earlier ones no longer work."
        case .superPINActivated: "A super-PIN was made for your account."
        case .deviceRemembered:
            "A device was remembered. Signing in there no longer asks for a code."
        case .dataExported: "A copy of all your data was fetched."
        case .recovered: "Access to your account was restored."
        case .deskCodeMade: "The practice made a desk code to restore access to your account."
        case .registeredMobileChanged(let masked):
            "The practice noted a new mobile number of yours: \(masked). Codes go there only "
                + "once you have added it to your account yourself."
        case .patientLinked: "A patient of the practice was linked to your account."
        }
    }
}
