/// English.
struct EnglishProblemTexts: ProblemTexts {
    let page = ProblemPageWords(
        whatToDo: "What can you do?", status: "HTTP status", forDevelopers: "For developers")

    func title(_ kind: Problem.Kind) -> String {
        switch kind {
        case .bodyMalformed: "Unreadable request"
        case .headerInvalid: "Invalid header"
        case .queryInvalid: "Invalid query"
        case .requestMalformed: "Invalid request"
        case .apiKeyInvalid: "Unknown key"
        case .tokenInvalid: "Not signed in"
        case .signatureInvalid: "Unknown signature"
        case .scopeMissing: "No access"
        case .loginRefused: "Sign-in failed"
        case .notFound: "Not found"
        case .codeUnknown: "Unknown code"
        case .factorUnknown: "Unknown way of receiving codes"
        case .methodNotAllowed: "Not possible"
        case .notAcceptable: "Not available like this"
        case .requestTimeout: "Too slow"
        case .loginEnded: "Sign-in ended"
        case .codeSuperseded: "There is a newer code"
        case .codeUsed: "Code already used"
        case .factorUnavailable: "No code can be sent"
        case .unmetAuthenticationRequirements: "You cannot sign in like this yet"
        case .factorRequired: "This is your last way"
        case .numberNotRegistered: "Your practice does not know this number"
        case .channelUnavailable: "The code cannot come this way"
        case .tooManyKeys: "Too many keys"
        case .nationalNumberTaken: "Number already registered"
        case .documentPublished: "Version already published"
        case .patientIncomplete: "Details are missing"
        case .alreadyActive: "You already have an account"
        case .invitationClosed: "Invitation no longer valid"
        case .linkUnknown: "Unknown link"
        case .identityWayOff: "Not possible at this practice"
        case .rememberedDeviceOff: "Device cannot be remembered"
        case .insufficientUserAuthentication: "Sign in again first"
        case .sessionUnfinished: "Some steps are left"
        case .linkSuperseded: "There is a newer mail"
        case .enrolmentEnded: "Open your link again"
        case .stepOutOfOrder: "Another step first"
        case .recoveryEnded: "Recovery ended"
        case .proofRepeated: "Another proof is needed"
        case .proofIncorrect: "Proof not recognised"
        case .linkingCodeRefused: "Linking code not recognised"
        case .recoveryWaiting: "Not possible yet"
        case .usernameTaken: "Username in use"
        case .addressTaken: "E-mail address in use"
        case .identityRefused: "Details not recognised"
        case .passwordRefused: "Choose another password"
        case .passwordIncorrect: "Incorrect password"
        case .identityThrottled: "Too many attempts"
        case .passwordThrottled: "Too many attempts"
        case .documentSuperseded: "There is a newer version"
        case .idempotencySecretGone: "Already done"
        case .requestRunning: "Still being worked on"
        case .codeExpired: "Code expired"
        case .preconditionFailed: "Changed in the meantime"
        case .bodyTooLarge: "Request too large"
        case .targetTooLong: "Address too long"
        case .mediaTypeUnsupported: "Unknown kind of data"
        case .expectationFailed: "Not possible"
        case .fieldInvalid: "Details are not right"
        case .textUnusable: "Text not usable"
        case .documentsRequired: "Your agreement is needed"
        case .codeIncorrect: "Incorrect code"
        case .codeMalformed: "This is not a complete code"
        case .clockSkew: "The clock is off"
        case .idempotencyKeyReused: "Key of another request"
        case .headersTooLarge: "Too many headers"
        case .loginThrottled: "Too many attempts"
        case .codeAttemptsExhausted: "Too many incorrect codes"
        case .resendTooSoon: "Please wait a moment"
        case .sendsExhausted: "Too many messages sent"
        case .sendLimitReached: "No new messages just now"
        case .tooManyChanges: "Too many changes"
        case .superPINLimitReached: "Too many super-PINs"
        case .internalError: "Something went wrong"
        case .serviceUnavailable: "Not available just now"
        case .sendingStopped: "Sending is stopped"
        case .overloaded: "Very busy"
        }
    }

