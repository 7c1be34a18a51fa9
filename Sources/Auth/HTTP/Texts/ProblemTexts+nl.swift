/// Dutch, with "u".
struct DutchProblemTexts: ProblemTexts {
    let page = ProblemPageWords(
        whatToDo: "Wat kunt u doen?", status: "HTTP-status", forDevelopers: "Voor ontwikkelaars")

    func title(_ kind: Problem.Kind) -> String {
        switch kind {
        case .bodyMalformed: "Onleesbaar verzoek"
        case .headerInvalid: "Ongeldige header"
        case .queryInvalid: "Ongeldige zoekvraag"
        case .requestMalformed: "Ongeldig verzoek"
        case .apiKeyInvalid: "Onbekende sleutel"
        case .tokenInvalid: "Niet ingelogd"
        case .signatureInvalid: "Onbekende handtekening"
        case .scopeMissing: "Geen toegang"
        case .loginRefused: "Inloggen niet gelukt"
        case .notFound: "Niet gevonden"
        case .codeUnknown: "Onbekende code"
        case .factorUnknown: "Onbekende manier van ontvangen"
        case .methodNotAllowed: "Niet mogelijk"
        case .notAcceptable: "Zo niet te krijgen"
        case .requestTimeout: "Te langzaam"
        case .loginEnded: "Inlogpoging afgesloten"
        case .codeSuperseded: "Er is een nieuwere code"
        case .codeUsed: "Code al gebruikt"
        case .factorUnavailable: "Geen code mogelijk"
        case .unmetAuthenticationRequirements: "Zo kunt u nog niet inloggen"
        case .factorRequired: "Dit is uw laatste manier"
        case .numberNotRegistered: "Dit nummer kent uw praktijk niet"
        case .channelUnavailable: "Zo kan de code niet komen"
        case .tooManyKeys: "Te veel sleutels"
        case .nationalNumberTaken: "Nummer al geregistreerd"
        case .documentPublished: "Versie al gepubliceerd"
        case .patientIncomplete: "Gegevens ontbreken"
        case .alreadyActive: "U hebt al een account"
        case .invitationClosed: "Uitnodiging niet meer geldig"
        case .linkUnknown: "Onbekende link"
        case .identityWayOff: "Niet mogelijk bij deze praktijk"
        case .rememberedDeviceOff: "Apparaat niet te onthouden"
        case .insufficientUserAuthentication: "Log eerst opnieuw in"
        case .sessionUnfinished: "Er zijn nog stappen te doen"
        case .linkSuperseded: "Er is een nieuwere e-mail"
        case .enrolmentEnded: "Open uw link opnieuw"
        case .stepOutOfOrder: "Eerst een andere stap"
        case .recoveryEnded: "Herstel afgesloten"
        case .proofRepeated: "Nog een ander bewijs nodig"
        case .proofIncorrect: "Bewijs niet herkend"
        case .linkingCodeRefused: "Koppelcode niet herkend"
        case .recoveryWaiting: "Nog niet mogelijk"
        case .usernameTaken: "Gebruikersnaam bezet"
        case .addressTaken: "E-mailadres bezet"
        case .identityRefused: "Gegevens niet herkend"
        case .passwordRefused: "Kies een ander wachtwoord"
        case .passwordIncorrect: "Onjuist wachtwoord"
        case .identityThrottled: "Te vaak geprobeerd"
        case .passwordThrottled: "Te vaak geprobeerd"
        case .documentSuperseded: "Er is een nieuwere versie"
        case .idempotencySecretGone: "Al verwerkt"
        case .requestRunning: "Nog bezig"
        case .codeExpired: "Code verlopen"
        case .preconditionFailed: "Intussen gewijzigd"
        case .bodyTooLarge: "Verzoek te groot"
        case .targetTooLong: "Adres te lang"
        case .mediaTypeUnsupported: "Onbekend soort gegevens"
        case .expectationFailed: "Niet mogelijk"
        case .fieldInvalid: "Gegevens kloppen niet"
        case .textUnusable: "Tekst niet bruikbaar"
        case .documentsRequired: "Uw akkoord is nodig"
        case .codeIncorrect: "Onjuiste code"
        case .codeMalformed: "Dit is geen volledige code"
        case .clockSkew: "De klok loopt niet gelijk"
        case .idempotencyKeyReused: "Sleutel van een ander verzoek"
        case .headersTooLarge: "Te veel headers"
        case .loginThrottled: "Te vaak geprobeerd"
        case .codeAttemptsExhausted: "Te vaak een onjuiste code"
        case .resendTooSoon: "Nog even wachten"
        case .sendsExhausted: "Te veel berichten verstuurd"
        case .sendLimitReached: "Nu even geen nieuwe berichten"
        case .tooManyChanges: "Te veel wijzigingen"
        case .superPINLimitReached: "Te veel super-PIN's"
        case .internalError: "Er ging iets mis"
        case .serviceUnavailable: "Even niet bereikbaar"
        case .sendingStopped: "Versturen is gestopt"
        case .overloaded: "Het is druk"
        }
    }

