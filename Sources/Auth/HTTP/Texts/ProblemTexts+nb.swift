/// Norwegian Bokmål.
struct BokmålProblemTexts: ProblemTexts {
    let page = ProblemPageWords(
        whatToDo: "Hva kan du gjøre?", status: "HTTP-status", forDevelopers: "For utviklere")

    func title(_ kind: Problem.Kind) -> String {
        switch kind {
        case .bodyMalformed: "Uleselig forespørsel"
        case .headerInvalid: "Ugyldig header"
        case .queryInvalid: "Ugyldig søk"
        case .requestMalformed: "Ugyldig forespørsel"
        case .apiKeyInvalid: "Ukjent nøkkel"
        case .tokenInvalid: "Ikke logget inn"
        case .signatureInvalid: "Ukjent signatur"
        case .scopeMissing: "Ingen tilgang"
        case .loginRefused: "Innloggingen mislyktes"
        case .notFound: "Ikke funnet"
        case .codeUnknown: "Ukjent kode"
        case .factorUnknown: "Ukjent mottaksmåte"
        case .methodNotAllowed: "Ikke mulig"
        case .notAcceptable: "Ikke mulig i denne formen"
        case .requestTimeout: "For langsomt"
        case .loginEnded: "Innloggingen er avsluttet"
        case .codeSuperseded: "Det finnes en nyere kode"
        case .codeUsed: "Koden er allerede brukt"
        case .factorUnavailable: "Kan ikke sende kode"
        case .unmetAuthenticationRequirements: "Du kan ikke logge inn slik ennå"
        case .factorRequired: "Dette er den siste måten"
        case .numberNotRegistered: "Dette nummeret kjenner ikke legekontoret"
        case .channelUnavailable: "Koden kan ikke komme slik"
        case .tooManyKeys: "For mange nøkler"
        case .nationalNumberTaken: "Nummeret er registrert fra før"
        case .documentPublished: "Versjonen er allerede publisert"
        case .patientIncomplete: "Opplysninger mangler"
        case .alreadyActive: "Du har allerede en konto"
        case .invitationClosed: "Invitasjonen gjelder ikke lenger"
        case .linkUnknown: "Ukjent lenke"
        case .identityWayOff: "Ikke mulig hos dette legekontoret"
        case .rememberedDeviceOff: "Enheten kan ikke huskes"
        case .insufficientUserAuthentication: "Logg inn på nytt først"
        case .sessionUnfinished: "Noen trinn gjenstår"
        case .linkSuperseded: "Det finnes en nyere e-post"
        case .enrolmentEnded: "Åpne lenken på nytt"
        case .stepOutOfOrder: "Et annet steg først"
        case .recoveryEnded: "Gjenopprettingen er avsluttet"
        case .proofRepeated: "Et annet bevis trengs"
        case .proofIncorrect: "Beviset ble ikke gjenkjent"
        case .linkingCodeRefused: "Koblingskoden ble ikke gjenkjent"
        case .recoveryWaiting: "Ikke mulig ennå"
        case .usernameTaken: "Brukernavnet er opptatt"
        case .addressTaken: "E-postadressen er i bruk"
        case .identityRefused: "Opplysningene ble ikke gjenkjent"
        case .passwordRefused: "Velg et annet passord"
        case .passwordIncorrect: "Feil passord"
        case .identityThrottled: "For mange forsøk"
        case .passwordThrottled: "For mange forsøk"
        case .documentSuperseded: "Det finnes en nyere versjon"
        case .idempotencySecretGone: "Allerede behandlet"
        case .requestRunning: "Under behandling"
        case .codeExpired: "Koden er utløpt"
        case .preconditionFailed: "Endret i mellomtiden"
        case .bodyTooLarge: "Forespørselen er for stor"
        case .targetTooLong: "Adressen er for lang"
        case .mediaTypeUnsupported: "Ukjent datatype"
        case .expectationFailed: "Ikke mulig"
        case .fieldInvalid: "Opplysningene stemmer ikke"
        case .textUnusable: "Teksten kan ikke brukes"
        case .documentsRequired: "Du må godta"
        case .codeIncorrect: "Feil kode"
        case .codeMalformed: "Dette er ikke en fullstendig kode"
        case .clockSkew: "Klokken går feil"
        case .idempotencyKeyReused: "Nøkkelen hører til en annen forespørsel"
        case .headersTooLarge: "For mange headere"
        case .loginThrottled: "For mange forsøk"
        case .codeAttemptsExhausted: "Feil kode for mange ganger"
        case .resendTooSoon: "Vent litt"
        case .sendsExhausted: "For mange meldinger er sendt"
        case .sendLimitReached: "Ingen nye meldinger akkurat nå"
        case .tooManyChanges: "For mange endringer"
        case .superPINLimitReached: "For mange super-PIN-er"
        case .internalError: "Noe gikk galt"
        case .serviceUnavailable: "Ikke tilgjengelig akkurat nå"
        case .sendingStopped: "Sendingen er stanset"
        case .overloaded: "Stor pågang"
        }
    }

