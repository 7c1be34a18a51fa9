extension Language {
    /// The sentences of the patient's own letter, which is to be kept until it is needed (AC-5).
    func keepsakeWords(practice: String, contact: String, address: String) -> Letter.Words {
        switch self {
        case .dutch: Self.dutchKeepsake(practice, contact, address)
        case .bokmål: Self.bokmålKeepsake(practice, contact, address)
        case .english: Self.englishKeepsake(practice, contact, address)
        }
    }

    private static func dutchKeepsake(
        _ practice: String, _ contact: String, _ address: String
    ) -> Letter.Words {
        Letter.Words(
            title: "Bewaar deze brief goed",
            opening:
                "Dit zijn uw klantnummer en uw eigen super-PIN voor \(practice). U hebt ze nodig als "
                + "u uw telefoon of de toegang tot uw e-mail kwijt bent, of uw wachtwoord niet meer "
                + "weet.",
            customerNumber: "Klantnummer", superPIN: "Super-PIN",
            validity:
                "De super-PIN werkt pas als u in het portaal bevestigt dat u hem hebt bewaard. "
                + "Een eerdere super-PIN werkt dan niet meer.",
            toDo: "Wat moet u doen?",
            steps: [
                "Druk deze brief af, of sla hem op waar alleen u erbij kunt. Niet in uw e-mail en "
                    + "niet alleen op uw telefoon.",
                "Bevestig in het portaal dat u hem hebt bewaard, en geef uw wachtwoord.",
                "Bent u later iets kwijt? Ga naar \(address) of scan de code hiernaast, en vul beide "
                    + "nummers in. De letters O en I staan er niet in: dat zijn de cijfers 0 en 1.",
                "De super-PIN werkt één keer. Maak daarna in het portaal een nieuwe.",
            ],
            closing: [
                "Geef uw super-PIN aan niemand. Wij vragen er nooit naar, ook niet aan de telefoon.",
                "Lukt het niet? Neem contact op met \(practice): \(contact)",
            ])
    }

    private static func bokmålKeepsake(
        _ practice: String, _ contact: String, _ address: String
    ) -> Letter.Words {
        Letter.Words(
            title: "Ta godt vare på dette brevet",
            opening:
                "Dette er kundenummeret og din egen super-PIN for \(practice). Du trenger dem hvis du "
                + "mister telefonen eller tilgangen til e-posten, eller har glemt passordet.",
            customerNumber: "Kundenummer", superPIN: "Super-PIN",
            validity:
                "Super-PIN-en virker først når du har bekreftet i portalen at du har tatt vare "
                + "på den. En tidligere super-PIN virker ikke lenger da.",
            toDo: "Hva skal du gjøre?",
            steps: [
                "Skriv ut brevet, eller lagre det der bare du kommer til. Ikke i e-posten og ikke "
                    + "bare på telefonen.",
                "Bekreft i portalen at du har tatt vare på det, og skriv inn passordet ditt.",
                "Har du mistet noe senere? Gå til \(address) eller skann koden ved siden av, og skriv "
                    + "inn begge numrene. Bokstavene O og I finnes ikke i dem: det er tallene 0 og 1.",
                "Super-PIN-en virker én gang. Lag en ny i portalen etterpå.",
            ],
            closing: [
                "Ikke gi super-PIN-en til noen. Vi spør aldri om den, heller ikke på telefon.",
                "Får du det ikke til? Ta kontakt med \(practice): \(contact)",
            ])
    }

    private static func englishKeepsake(
        _ practice: String, _ contact: String, _ address: String
    ) -> Letter.Words {
        Letter.Words(
            title: "Keep this letter safe",
            opening:
                "These are your customer number and your own super-PIN for \(practice). You need them "
                + "when your phone or your mailbox is lost, or when you have forgotten your password.",
            customerNumber: "Customer number", superPIN: "Super-PIN",
            validity:
                "The super-PIN works only once you have confirmed in the portal that you have "
                + "saved it. An earlier super-PIN no longer works then.",
            toDo: "What to do",
            steps: [
                "Print this letter, or save it where only you can get at it. Not in your e-mail, and "
                    + "not on your phone alone.",
                "Confirm in the portal that you have saved it, and give your password.",
                "Lost something later? Go to \(address) or scan the code beside this, and type both "
                    + "numbers. The letters O and I are not in them: those are the digits 0 and 1.",
                "The super-PIN works once. Make a new one in the portal afterwards.",
            ],
            closing: [
                "Never give your super-PIN to anyone. We never ask for it, not on the phone either.",
                "Not working? Contact \(practice): \(contact)",
            ])
    }
}
