import Foundation
import Postgres

/// Gives back a guess that turned out to be the right code of an older flow: typing yesterday's code
/// is a mistake, not an attack, and spends nothing (SC-3).
///
/// Only a code that this service made for this subject comes here, so nothing is gained by it.
struct RefundGuess: Statement {
    let act: Act
    let guess: WrongGuess

    var subject: UUID? { guess.subjectID }

    static let sql = """
        with returned as (  -- 1. To the hour.
            update code_subject
            set guesses = guesses[:greatest(0, cardinality(guesses) - 1)]
            where practice_id = $1::uuid
              and subject_id = $3::uuid
              and purpose = $6::text
            returning subject_id
        ),
        restored as (  -- 2. To the code.
            update code
            set attempts_left = attempts_left + 1
            where practice_id = $1::uuid
              and code_id = $4::uuid
              and attempts_left < \(Code.attemptCount)
            returning code_id, factor_id
        ),
        unstopped as (  -- 3. To the phone or the mailbox, which it may have been the last one of.
            update factor
            set \(oneLess("factor"))
            from restored
            where factor.account_id = $3::uuid
              and factor.factor_id = restored.factor_id
              and $6::text = '\(CodePurpose.signIn.slug)'
              and factor.failures > 0
        ),
        unstopped_mailbox as (
            update contact
            set \(oneLess("contact"))
            from restored
            where contact.account_id = $3::uuid
              and contact.contact_id = restored.factor_id
              and $6::text = '\(CodePurpose.signIn.slug)'
              and contact.failures > 0
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.guessRefunded.rawValue)', 'done', 'superseded',
                   $2::uuid, restored.code_id, $5::uuid
            from restored
        )
        select exists (select from returned) as returned, $nonce as nonce
        """

    private static func oneLess(_ row: String) -> String {
        """
        failures = \(row).failures - 1,
                        disabled_at = case
                            when \(row).failures <> \(FactorLimits.failures) then \(row).disabled_at
                        end
        """
    }

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), act.client, .uuid(guess.subjectID), .uuid(guess.codeID),
            .uuid(act.requestID), .text(guess.purpose),
        ]
    }

    static func decode(_ rows: [Row]) throws {}
}