    func detail(_ kind: Problem.Kind, _ facts: ProblemFacts) -> String {
        switch kind {
        case .bodyMalformed, .headerInvalid, .queryInvalid, .requestMalformed, .apiKeyInvalid,
            .signatureInvalid,
            .scopeMissing, .methodNotAllowed, .bodyTooLarge, .targetTooLong,
            .mediaTypeUnsupported, .notAcceptable, .expectationFailed, .idempotencyKeyReused,
            .headersTooLarge:
            "Er ging iets mis tussen het portaal en de inlogdienst. Probeer het opnieuw. "
                + otherwise(facts)
        case .notFound:
            "Dit bestaat niet of niet meer. Ga terug naar het portaal en begin daar opnieuw."
        case .tokenInvalid: "U bent niet of niet meer ingelogd. Log opnieuw in."
        case .loginRefused:
            "Inloggen is niet gelukt. Controleer uw gebruikersnaam en uw wachtwoord. Deelt u een "
                + "e-mailadres met iemand? Log dan in met uw klantnummer of gebruikersnaam. "
                + otherwise(facts)
        case .codeUnknown:
            "Deze code kennen we niet, of niet meer. Begin opnieuw."
        case .factorUnknown:
            "Deze manier om een code te ontvangen kennen we niet. Kies een andere manier."
        case .requestTimeout:
            "Het versturen duurde te lang. Controleer uw internetverbinding en probeer het opnieuw."
        case .loginEnded: "Deze inlogpoging is afgesloten. Begin opnieuw met inloggen."
        case .codeSuperseded: newer(facts)
        case .codeUsed:
            "Deze code is al gebruikt. Bent u nog niet klaar? Vraag dan een nieuwe code aan."
        case .factorUnavailable:
            "We kunnen u op deze manier nu geen code sturen. Kies een andere manier. Kunt u niet "
                + "inloggen? Herstel dan uw toegang of neem contact op met \(contact(facts))."
        case .unmetAuthenticationRequirements:
            "Hiervoor moet u inloggen op een manier die u nog niet heeft. Log gewoon in, voeg bij uw "
                + "gegevens \(facts.needsApp ? "een app" : "een app of een telefoon") toe en probeer het dan "
                + "opnieuw. Lukt dat niet? Neem dan "
                + "contact op met \(contact(facts))."
        case .factorRequired:
            "Deze manier om in te loggen is nodig. Voeg eerst een andere toe; daarna "
                + "kunt u deze verwijderen."
        case .numberNotRegistered:
            "Begin met het mobiele nummer dat uw praktijk van u heeft. Daarna kunt u een ander nummer of "
                + "een app toevoegen. Is dat nummer oud of ontbreekt het? Neem dan contact op met "
                + "\(contact(facts))."
        case .clockSkew:
            "De klok van uw telefoon loopt niet gelijk, daarom klopt de code niet. Zet "
                + "in de instellingen de datum en tijd op automatisch en gebruik dan de "
                + "volgende code."
        case .tooManyKeys:
            "Dit systeem heeft al twee sleutels. Trek er een in en maak dan de nieuwe."
        case .nationalNumberTaken:
            "Een andere patiënt van de praktijk staat met dit nummer geregistreerd. "
                + "Neem contact op met \(contact(facts))."
        case .documentPublished:
            "Deze versie is al gepubliceerd, met een andere tekst. Geef de nieuwe tekst een nieuwe versie."
        case .patientIncomplete:
            "Bij de praktijk ontbreken nog gegevens waarmee een account gemaakt kan worden. "
                + "Neem contact op met \(contact(facts))."
        case .alreadyActive:
            "Er is al een account. Log in met het e-mailadres of de gebruikersnaam en het "
                + "wachtwoord. " + otherwise(facts)
        case .invitationClosed:
            "Deze uitnodiging is niet meer geldig. Vraag een nieuwe aan bij \(contact(facts))."
        case .linkUnknown:
            "Deze link kennen we niet. Kopieer de hele link uit de e-mail. " + otherwise(facts)
        case .identityWayOff:
            "Bij deze praktijk kan dat alleen met het klantnummer en de super-PIN uit de brief. "
                + "Neem voor een brief contact op met \(contact(facts))."
        case .rememberedDeviceOff:
            "Deze praktijk laat geen apparaten onthouden. "
                + "U krijgt bij elke keer inloggen een code."
        case .insufficientUserAuthentication:
            "Om dit te doen moet u net zijn ingelogd. Log opnieuw in en probeer het dan nog eens."
        case .sessionUnfinished:
            "Er zijn nog een paar stappen te doen voordat u verder kunt. Doe die eerst."
        case .linkSuperseded:
            "Er is een nieuwere e-mail met een link verstuurd. Gebruik de link uit de nieuwste."
        case .enrolmentEnded:
            "Hier kunt u niet verder. Open de link uit de e-mail nog eens; wat u al had ingevuld, "
                + "wordt zo veel mogelijk bewaard."
        case .stepOutOfOrder:
            "Deze stap is nu niet aan de beurt. Ga terug naar het portaal en ga daar verder."
        case .recoveryEnded:
            "Dit herstel is afgesloten. Begin opnieuw als u nog niet kunt inloggen. "
                + otherwise(facts)
        case .proofRepeated:
            "Dit hebt u al laten zien. Voor herstel is nog iets anders nodig, zoals een "
                + "code op een andere manier, uw super-PIN of een code van de balie."
        case .proofIncorrect:
            "Dit klopt niet of is niet meer geldig. Kijk het na en probeer het opnieuw. "
                + otherwise(facts)
        case .linkingCodeRefused:
            "Deze code werkt niet of niet meer: u kunt hem één keer gebruiken, binnen vijf minuten "
                + "nadat u inlogde. Maak een nieuwe bij uw andere praktijk. "
                + otherwise(facts)
        case .recoveryWaiting:
            "Voor uw veiligheid moet na een herstel, of na een tweede baliecode, eerst enige tijd "
                + "voorbijgaan. \(again(facts.wait)) " + otherwise(facts)
        case .usernameTaken: "Deze gebruikersnaam is al in gebruik. Kies een andere."
        case .addressTaken:
            "Dit e-mailadres hoort al bij iemand anders van deze praktijk. Uw adres blijft zoals "
                + "het is. Kies een ander adres."
        case .identityRefused:
            "Met deze gegevens kunnen we u niet herkennen. \(triesLeft(facts)) " + otherwise(facts)
        case .passwordRefused:
            "Dit wachtwoord voldoet nog niet. Wat eraan ontbreekt, staat erbij."
        case .identityThrottled:
            "Er is te vaak geprobeerd gegevens te bevestigen. \(again(facts.wait)) "
                + otherwise(facts)
        case .documentSuperseded:
            "De voorwaarden of de privacyverklaring zijn zojuist gewijzigd. Lees de nieuwe "
                + "versie en ga daarna verder."
        case .documentsRequired:
            "Om verder te gaan is uw akkoord nodig met de voorwaarden en de "
                + "privacyverklaring die nu gelden."
        case .channelUnavailable:
            "We hebben geen adres waar de code op deze manier naartoe kan. Kies een andere manier."
        case .idempotencySecretGone: "Dit verzoek is al verwerkt. Begin opnieuw."
        case .requestRunning: "We zijn nog met uw verzoek bezig. \(again(facts.wait))"
        case .codeExpired: "Deze code is verlopen. Vraag een nieuwe code aan."
        case .preconditionFailed:
            "Iemand heeft dit intussen gewijzigd. Bekijk het opnieuw en maak dan uw wijziging."
        case .fieldInvalid:
            "Er klopt iets niet in wat u hebt ingevuld. Kijk het na en probeer het opnieuw."
        case .textUnusable:
            "Deze tekst kan zo niet verstuurd worden. Wat eraan te doen is, staat erbij."
        case .codeIncorrect: incorrect(facts)
        case .codeMalformed: malformed(facts)
        case .passwordIncorrect:
            "Dit is niet uw wachtwoord. Let op hoofdletters en spaties, en probeer het nog eens."
        case .passwordThrottled:
            "Er is te vaak een onjuist wachtwoord ingevuld. \(again(facts.wait))"
        case .loginThrottled:
            "Er is te vaak geprobeerd in te loggen. \(again(facts.wait)) "
                + "U hoeft zelf niets te doen."
        case .codeAttemptsExhausted:
            "Er is te vaak een onjuiste code ingevuld. \(anew(facts.wait)) " + otherwise(facts)
        case .resendTooSoon:
            "We hebben u net een code gestuurd. Kijk ook bij uw ongewenste e-mail. Geen code "
                + "gekregen? \(again(facts.wait))"
        case .sendsExhausted:
            "Er zijn te veel berichten verstuurd. \(again(facts.wait)) Komen ze niet aan? Neem "
                + "dan contact op met \(contact(facts))."
        case .sendLimitReached:
            "Er zijn nu veel berichten verstuurd. \(again(facts.wait)) " + otherwise(facts)
        case .tooManyChanges:
            "Er is nu veel gewijzigd. \(again(facts.wait)) " + otherwise(facts)
        case .superPINLimitReached:
            "Vandaag zijn voor deze patiënt al vaak nieuwe super-PIN's gemaakt. De laatste blijft "
                + "geldig. \(again(facts.wait))"
        case .sendingStopped:
            "We versturen nu geen codes op deze manier. Kies een andere manier, of neem contact "
                + "op met \(contact(facts))."
        case .internalError:
            "Er ging bij ons iets mis. Probeer het over een paar minuten opnieuw. "
                + otherwise(facts)
        case .serviceUnavailable:
            "Inloggen is even niet mogelijk. Probeer het over enkele seconden opnieuw."
        case .overloaded: "Het is nu erg druk. Probeer het over enkele seconden opnieuw."
        }
    }