    func detail(_ kind: Problem.Kind, _ facts: ProblemFacts) -> String {
        switch kind {
        case .bodyMalformed, .headerInvalid, .queryInvalid, .requestMalformed, .apiKeyInvalid,
            .signatureInvalid,
            .scopeMissing, .methodNotAllowed, .bodyTooLarge, .targetTooLong,
            .mediaTypeUnsupported, .notAcceptable, .expectationFailed, .idempotencyKeyReused,
            .headersTooLarge:
            "Noe gikk galt mellom portalen og innloggingstjenesten. Prøv igjen. "
                + otherwise(facts)
        case .notFound:
            "Dette finnes ikke, eller finnes ikke lenger. Gå tilbake til portalen og start på nytt "
                + "der."
        case .tokenInvalid: "Du er ikke logget inn, eller ikke lenger. Logg inn på nytt."
        case .loginRefused:
            "Innloggingen mislyktes. Kontroller brukernavnet og passordet. Deler du e-postadresse "
                + "med noen? Logg inn med kundenummeret eller brukernavnet ditt. "
                + otherwise(facts)
        case .codeUnknown:
            "Vi kjenner ikke koden, eller ikke lenger. Begynn på nytt."
        case .factorUnknown:
            "Vi kjenner ikke denne måten å motta koder på. Velg en annen måte."
        case .requestTimeout:
            "Det tok for lang tid å sende. Kontroller internettforbindelsen og prøv igjen."
        case .loginEnded: "Denne innloggingen er avsluttet. Start innloggingen på nytt."
        case .codeSuperseded: newer(facts)
        case .codeUsed:
            "Koden er allerede brukt. Er du ikke ferdig? Be om en ny kode."
        case .factorUnavailable:
            "Vi kan ikke sende deg en kode på denne måten nå. Velg en annen måte. Får du ikke logget "
                + "inn? Gjenopprett da tilgangen, eller ta kontakt med \(contact(facts))."
        case .unmetAuthenticationRequirements:
            "Her må du logge inn på en måte som du ikke har ennå. Logg inn som vanlig, legg til "
                + (facts.needsApp ? "en app" : "en app eller en telefon")
                + " på kontoen din, og prøv så igjen. Går det ikke? Ta da kontakt med "
                + "\(contact(facts))."
        case .factorRequired:
            "Du trenger denne måten å logge inn på. Legg først til en annen; så kan du "
                + "fjerne denne."
        case .numberNotRegistered:
            "Begynn med mobilnummeret som legekontoret har til deg. Etterpå kan du legge til et annet "
                + "nummer eller en app. Er det nummeret gammelt, eller mangler det? Ta kontakt med "
                + "\(contact(facts))."
        case .clockSkew:
            "Klokken på telefonen din går feil, derfor stemmer ikke koden. Sett dato og "
                + "klokkeslett til automatisk i innstillingene, og bruk så den neste koden."
        case .tooManyKeys:
            "Dette systemet har allerede to nøkler. Trekk tilbake en av dem, og lag så den nye."
        case .nationalNumberTaken:
            "En annen pasient ved legekontoret er registrert med dette fødselsnummeret. "
                + "Ta kontakt med \(contact(facts))."
        case .documentPublished:
            "Denne versjonen er allerede publisert med en annen tekst. Gi den nye teksten en ny versjon."
        case .patientIncomplete:
            "Legekontoret mangler opplysninger som trengs for å lage en konto. "
                + "Ta kontakt med \(contact(facts))."
        case .alreadyActive:
            "Det finnes allerede en konto. Logg inn med e-postadressen eller brukernavnet og "
                + "passordet. " + otherwise(facts)
        case .invitationClosed:
            "Denne invitasjonen gjelder ikke lenger. Be om en ny hos \(contact(facts))."
        case .linkUnknown:
            "Denne lenken kjenner vi ikke. Kopier hele lenken fra e-posten. " + otherwise(facts)
        case .identityWayOff:
            "Hos dette legekontoret går det bare med kundenummeret og super-PIN-koden fra brevet. "
                + "Ta kontakt med \(contact(facts)) for å få et brev."
        case .rememberedDeviceOff:
            "Dette legekontoret lar ikke enheter bli husket. "
                + "Du får en kode hver gang du logger inn."
        case .insufficientUserAuthentication:
            "For å gjøre dette må du nettopp ha logget inn. Logg inn på nytt, og prøv igjen."
        case .sessionUnfinished:
            "Noen trinn gjenstår før du kan gå videre. Gjør dem først."
        case .linkSuperseded:
            "Det er sendt en nyere e-post med en lenke. Bruk lenken i den nyeste."
        case .enrolmentEnded:
            "Her kan du ikke fortsette. Åpne lenken fra e-posten en gang til; det du har fylt ut, "
                + "blir tatt vare på så langt det går."
        case .stepOutOfOrder:
            "Dette steget er ikke det neste. Gå tilbake til portalen og fortsett der."
        case .recoveryEnded:
            "Denne gjenopprettingen er avsluttet. Begynn på nytt hvis du fortsatt ikke kan "
                + "logge inn. "
                + otherwise(facts)
        case .proofRepeated:
            "Dette har du allerede vist. Gjenoppretting krever noe annet i tillegg, som en "
                + "kode på en annen måte, super-PIN-en din eller en kode fra skranken."
        case .proofIncorrect:
            "Dette stemmer ikke eller gjelder ikke lenger. Se over det og prøv igjen. "
                + otherwise(facts)
        case .linkingCodeRefused:
            "Denne koden virker ikke, eller ikke lenger: den kan brukes én gang, innen fem minutter "
                + "etter at du logget inn. Lag en ny hos det andre legekontoret. "
                + otherwise(facts)
        case .recoveryWaiting:
            "For din sikkerhet må det først gå noe tid etter en gjenoppretting, eller etter den "
                + "andre skrankekoden. \(again(facts.wait)) " + otherwise(facts)
        case .usernameTaken: "Dette brukernavnet er allerede i bruk. Velg et annet."
        case .addressTaken:
            "Denne e-postadressen tilhører allerede en annen ved dette legekontoret. Adressen din "
                + "blir som den er. Velg en annen."
        case .identityRefused:
            "Med disse opplysningene kan vi ikke gjenkjenne deg. \(triesLeft(facts)) "
                + otherwise(facts)
        case .passwordRefused:
            "Dette passordet er ikke godt nok ennå. Hva som mangler, står ved siden av."
        case .identityThrottled:
            "Det er prøvd for mange ganger å bekrefte opplysninger. \(again(facts.wait)) "
                + otherwise(facts)
        case .documentSuperseded:
            "Vilkårene eller personvernerklæringen er nettopp endret. Les den nye versjonen "
                + "og gå så videre."
        case .documentsRequired:
            "For å gå videre må du godta vilkårene og personvernerklæringen som gjelder nå."
        case .channelUnavailable:
            "Vi har ingen adresse som koden kan sendes til på denne måten. Velg en annen måte."
        case .idempotencySecretGone:
            "Forespørselen er allerede behandlet. Start på nytt."
        case .requestRunning: "Vi behandler fortsatt forespørselen. \(again(facts.wait))"
        case .codeExpired: "Koden er utløpt. Be om en ny kode."
        case .preconditionFailed:
            "Noen har endret dette i mellomtiden. Se på det på nytt, og gjør så endringen din."
        case .fieldInvalid:
            "Noe av det du fylte inn, stemmer ikke. Se over det og prøv igjen."
        case .textUnusable:
            "Denne teksten kan ikke sendes slik. Det står ved siden av hva som må rettes."
        case .codeIncorrect: incorrect(facts)
        case .codeMalformed: malformed(facts)
        case .passwordIncorrect:
            "Dette er ikke passordet ditt. Se etter store bokstaver og mellomrom, og prøv igjen."
        case .passwordThrottled:
            "Feil passord er skrevet inn for mange ganger. \(again(facts.wait))"
        case .loginThrottled:
            "Det er gjort for mange forsøk på å logge inn. \(again(facts.wait)) "
                + "Du trenger ikke å gjøre noe selv."
        case .codeAttemptsExhausted:
            "Feil kode er skrevet inn for mange ganger. \(anew(facts.wait)) " + otherwise(facts)
        case .resendTooSoon:
            "Vi har nettopp sendt deg en kode. Se også i søppelposten. Har du ikke fått koden? "
                + again(facts.wait)
        case .sendsExhausted:
            "Det er sendt for mange meldinger. \(again(facts.wait)) Kommer de ikke frem? Ta "
                + "kontakt med \(contact(facts))."
        case .sendLimitReached:
            "Det er sendt mange meldinger nå. \(again(facts.wait)) " + otherwise(facts)
        case .tooManyChanges:
            "Det er endret mye nå. \(again(facts.wait)) " + otherwise(facts)
        case .superPINLimitReached:
            "I dag er det allerede laget mange nye super-PIN-er for denne pasienten. Den siste "
                + "gjelder fortsatt. \(again(facts.wait))"
        case .sendingStopped:
            "Vi sender ikke koder på denne måten akkurat nå. Velg en annen måte, eller ta kontakt "
                + "med \(contact(facts))."
        case .internalError:
            "Noe gikk galt hos oss. Prøv igjen om noen minutter. " + otherwise(facts)
        case .serviceUnavailable:
            "Det er ikke mulig å logge inn akkurat nå. Prøv igjen om noen sekunder."
        case .overloaded: "Det er stor pågang akkurat nå. Prøv igjen om noen sekunder."
        }
    }