    func detail(_ kind: Problem.Kind, _ facts: ProblemFacts) -> String {
        switch kind {
        case .bodyMalformed, .headerInvalid, .queryInvalid, .requestMalformed, .apiKeyInvalid,
            .signatureInvalid,
            .scopeMissing, .methodNotAllowed, .bodyTooLarge, .targetTooLong,
            .mediaTypeUnsupported, .notAcceptable, .expectationFailed, .idempotencyKeyReused,
            .headersTooLarge:
            "Something went wrong between the portal and the sign-in service. Please try again. "
                + otherwise(facts)
        case .notFound:
            "This does not exist, or no longer does. Please go back to the portal and start again "
                + "there."
        case .tokenInvalid: "You are not signed in, or no longer are. Please sign in again."
        case .loginRefused:
            "Signing in failed. Check your username and your password. Do you share an e-mail "
                + "address with somebody? Then sign in with your customer number or your username. "
                + otherwise(facts)
        case .codeUnknown:
            "We do not know this code, or no longer. Please start again."
        case .factorUnknown:
            "We do not know this way of receiving codes. Please choose another way."
        case .requestTimeout:
            "Sending took too long. Check your internet connection and try again."
        case .loginEnded: "This sign-in has ended. Please start signing in again."
        case .codeSuperseded: newer(facts)
        case .codeUsed:
            "This code has been used already. Not done yet? Then ask for a new code."
        case .factorUnavailable:
            "We cannot send you a code this way just now. Choose another way. If you cannot sign "
                + "in, restore your access, or contact \(contact(facts))."
        case .unmetAuthenticationRequirements:
            "For this you have to sign in in a way that you do not have yet. Sign in as usual, add "
                + (facts.needsApp ? "an app" : "an app or a phone")
                + " to your account, and then try again. If that fails, contact "
                + "\(contact(facts))."
        case .factorRequired:
            "You need this way to sign in. Add another one first; then you can remove "
                + "this one."
        case .numberNotRegistered:
            "Begin with the mobile number that your practice has for you. After that you can add another "
                + "number or an app. Is that number old, or is there none? Then contact "
                + "\(contact(facts))."
        case .clockSkew:
            "The clock of your phone is off, so the code does not match. Set date and "
                + "time to automatic in its settings, and then use the next code."
        case .tooManyKeys:
            "This system has two keys already. Revoke one of them, then make the new one."
        case .nationalNumberTaken:
            "Another patient of the practice is registered with this national identity number. "
                + "Please contact \(contact(facts))."
        case .documentPublished:
            "This version was published before, with another text. Give the new text a new version."
        case .patientIncomplete:
            "The practice lacks details that an account needs. Contact \(contact(facts))."
        case .alreadyActive:
            "There is an account already. Sign in with the e-mail address or the username and the "
                + "password. " + otherwise(facts)
        case .invitationClosed:
            "This invitation is no longer valid. Ask for a new one: \(contact(facts))."
        case .linkUnknown:
            "We do not know this link. Copy the whole link from the mail. " + otherwise(facts)
        case .identityWayOff:
            "At this practice that takes the customer number and the super-PIN from the letter. "
                + "For a letter, contact \(contact(facts))."
        case .rememberedDeviceOff:
            "This practice does not have devices remembered. "
                + "You get a code each time you sign in."
        case .insufficientUserAuthentication:
            "To do this you must have signed in just now. Sign in again, then try once more."
        case .sessionUnfinished:
            "A few steps are left before you can go on. Do those first."
        case .linkSuperseded:
            "A newer mail with a link was sent. Use the link in the newest one."
        case .enrolmentEnded:
            "You cannot go on here. Open the link from the mail once more; what you filled in is "
                + "kept as far as possible."
        case .stepOutOfOrder:
            "This step is not the next one. Go back to the portal and go on there."
        case .recoveryEnded:
            "This recovery has ended. Begin again if you still cannot sign in. "
                + otherwise(facts)
        case .proofRepeated:
            "You have shown this already. A recovery needs something else beside it, such "
                + "as a code sent another way, your super-PIN or a code from the desk."
        case .proofIncorrect:
            "This is not right, or no longer in force. Please check it and try again. "
                + otherwise(facts)
        case .linkingCodeRefused:
            "This code does not work, or no longer: it can be used once, within five minutes after "
                + "you signed in. Make a new one at your other practice. "
                + otherwise(facts)
        case .recoveryWaiting:
            "For your safety some time has to pass first after access was restored, or after a "
                + "second desk code. \(again(facts.wait)) " + otherwise(facts)
        case .usernameTaken: "This username is in use already. Choose another one."
        case .addressTaken:
            "This e-mail address already belongs to somebody else of this practice. Your "
                + "address stays as it is. Choose another one."
        case .identityRefused:
            "With these details we cannot recognise you. \(triesLeft(facts)) " + otherwise(facts)
        case .passwordRefused:
            "This password is not good enough yet. What it lacks is listed beside it."
        case .identityThrottled:
            "Details were tried too often. \(again(facts.wait)) " + otherwise(facts)
        case .documentSuperseded:
            "The terms or the privacy statement were changed just now. Please read the new "
                + "version and then go on."
        case .documentsRequired:
            "To go on you have to agree to the terms and the privacy statement that are in "
                + "force now."
        case .channelUnavailable:
            "We have no address that the code could go to this way. Please choose another way."
        case .idempotencySecretGone:
            "This request was carried out already. Please start again."
        case .requestRunning:
            "We are still working on your request. \(again(facts.wait))"
        case .codeExpired: "This code has expired. Please ask for a new code."
        case .preconditionFailed:
            "Somebody has changed this in the meantime. Look at it again, then make your change."
        case .fieldInvalid:
            "Something you filled in is not right. Please check it and try again."
        case .textUnusable:
            "This text cannot be sent as it is. What to correct is listed with it."
        case .codeIncorrect: incorrect(facts)
        case .codeMalformed: malformed(facts)
        case .passwordIncorrect:
            "That is not your password. Check capitals and spaces, and try again."
        case .passwordThrottled:
            "An incorrect password was typed too many times. \(again(facts.wait))"
        case .loginThrottled:
            "There were too many attempts to sign in. \(again(facts.wait)) "
                + "You need not do anything else."
        case .codeAttemptsExhausted:
            "An incorrect code was typed too many times. \(anew(facts.wait)) " + otherwise(facts)
        case .resendTooSoon:
            "We have just sent you a code. Look in your spam folder too. No code? "
                + again(facts.wait)
        case .sendsExhausted:
            "Too many messages were sent. \(again(facts.wait)) Do they not arrive? Then contact "
                + "\(contact(facts))."
        case .sendLimitReached:
            "Many messages have been sent just now. \(again(facts.wait)) " + otherwise(facts)
        case .tooManyChanges:
            "Much has been changed just now. \(again(facts.wait)) " + otherwise(facts)
        case .superPINLimitReached:
            "Many new super-PINs have been made for this patient today. The last one is still "
                + "good. \(again(facts.wait))"
        case .sendingStopped:
            "We are not sending codes this way just now. Choose another way, or contact "
                + "\(contact(facts))."
        case .internalError:
            "Something went wrong on our side. Please try again in a few minutes. "
                + otherwise(facts)
        case .serviceUnavailable:
            "Signing in is not possible just now. Please try again in a few seconds."
        case .overloaded: "It is very busy just now. Please try again in a few seconds."
        }
    }