    func detail(_ code: Problem.Fault.Code) -> String {
        switch code {
        case .required: "Dit ontbreekt."
        case .wrongType: "Dit is niet het juiste soort gegeven."
        case .tooShort: "Dit is te kort of leeg."
        case .tooLong: "Dit is te lang."
        case .outOfRange: "Dit getal is te klein of te groot."
        case .wrongFormat: "Dit is niet goed geschreven."
        case .noSuchDay: "Deze dag bestaat niet, of niemand is toen geboren."
        case .checkDigit:
            "Dit nummer klopt niet: een cijfer is fout, of twee cijfers zijn verwisseld."
        case .notAllowed: "Deze keuze is er niet."
        case .notANumber: "Dit is geen telefoonnummer."
        case .unassignedNumber: "Dit telefoonnummer bestaat niet. Kijk het na."
        case .countryUnknown:
            "Dit landnummer bestaat niet. Voor Nederland is het +31, voor Noorwegen +47."
        case .countryCodesDiffer:
            "Het landnummer staat er twee keer, en niet hetzelfde. Vul het één keer in."
        case .countryNotAllowed:
            "Naar dit land sturen we geen codes. Kies een mobiel nummer uit een ander land."
        case .landline:
            "Dit is een vast nummer. Vul een mobiel nummer in: alleen daarop komt een sms aan."
        case .tollFreeNumber: "Dit is een gratis servicenummer. Vul een mobiel nummer in."
        case .premiumRateNumber: "Dit is een betaald servicenummer. Vul een mobiel nummer in."
        case .machineNumber:
            "Dit is een nummer van een apparaat. Vul een mobiel nummer in waarop u sms leest."
        case .notMobile: "Dit is geen mobiel nummer. Vul een mobiel nummer in."
        case .unknown: "Dit kennen we hier niet."
        case .duplicate: "Dit staat er twee keer."
        case .tooDeep: "Dit is te diep genest."
        case .syntax: "Dit is geen geldige JSON."
        case .encoding: "Dit zijn geen geldige tekens."
        }
    }

