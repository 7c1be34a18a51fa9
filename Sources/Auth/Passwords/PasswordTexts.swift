/// The words of password rules and of reasons in one language, fit to stand beside a form's field:
/// what to do, whether the rule is broken or not.
///
/// Each language is an exhaustive switch, so a new rule cannot be half added.
protocol PasswordTexts: Sendable {
    func detail(_ rule: PasswordRule) -> String
    func detail(_ reason: StrengthReason) -> String
}

extension Language {
    var passwordTexts: any PasswordTexts {
        switch self {
        case .dutch: DutchPasswordTexts()
        case .bokmål: BokmålPasswordTexts()
        case .english: EnglishPasswordTexts()
        }
    }
}

private let least = PasswordPolicy.lengths.lowerBound
private let most = PasswordPolicy.lengths.upperBound

/// Dutch, with "u".
private struct DutchPasswordTexts: PasswordTexts {
    func detail(_ rule: PasswordRule) -> String {
        switch rule {
        case .tooShort: "Gebruik minstens \(least) tekens."
        case .tooLong: "Gebruik hoogstens \(most) tekens."
        case .lowerCaseMissing: "Gebruik minstens één kleine letter."
        case .upperCaseMissing: "Gebruik minstens één hoofdletter."
        case .digitMissing: "Gebruik minstens één cijfer."
        case .specialCharacterMissing: "Gebruik minstens één leesteken of ander bijzonder teken."
        case .controlCharacter: "Gebruik alleen tekens die u kunt zien, en spaties."
        case .commonPassword: "Kies geen wachtwoord dat vaak gebruikt wordt."
        case .commonWord: "Kies niet één gewoon woord met cijfers of tekens eromheen."
        case .practiceName: "Gebruik niet de naam van de praktijk."
        case .ownData:
            "Gebruik niet uw naam, e-mailadres, geboortedatum, telefoonnummer of klantnummer."
        case .tooWeak: "Kies een wachtwoord dat moeilijker te raden is, zoals vier losse woorden."
        }
    }

    func detail(_ reason: StrengthReason) -> String {
        switch reason {
        case .commonWord: "Bekende woorden worden als eerste geprobeerd."
        case .practiceName: "De naam van de praktijk is makkelijk te raden."
        case .ownData: "Uw eigen gegevens zijn makkelijk te raden."
        case .repetition: "Herhaalde tekens maken een wachtwoord nauwelijks sterker."
        case .sequence: "Reeksen zoals abcd of 6543 zijn makkelijk te raden."
        case .keyboard: "Toetsen die naast elkaar liggen zijn makkelijk te raden."
        case .date: "Datums en jaartallen zijn makkelijk te raden."
        }
    }
}

private struct BokmålPasswordTexts: PasswordTexts {
    func detail(_ rule: PasswordRule) -> String {
        switch rule {
        case .tooShort: "Bruk minst \(least) tegn."
        case .tooLong: "Bruk høyst \(most) tegn."
        case .lowerCaseMissing: "Bruk minst én liten bokstav."
        case .upperCaseMissing: "Bruk minst én stor bokstav."
        case .digitMissing: "Bruk minst ett tall."
        case .specialCharacterMissing: "Bruk minst ett skilletegn eller annet spesialtegn."
        case .controlCharacter: "Bruk bare tegn som du kan se, og mellomrom."
        case .commonPassword: "Ikke velg et passord som mange bruker."
        case .commonWord: "Ikke velg ett vanlig ord med tall eller tegn rundt."
        case .practiceName: "Ikke bruk navnet på legekontoret."
        case .ownData:
            "Ikke bruk navnet, e-postadressen, fødselsdatoen, telefonnummeret eller kundenummeret "
                + "ditt."
        case .tooWeak: "Velg et passord som er vanskeligere å gjette, for eksempel fire løse ord."
        }
    }

    func detail(_ reason: StrengthReason) -> String {
        switch reason {
        case .commonWord: "Kjente ord blir prøvd først."
        case .practiceName: "Navnet på legekontoret er lett å gjette."
        case .ownData: "Dine egne opplysninger er lette å gjette."
        case .repetition: "Gjentatte tegn gjør et passord knapt sterkere."
        case .sequence: "Rekker som abcd eller 6543 er lette å gjette."
        case .keyboard: "Taster som ligger ved siden av hverandre, er lette å gjette."
        case .date: "Datoer og årstall er lette å gjette."
        }
    }
}

private struct EnglishPasswordTexts: PasswordTexts {
    func detail(_ rule: PasswordRule) -> String {
        switch rule {
        case .tooShort: "Use at least \(least) characters."
        case .tooLong: "Use at most \(most) characters."
        case .lowerCaseMissing: "Use at least one small letter."
        case .upperCaseMissing: "Use at least one capital letter."
        case .digitMissing: "Use at least one digit."
        case .specialCharacterMissing:
            "Use at least one punctuation mark or other special character."
        case .controlCharacter: "Use only characters that you can see, and spaces."
        case .commonPassword: "Don't choose a password that many people use."
        case .commonWord: "Don't choose one common word with digits or signs around it."
        case .practiceName: "Don't use the name of the practice."
        case .ownData:
            "Don't use your name, e-mail address, date of birth, phone number or customer number."
        case .tooWeak: "Choose a password that is harder to guess, such as four unrelated words."
        }
    }

    func detail(_ reason: StrengthReason) -> String {
        switch reason {
        case .commonWord: "Known words are tried first."
        case .practiceName: "The name of the practice is easy to guess."
        case .ownData: "Your own details are easy to guess."
        case .repetition: "Repeated characters hardly make a password stronger."
        case .sequence: "Sequences such as abcd or 6543 are easy to guess."
        case .keyboard: "Keys next to one another are easy to guess."
        case .date: "Dates and years are easy to guess."
        }
    }
}