    func detail(_ code: Problem.Fault.Code) -> String {
        switch code {
        case .required: "This is missing."
        case .wrongType: "This is the wrong kind of value."
        case .tooShort: "This is too short or empty."
        case .tooLong: "This is too long."
        case .outOfRange: "This number is too small or too large."
        case .wrongFormat: "This is not written in the right way."
        case .noSuchDay: "There is no such day, or nobody was born on it."
        case .checkDigit:
            "This number is not right: a digit is wrong, or two have changed places."
        case .notAllowed: "There is no such choice."
        case .notANumber: "This is not a telephone number."
        case .unassignedNumber: "There is no such telephone number. Please check it."
        case .countryUnknown:
            "There is no such country code. It is +31 for the Netherlands and +47 for Norway."
        case .countryCodesDiffer:
            "The country code is there twice, and not the same. Enter it once."
        case .countryNotAllowed:
            "We send no codes to this country. Choose a mobile number of another country."
        case .landline:
            "This is a landline. Enter a mobile number: text messages arrive only there."
        case .tollFreeNumber: "This is a freephone number. Enter a mobile number."
        case .premiumRateNumber: "This is a premium-rate number. Enter a mobile number."
        case .machineNumber:
            "This number belongs to a device. Enter a mobile number where you read messages."
        case .notMobile: "This is not a mobile number. Enter a mobile number."
        case .unknown: "This is not known here."
        case .duplicate: "This is there twice."
        case .tooDeep: "This is nested too deeply."
        case .syntax: "This is not valid JSON."
        case .encoding: "These are not valid characters."
        }
    }

