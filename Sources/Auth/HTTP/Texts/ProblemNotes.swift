extension Problem.Kind {
    /// When this is answered and what to do about it, for whoever writes the calling system.
    var developerNote: String {
        switch self {
        case .bodyMalformed:
            "The body is no JSON object: broken syntax, a name that comes twice, more than 16 "
                + "levels, bytes that are not UTF-8, or a number out of range. See errors."
        case .headerInvalid:
            "A header is missing or cannot be read: X-Patient-IP must be one IP address, "
                + "Idempotency-Key 1 to 255 visible ASCII characters, X-Acting-Staff 1 to 64. See "
                + "errors."
        case .queryInvalid:
            "A query parameter is unknown, comes twice or cannot be read. See errors."
        case .requestMalformed:
            "This is not an HTTP/1.1 request that two parsers would read alike. The connection is "
                + "closed."
        case .apiKeyInvalid:
            "X-API-Key is missing, unknown, revoked or expired. Nothing else was looked at."
        case .tokenInvalid:
            "The patient's access token is missing, expired, revoked or of another practice. "
                + "Refresh it, or sign the patient in again."
        case .signatureInvalid:
            "The report is not signed by the gateway that its path names, its timestamp is more than "
                + "five minutes off, or there is no such gateway."
        case .scopeMissing: "The key is valid and does not have the scope that this call needs."
        case .loginRefused:
            "One answer for an unknown identifier, a wrong password, a disabled account, a shared "
                + "address and another practice; it never says which. Show detail and the form."
        case .notFound:
            "No such path, or no such thing for this client: what belongs to another client or "
                + "practice is answered like what never was. /docs lists every path."
        case .codeUnknown: "No live code has this id for this client."
        case .factorUnknown: "The login does not offer this factor. Read the login for its factors."
        case .methodNotAllowed: "The path does not know this method. See the Allow header."
        case .notAcceptable:
            "Accept names nothing that this call can answer with: application/json, and where the "
                + "call says so application/pdf or text/html. Nothing was done."
        case .requestTimeout:
            "The whole body did not arrive in time. The connection is closed; send it again."
        case .loginEnded: "The login was completed, abandoned or ended. Begin a new one."
        case .codeSuperseded:
            "A newer code was sent; newest_sent_at_local and newest_reference say which. This "
                + "attempt was not counted."
        case .codeUsed:
            "The code was right and has been used. If it was this request's own first try, repeat "
                + "it with the same Idempotency-Key."
        case .factorUnavailable:
            "The account has no factor that a code may go to now: the practice's policy leaves none, or "
                + "wrong codes stopped it. Offer another factor, a recovery or the practice's contact."
        case .unmetAuthenticationRequirements:
            "Nothing that the account may sign in with now reaches acr_values; no login was made. "
                + "factor_types says what to enrol: sign in without acr_values first."
        case .factorRequired:
            "It is the last factor that the practice's policy demands, or the only way left to sign in. "
                + "Nothing was changed: add another one first."
        case .numberNotRegistered:
            "The patient proved who they are by address, date of birth and postcode, so the first phone or "
                + "app is the number of the practice's register: offer that with from_register. Without "
                + "one the practice adds it."
        case .tooManyKeys:
            "The client has two live keys. Revoke the older one once nobody uses it any more."
        case .nationalNumberTaken:
            "Another entry of the practice's register has this national number. Nothing was changed: "
                + "correct or delete that entry first."
        case .documentPublished:
            "This version was published in this language with another title or text, and people may "
                + "have accepted it. Give the new text a version of its own."
        case .patientIncomplete:
            "The register lacks what the practice's policy requires before a patient can enrol, or "
                + "where the invitation would go; missing names the fields. For a re-activation it "
                + "names account where the patient has none to come back to (invite them), or "
                + "confirmed_email where that account has no confirmed mailbox. Nothing was sent."
        case .alreadyActive:
            "The patient has an account of their own. Nothing that grants access is sent; show how to "
                + "sign in. A practice can send a re-activation, which does that by mail."
        case .invitationClosed:
            "The invitation was declined or taken back, or it is void: too many wrong answers, or "
                + "other details in the register since. The practice can invite anew."
        case .linkUnknown:
            "No link has this token, or it confirms another enrolment. Hand in what stands behind "
                + "token= as it is."
        case .identityWayOff:
            "The practice's policy identity_by_details is off, or the practice wants a phone or an app "
                + "and its register has no mobile of the patient. Offer what ways names."
        case .rememberedDeviceOff:
            "The practice's policy remembered_device is off. Do not offer it; a device_token that a "
                + "patient still has is ignored."
        case .insufficientUserAuthentication:
            "RFC 9470: the sign-in of this access token is older than max_age seconds or below "
                + "acr_values. Let the patient sign in again by such a factor. Nothing was changed."
        case .sessionUnfinished:
            "The practice's policy wants the steps done first; this access token is for them alone."
        case .linkSuperseded: "A newer link was mailed, which voids this one."
        case .enrolmentEnded:
            "The enrolment has expired, or identity was proven in another one since. Begin a new one "
                + "with the token of the link."
        case .stepOutOfOrder:
            "Another step is due: step says which of an enrolment, next of a login; a super-PIN is made "
                + "before it is activated, and in a recovery something is proved before an app's code "
                + "is taken or a change is made. Nothing was changed."
        case .recoveryEnded:
            "The recovery has expired, has changed what it was for, or another one of the account or "
                + "its owner ended it. Begin a new one."
        case .proofRepeated:
            "A proof of this class was shown already; a recovery needs two different ones. Offer what "
                + "ways names."
        case .proofIncorrect:
            "The super-PIN, recovery code or desk code is wrong, used or void, or nobody can recover by what was "
                + "typed; it never says which. attempts_left is there after a code was right."
        case .linkingCodeRefused:
            "The linking code was never made, is used or replaced, or the sign-in that it was made from is "
                + "over or older than five minutes. Nothing was linked."
        case .recoveryWaiting:
            "Two recoveries, or a recovery and a sensitive change by what it rested on, lie the "
                + "operator's wait apart (72 hours unless chosen otherwise); so do two desk codes and the "
                + "change. See retry_at. Nothing was changed."
        case .usernameTaken: "Somebody of this practice signs in with it. Nothing was kept."
        case .addressTaken:
            "Somebody else of this practice is known by the address, and this account has neither a "
                + "username nor a customer number to sign in with. The address before it stays."
        case .identityRefused:
            "Something of it is not as the practice has it; it never says what. attempts_left counts "
                + "all enrolments of the patient; at 0 the invitation is closed."
        case .passwordRefused:
            "The password breaks rules of the practice; broken_rules names each, in words to show."
        case .identityThrottled:
            "Too many tries of the patient's network in an hour, or openings of one link. Nothing was "
                + "looked at. Wait until retry_at."
        case .documentSuperseded:
            "A newer version came into force than the one that was accepted. Nothing was kept: show the "
                + "documents that `documents` names and send those."
        case .documentsRequired:
            "What was accepted is not all that has to be, or not in force: `documents` names what is "
                + "left. Nothing was kept."
        case .channelUnavailable:
            "The code's caller named an address, or the account has none of this kind. Resend by the "
                + "same channel, or ask for a code to another address."
        case .idempotencySecretGone:
            "The first request with this Idempotency-Key was answered, and its secrets are no "
                + "longer repeated. Begin anew."
        case .requestRunning:
            "A request with this Idempotency-Key is still being worked on; this one did nothing. Send "
                + "it again under the same key, not before retry_at: it gets the answer of the first."
        case .codeExpired: "The code's time is over. Send a new one."
        case .preconditionFailed:
            "If-Match names a version that is no longer the current one. Nothing was changed: read "
                + "it again and send the change with its ETag."
        case .bodyTooLarge: "The body is larger than this call takes. The connection is closed."
        case .targetTooLong: "The request target is longer than 4 KiB. The connection is closed."
        case .mediaTypeUnsupported:
            "Send application/json (or application/x-ndjson where the call says so) in UTF-8, "
                + "without Content-Encoding."
        case .expectationFailed: "Expect knows 100-continue only. The connection is closed."
        case .fieldInvalid: "Fields are missing, unknown or wrong; errors names all of them."
        case .textUnusable:
            "The words for a message break a rule; text_faults names each, by part."
        case .codeIncorrect: "The code is wrong; attempts_left says how many guesses remain."
        case .codeMalformed:
            "What was typed holds digits_found digits and not 6. This attempt was not counted."
        case .clockSkew:
            "The app's code is right for a time up to ten minutes away: the phone's clock is off. It "
                + "counts as a wrong one."
        case .idempotencyKeyReused:
            "Another request was sent with this Idempotency-Key. Use a fresh key for each act."
        case .headersTooLarge:
            "More than 64 header fields, 8 KiB in one, or 16 KiB in all. The connection is closed."
        case .passwordIncorrect: "The patient's own password was asked and differs."
        case .passwordThrottled:
            "Too many wrong passwords were given for this account while signed in. Wait until retry_at."
        case .loginThrottled:
            "Too many failures for this identifier or network. The password was not looked at. "
                + "Wait until retry_at."
        case .codeAttemptsExhausted:
            "No guess is left on this code or in this hour. Wait until retry_at, then begin anew."
        case .resendTooSoon:
            "A code or mail was sent a moment ago. A further one can be sent at retry_at."
        case .sendsExhausted:
            "What may be sent to the destination in an hour or a day is spent. Wait until retry_at."
        case .sendLimitReached:
            "`limit` says which: `client` (this caller's hour), `practice` (SMS of the day), `cost` "
                + "(what they cost), `network` (the patient's network), `numbers` (a block of "
                + "numbers where codes are hardly ever entered). Wait until retry_at."
        case .tooManyChanges:
            "So many changes in an hour that nobody of the practice's admin_contacts would still read "
                + "what they are told of each. Wait until retry_at. Keys can still be revoked."
        case .superPINLimitReached:
            "As many super-PINs as a day allows were made for this patient; the newest is still "
                + "good. Wait until retry_at."
        case .internalError: "A fault on our side; the log has it under request_id."
        case .serviceUnavailable:
            "The service could not finish in time. Whether the act was done may be unknown: repeat "
                + "it with the same Idempotency-Key after Retry-After."
        case .sendingStopped:
            "The operator has stopped this channel. Offer another one; it may be long."
        case .overloaded: "Too much is going on. Nothing was done; repeat it after Retry-After."
        }
    }
}