    func detail(_ code: Problem.Fault.Code) -> String {
        switch code {
        case .required: "Dette mangler."
        case .wrongType: "Dette er feil slags opplysning."
        case .tooShort: "Dette er for kort eller tomt."
        case .tooLong: "Dette er for langt."
        case .outOfRange: "Tallet er for lite eller for stort."
        case .wrongFormat: "Dette er ikke skrevet riktig."
        case .noSuchDay: "Denne dagen finnes ikke, eller ingen er født da."
        case .checkDigit:
            "Dette nummeret stemmer ikke: et siffer er feil, eller to siffer er byttet om."
        case .notAllowed: "Dette valget finnes ikke."
        case .notANumber: "Dette er ikke et telefonnummer."
        case .unassignedNumber: "Dette telefonnummeret finnes ikke. Se etter om det stemmer."
        case .countryUnknown:
            "Denne landkoden finnes ikke. For Norge er den +47, for Nederland +31."
        case .countryCodesDiffer: "Landkoden står der to ganger, og ikke likt. Skriv den én gang."
        case .countryNotAllowed:
            "Vi sender ikke koder til dette landet. Velg et mobilnummer fra et annet land."
        case .landline: "Dette er et fastnummer. Skriv et mobilnummer: bare dit kommer SMS fram."
        case .tollFreeNumber: "Dette er et gratis servicenummer. Skriv et mobilnummer."
        case .premiumRateNumber: "Dette er et betalt servicenummer. Skriv et mobilnummer."
        case .machineNumber:
            "Dette nummeret hører til et apparat. Skriv et mobilnummer der du leser SMS."
        case .notMobile: "Dette er ikke et mobilnummer. Skriv et mobilnummer."
        case .unknown: "Dette kjenner vi ikke til her."
        case .duplicate: "Dette står to ganger."
        case .tooDeep: "Dette har for mange nivåer."
        case .syntax: "Dette er ikke gyldig JSON."
        case .encoding: "Dette er ikke gyldige tegn."
        }
    }