    private func contact(_ facts: ProblemFacts) -> String {
        facts.contact.map { "the practice, \($0)" } ?? "your practice"
    }

    private func otherwise(_ facts: ProblemFacts) -> String {
        "If it does not work, contact \(contact(facts))."
    }

    private func again(_ wait: ProblemFacts.Wait) -> String {
        switch wait {
        case .unknown: "Please try again later."
        case .over: "You can try again now."
        case .seconds(1): "Please try again in 1 second."
        case .seconds(let count): "Please try again in \(count) seconds."
        case .minutes(let count): "Please try again in \(count) minutes."
        case .today(let clock): "Please try again at \(clock)."
        case .tomorrow(let clock): "Please try again tomorrow at \(clock)."
        case .later(let instant, let zone, let clock):
            "Please try again on \(LocalTime.day(instant, in: zone, language: .english)) at \(clock)."
        }
    }

    private func anew(_ wait: ProblemFacts.Wait) -> String {
        wait == .over ? "Please ask for a new code, or start again." : again(wait)
    }

    private func newer(_ facts: ProblemFacts) -> String {
        guard let newest = facts.newestCode else {
            return "A newer code was sent. Please use that one."
        }
        return "A newer code was sent at \(newest.sentAtLocal) "
            + "(reference \(newest.reference)). Please use that one."
    }

    private func incorrect(_ facts: ProblemFacts) -> String {
        switch facts.attemptsLeft {
        case nil: "This code is not correct. Please check it and try again."
        case 0?:
            "This code is not correct. \(facts.wait == .unknown ? "Please start again." : again(facts.wait)) "
                + otherwise(facts)
        case 1?: "This code is not correct. You can try once more."
        case let count?: "This code is not correct. You can try \(count) more times."
        }
    }

    private func triesLeft(_ facts: ProblemFacts) -> String {
        switch facts.attemptsLeft {
        case nil: "Please check them and try again."
        case 0?: "Please ask the practice for a new invitation."
        case 1?: "Please check them; you can try once more."
        case let count?: "Please check them; you can try \(count) more times."
        }
    }

    private func malformed(_ facts: ProblemFacts) -> String {
        let found =
            switch facts.digitsFound {
            case nil: ""
            case 0?: "We found no digits. "
            case 1?: "We found 1 digit. "
            case let count?: "We found \(count) digits. "
            }
        let asked = facts.digitsExpected.map { "The code has \($0) digits. " } ?? ""
        return found + asked + "Type all of them. This does not count as an attempt."
    }
}