    private func contact(_ facts: ProblemFacts) -> String {
        facts.contact.map { "de praktijk, \($0)" } ?? "uw praktijk"
    }

    private func otherwise(_ facts: ProblemFacts) -> String {
        "Lukt het niet? Neem dan contact op met \(contact(facts))."
    }

    private func again(_ wait: ProblemFacts.Wait) -> String {
        switch wait {
        case .unknown: "Probeer het later opnieuw."
        case .over: "U kunt het nu opnieuw proberen."
        case .seconds(1): "Probeer het over 1 seconde opnieuw."
        case .seconds(let count): "Probeer het over \(count) seconden opnieuw."
        case .minutes(let count): "Probeer het over \(count) minuten opnieuw."
        case .today(let clock): "Probeer het om \(clock) opnieuw."
        case .tomorrow(let clock): "Probeer het morgen om \(clock) opnieuw."
        case .later(let instant, let zone, let clock):
            "Probeer het op \(LocalTime.day(instant, in: zone, language: .dutch)) om \(clock) opnieuw."
        }
    }

    private func anew(_ wait: ProblemFacts.Wait) -> String {
        wait == .over ? "Vraag een nieuwe code aan, of begin opnieuw." : again(wait)
    }

    private func newer(_ facts: ProblemFacts) -> String {
        guard let newest = facts.newestCode else {
            return "Er is een nieuwere code verstuurd. Gebruik die."
        }
        return "Er is om \(newest.sentAtLocal) een nieuwere code verstuurd "
            + "(referentie \(newest.reference)). Gebruik die."
    }