    private func contact(_ facts: ProblemFacts) -> String {
        facts.contact.map { "legekontoret, \($0)" } ?? "legekontoret ditt"
    }

    private func otherwise(_ facts: ProblemFacts) -> String {
        "Får du det ikke til? Ta kontakt med \(contact(facts))."
    }

    private func again(_ wait: ProblemFacts.Wait) -> String {
        switch wait {
        case .unknown: "Prøv igjen senere."
        case .over: "Du kan prøve igjen nå."
        case .seconds(1): "Prøv igjen om 1 sekund."
        case .seconds(let count): "Prøv igjen om \(count) sekunder."
        case .minutes(let count): "Prøv igjen om \(count) minutter."
        case .today(let clock): "Prøv igjen kl. \(clock)."
        case .tomorrow(let clock): "Prøv igjen i morgen kl. \(clock)."
        case .later(let instant, let zone, let clock):
            "Prøv igjen \(LocalTime.day(instant, in: zone, language: .bokmål)) kl. \(clock)."
        }
    }

    private func anew(_ wait: ProblemFacts.Wait) -> String {
        wait == .over ? "Be om en ny kode, eller begynn på nytt." : again(wait)
    }

    private func newer(_ facts: ProblemFacts) -> String {
        guard let newest = facts.newestCode else {
            return "Det er sendt en nyere kode. Bruk den."
        }
        return "Det ble sendt en nyere kode kl. \(newest.sentAtLocal) "
            + "(referanse \(newest.reference)). Bruk den."
    }

