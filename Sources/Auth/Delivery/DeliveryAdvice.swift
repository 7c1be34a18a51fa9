extension DeliveryFailure.Reason {
    /// What a patient, or whoever helps them, can do about it; shown as `advice` beside `reason`.
    func advice(in language: Language) -> String {
        switch language {
        case .dutch: dutchAdvice
        case .bokmål: bokmålAdvice
        case .english: englishAdvice
        }
    }

    private var dutchAdvice: String {
        switch self {
        case .addressUnusable:
            "Aan dit adres of nummer kunnen we niets sturen. Vraag de praktijk het na te kijken."
        case .unknownNumber:
            "Dit nummer is niet in gebruik. Vraag de praktijk uw mobiele nummer na te kijken."
        case .notAMobile:
            "Dit nummer kan geen sms ontvangen. Geef de praktijk een mobiel nummer."
        case .unknownMailbox:
            "Dit e-mailadres bestaat niet. Vraag de praktijk uw e-mailadres na te kijken."
        case .mailboxFull: "Uw mailbox is vol. Verwijder berichten en vraag een nieuwe code."
        case .blockedBySubscriber:
            "Uw telefoon of provider blokkeert onze sms. Hef de blokkade op (bij een STOP-bericht: "
                + "stuur START) en vraag een nieuwe code."
        case .barredByNetwork:
            "Uw abonnement laat deze sms niet toe. Vraag het uw provider, of kijk of er nog beltegoed "
                + "is."
        case .phoneUnreachable:
            "Uw telefoon was niet bereikbaar. Zet hem aan, zoek bereik en vraag een nieuwe code."
        case .spamRefused:
            "Uw provider hield het bericht tegen als ongewenst. Kies een andere manier, of vraag uw "
                + "provider onze berichten door te laten."
        case .messageRefused:
            "Het bericht werd niet aangenomen. Kies een andere manier of bel de praktijk."
        case .notReported:
            "Het netwerk meldde niet dat het bericht aankwam. Wacht even of vraag een nieuwe code."
        case .dailyLimitReached:
            "De praktijk kan vandaag geen sms meer sturen. Kies een andere manier of bel de praktijk."
        case .unknownCause:
            "Het netwerk kon het bericht niet bezorgen. Vraag een nieuwe code of kies een andere "
                + "manier."
        case .serverUnreachable, .serverTimeout, .serverBusy, .answerUnreadable:
            "De verzending hapert. We proberen het vanzelf opnieuw; wacht even."
        case .senderRefused, .countryRefused, .accountSuspended, .loginRefused, .serverRefused,
            .encryptionUnavailable, .certificateUntrusted, .certificateForOtherHost, .hostRefused,
            .noGateway,
            .messageUnreadable:
            "Er is iets mis met de verzending, niet met uw gegevens. Kies een andere manier of bel de "
                + "praktijk."
        }
    }

    private var bokmålAdvice: String {
        switch self {
        case .addressUnusable:
            "Vi kan ikke sende til denne adressen eller dette nummeret. Be legekontoret sjekke det."
        case .unknownNumber:
            "Nummeret er ikke i bruk. Be legekontoret sjekke mobilnummeret ditt."
        case .notAMobile:
            "Nummeret kan ikke motta SMS. Gi legekontoret et mobilnummer."
        case .unknownMailbox:
            "E-postadressen finnes ikke. Be legekontoret sjekke e-postadressen din."
        case .mailboxFull: "Postkassen din er full. Slett meldinger og be om en ny kode."
        case .blockedBySubscriber:
            "Telefonen eller operatøren din blokkerer våre SMS-er. Opphev sperren (har du sendt STOP: "
                + "send START) og be om en ny kode."
        case .barredByNetwork:
            "Abonnementet ditt tillater ikke denne SMS-en. Spør operatøren, eller se om det er penger "
                + "igjen på kontantkortet."
        case .phoneUnreachable:
            "Telefonen din var ikke tilgjengelig. Slå den på, finn dekning og be om en ny kode."
        case .spamRefused:
            "Leverandøren din stoppet meldingen som uønsket. Velg en annen måte, eller be "
                + "leverandøren slippe meldingene våre gjennom."
        case .messageRefused:
            "Meldingen ble ikke tatt imot. Velg en annen måte eller ring legekontoret."
        case .notReported:
            "Nettet meldte ikke at meldingen kom fram. Vent litt, eller be om en ny kode."
        case .dailyLimitReached:
            "Legekontoret kan ikke sende flere SMS-er i dag. Velg en annen måte eller ring "
                + "legekontoret."
        case .unknownCause:
            "Nettet kunne ikke levere meldingen. Be om en ny kode eller velg en annen måte."
        case .serverUnreachable, .serverTimeout, .serverBusy, .answerUnreadable:
            "Utsendingen henger. Vi prøver igjen av oss selv; vent litt."
        case .senderRefused, .countryRefused, .accountSuspended, .loginRefused, .serverRefused,
            .encryptionUnavailable, .certificateUntrusted, .certificateForOtherHost, .hostRefused,
            .noGateway,
            .messageUnreadable:
            "Noe er galt med utsendingen, ikke med opplysningene dine. Velg en annen måte eller ring "
                + "legekontoret."
        }
    }

    private var englishAdvice: String {
        switch self {
        case .addressUnusable:
            "We cannot send to this address or number. Ask the practice to check it."
        case .unknownNumber:
            "This number is not in use. Ask the practice to check your mobile number."
        case .notAMobile:
            "This number cannot receive text messages. Give the practice a mobile number."
        case .unknownMailbox:
            "This e-mail address does not exist. Ask the practice to check your e-mail address."
        case .mailboxFull: "Your mailbox is full. Delete messages and ask for a new code."
        case .blockedBySubscriber:
            "Your phone or provider blocks our text messages. Lift the block (if you sent STOP, send "
                + "START) and ask for a new code."
        case .barredByNetwork:
            "Your subscription does not take this text message. Ask your provider, or see whether "
                + "there is credit left."
        case .phoneUnreachable:
            "Your phone could not be reached. Switch it on, find coverage and ask for a new code."
        case .spamRefused:
            "Your provider stopped the message as unwanted. Choose another way, or ask your provider "
                + "to let our messages through."
        case .messageRefused:
            "The message was not accepted. Choose another way or call the practice."
        case .notReported:
            "The network did not say that the message arrived. Wait a little, or ask for a new code."
        case .dailyLimitReached:
            "The practice can send no more text messages today. Choose another way or call the "
                + "practice."
        case .unknownCause:
            "The network could not deliver the message. Ask for a new code or choose another way."
        case .serverUnreachable, .serverTimeout, .serverBusy, .answerUnreadable:
            "Sending is slow just now. We try again by ourselves; wait a little."
        case .senderRefused, .countryRefused, .accountSuspended, .loginRefused, .serverRefused,
            .encryptionUnavailable, .certificateUntrusted, .certificateForOtherHost, .hostRefused,
            .noGateway,
            .messageUnreadable:
            "Something is wrong with the sending, not with your details. Choose another way or call "
                + "the practice."
        }
    }
}