    private func incorrect(_ facts: ProblemFacts) -> String {
        switch facts.attemptsLeft {
        case nil: "Deze code is niet juist. Kijk hem na en probeer het opnieuw."
        case 0?:
            "Deze code is niet juist. \(facts.wait == .unknown ? "Begin opnieuw." : again(facts.wait)) "
                + otherwise(facts)
        case let count?: "Deze code is niet juist. U kunt het nog \(count) keer proberen."
        }
    }

    private func triesLeft(_ facts: ProblemFacts) -> String {
        switch facts.attemptsLeft {
        case nil: "Kijk ze na en probeer het opnieuw."
        case 0?: "Vraag de praktijk om een nieuwe uitnodiging."
        case 1?: "Kijk ze na; u kunt het nog 1 keer proberen."
        case let count?: "Kijk ze na; u kunt het nog \(count) keer proberen."
        }
    }

    private func malformed(_ facts: ProblemFacts) -> String {
        let found =
            switch facts.digitsFound {
            case nil: ""
            case 0?: "We hebben geen cijfers gevonden. "
            case 1?: "We hebben 1 cijfer gevonden. "
            case let count?: "We hebben \(count) cijfers gevonden. "
            }
        let asked = facts.digitsExpected.map { "De code heeft \($0) cijfers. " } ?? ""
        return found + asked + "Neem alle cijfers over. Dit telt niet als poging."
    }
}
