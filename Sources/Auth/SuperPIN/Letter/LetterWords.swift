extension Language {
    /// The letter's sentences, written for somebody who is old, ill or in a hurry.
    ///
    /// - Parameter lastDay: the day before which the super-PIN is to be used.
    func letterWords(
        practice: String, contact: String, address: String, lastDay: String
    ) -> Letter.Words {
        switch self {
        case .dutch: Self.dutch(practice, contact, address, lastDay)
        case .bokmål: Self.bokmål(practice, contact, address, lastDay)
        case .english: Self.english(practice, contact, address, lastDay)
        }
    }

    private static func dutch(
        _ practice: String, _ contact: String, _ address: String, _ lastDay: String
    ) -> Letter.Words {
        Letter.Words(
            title: "Uw toegang tot het patiëntenportaal",
            opening:
                "Met deze brief activeert u uw account bij \(practice). U hebt de twee nummers "
                + "hieronder allebei nodig.",
            customerNumber: "Klantnummer", superPIN: "Super-PIN",
            validity: "De super-PIN werkt één keer. Gebruik hem vóór \(lastDay).",
            toDo: "Wat moet u doen?",
            steps: [
                "Open de link in de e-mail die u van ons kreeg. Geen e-mail? Kijk bij de ongewenste "
                    + "e-mail, of vraag ons om hem opnieuw te sturen. Uitleg staat op \(address) en "
                    + "achter de code hiernaast.",
                "Vul uw klantnummer en uw super-PIN in. Kleine letters en spaties mogen. De letters "
                    + "O en I staan er niet in: dat zijn de cijfers 0 en 1.",
                "Kies een wachtwoord, en lees en accepteer de gebruiksvoorwaarden en de "
                    + "privacyverklaring.",
                "Log in. Bewaar uw klantnummer: ook daarmee kunt u inloggen. De super-PIN hebt u "
                    + "dan niet meer nodig.",
            ],
            closing: [
                "Geef uw super-PIN aan niemand. Wij vragen er nooit naar, ook niet aan de telefoon.",
                "Lukt het niet? Neem contact op met \(practice): \(contact)",
            ])
    }

    private static func bokmål(
        _ practice: String, _ contact: String, _ address: String, _ lastDay: String
    ) -> Letter.Words {
        Letter.Words(
            title: "Din tilgang til pasientportalen",
            opening: "Med dette brevet aktiverer du kontoen din hos \(practice). Du trenger begge "
                + "numrene nedenfor.",
            customerNumber: "Kundenummer", superPIN: "Super-PIN",
            validity: "Super-PIN-en virker én gang. Bruk den før \(lastDay).",
            toDo: "Hva skal du gjøre?",
            steps: [
                "Åpne lenken i e-posten du fikk fra oss. Ingen e-post? Se i søppelposten, eller be "
                    + "oss sende den på nytt. Forklaring finner du på \(address) og bak koden ved "
                    + "siden av.",
                "Skriv inn kundenummeret og super-PIN-en. Små bokstaver og mellomrom er greit. "
                    + "Bokstavene O og I finnes ikke i den: det er tallene 0 og 1.",
                "Velg et passord, og les og godta vilkårene og personvernerklæringen.",
                "Logg inn. Ta vare på kundenummeret: du kan også logge inn med det. Super-PIN-en "
                    + "trenger du ikke lenger da.",
            ],
            closing: [
                "Ikke gi super-PIN-en til noen. Vi spør aldri om den, heller ikke på telefon.",
                "Får du det ikke til? Ta kontakt med \(practice): \(contact)",
            ])
    }

    private static func english(
        _ practice: String, _ contact: String, _ address: String, _ lastDay: String
    ) -> Letter.Words {
        Letter.Words(
            title: "Your access to the patient portal",
            opening: "With this letter you activate your account at \(practice). You need both of "
                + "the numbers below.",
            customerNumber: "Customer number", superPIN: "Super-PIN",
            validity: "The super-PIN works once. Use it before \(lastDay).",
            toDo: "What to do",
            steps: [
                "Open the link in the e-mail that you got from us. No e-mail? Look in the spam "
                    + "folder, or ask us to send it again. \(address) explains it, and so does the "
                    + "code beside this.",
                "Type your customer number and your super-PIN. Small letters and spaces are fine. "
                    + "The letters O and I are not in it: those are the digits 0 and 1.",
                "Choose a password, and read and accept the terms of use and the privacy "
                    + "statement.",
                "Sign in. Keep your customer number: you can sign in with it too. You no longer "
                    + "need the super-PIN then.",
            ],
            closing: [
                "Never give your super-PIN to anyone. We never ask for it, not on the phone either.",
                "Not working? Contact \(practice): \(contact)",
            ])
    }
}
