import Foundation
import Postgres

/// Keeps which documents the person accepted, when, and in which language they read them (IN-5).
struct GiveConsents: IdempotentStatement {
    let act: Act
    let enrolment: UUID
    /// Of the enrolment, as it was read.
    let revision: Int
    let documents: [Document.Reference]
    /// From ``Document/languages(wanted:in:)``.
    let languages: [String]

    static let lane = Lane.ordinary

    enum Outcome: Sendable {
        case accepted
        /// A newer version came into force than one of those that were given; what is in force.
        case superseded([Document.Reference])
        /// Something is missing, or was never in force; likewise.
        case required([Document.Reference])
        case overtaken
    }

    static let arms = """
        \(Consents.judgedArms(kinds: "$8", versions: "$9", account: "null::uuid")),
        shown as (  -- As the person was shown them.
            select current_document.kind, current_document.version, shown.locale
            from current_document
            cross join lateral (
                select document.locale
                from document
                where document.practice_id = $1::uuid
                  and document.kind = current_document.kind
                  and document.version = current_document.version
                order by array_position($10::text[], document.locale)
                limit 1
            ) as shown
            where current_document.practice_id = $1::uuid
        ),
        kept as (
            select coalesce(
                       jsonb_agg(
                           jsonb_build_object(
                               'kind', shown.kind, 'version', shown.version,
                               'locale', shown.locale, 'accepted_at', clock_timestamp())
                           order by shown.kind desc),
                       '[]') as documents
            from shown
        ),
        accepted as (
            update enrolment
            set documents = kept.documents,
                revision = enrolment.revision + 1
            from judged, kept, invitation
            where enrolment.practice_id = $1::uuid
              and enrolment.client_id = $2::uuid
              and enrolment.enrolment_id = $6::uuid
              and enrolment.revision = $7::int8
              and enrolment.ended_at is null
              and invitation.practice_id = $1::uuid
              and invitation.invitation_id = enrolment.invitation_id
              and invitation.ended_at is null
              and judged.verdict = 'agreed'
              and not exists (select from stored)
            returning enrolment.enrolment_id
        ),
        outcome as (
            select case
                       when accepted.enrolment_id is not null then 'accepted'
                       when judged.verdict <> 'agreed' then judged.verdict
                       else 'overtaken'
                   end as word,
                   judged.documents, accepted.enrolment_id is not null as lasting
            from judged
            left join accepted on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.documentAccepted.rawValue)', 'done',
                   shown.kind || '/' || shown.version || '/' || shown.locale, $2::uuid,
                   accepted.enrolment_id, $5::uuid
            from accepted
            cross join shown
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(enrolment), .int(revision), .texts(documents.map(\.kind)),
            .texts(documents.map(\.version)), .texts(languages),
        ]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        switch try row.text("word") {
        case "accepted": .accepted
        case "superseded": .superseded(try Document.Reference.listed(in: row))
        case "required": .required(try Document.Reference.listed(in: row))
        default: .overtaken
        }
    }
}