    private func incorrect(_ facts: ProblemFacts) -> String {
        switch facts.attemptsLeft {
        case nil: "Koden er ikke riktig. Se over den og prøv igjen."
        case 0?:
            "Koden er ikke riktig. \(facts.wait == .unknown ? "Start innloggingen på nytt." : again(facts.wait)) "
                + otherwise(facts)
        case 1?: "Koden er ikke riktig. Du kan prøve én gang til."
        case let count?: "Koden er ikke riktig. Du kan prøve \(count) ganger til."
        }
    }

    private func triesLeft(_ facts: ProblemFacts) -> String {
        switch facts.attemptsLeft {
        case nil: "Se over dem og prøv igjen."
        case 0?: "Be legekontoret om en ny invitasjon."
        case 1?: "Se over dem; du kan prøve én gang til."
        case let count?: "Se over dem; du kan prøve \(count) ganger til."
        }
    }

    private func malformed(_ facts: ProblemFacts) -> String {
        let found =
            switch facts.digitsFound {
            case nil: ""
            case 0?: "Vi fant ingen sifre. "
            case 1?: "Vi fant 1 siffer. "
            case let count?: "Vi fant \(count) sifre. "
            }
        let asked = facts.digitsExpected.map { "Koden har \($0) sifre. " } ?? ""
        return found + asked + "Skriv inn alle sifrene. Dette teller ikke som et forsøk."
    }
}
