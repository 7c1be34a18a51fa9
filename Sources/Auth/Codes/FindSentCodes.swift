import Foundation
import Postgres

/// The newest codes that were sent to what a signed-in patient adds or changes, and how far each got:
/// whoever waits for one is told why it does not come (NO-4).
struct FindSentCodes: Statement {
    let practice: UUID
    let account: UUID
    let purposes: [CodePurpose]

    static let sql = """
        select code.purpose, code.factor_id, code.code_id, code.channel, code.destination,
               code.reference, code.sent_at, code.expires_at, code.resend_at,
               \(SentCode.attemptsLeftColumn),
               \(SentCode.deliveryColumns),
               $nonce as nonce
        from code_subject
        join code
            on code.practice_id = $1::uuid
            and code.code_id = code_subject.newest_code_id
        join message
            on message.practice_id = $1::uuid
            and message.code_id = code.code_id
        where code_subject.practice_id = $1::uuid
          and code_subject.subject_id = $2::uuid
          and code_subject.purpose = any ($3::text[])
          and code.used_at is null
        """

    var parameters: [Parameter] {
        [.uuid(practice), .uuid(account), .texts(purposes.map(\.slug))]
    }

    struct Sent: Sendable {
        let purpose: String
        /// What the code is to activate, where that is a factor.
        let factorID: UUID?
        let code: SentCode
    }

    static func decode(_ rows: [Row]) throws -> [Sent] {
        try rows.map { row in
            Sent(
                purpose: try row.text("purpose"), factorID: try row.uuidIfPresent("factor_id"),
                code: try SentCode(row))
        }
    }
}
