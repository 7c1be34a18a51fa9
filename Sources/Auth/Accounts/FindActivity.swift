import Foundation
import Postgres

/// What happened to an account in a practice, the newest first, out of the audit.
struct FindActivity: Statement {
    let practice: UUID
    let account: UUID
    /// The last row of the page before.
    let after: UUID?

    static let lane = Lane.ordinary
    /// Rows of the audit, which may be fewer lines.
    static let pageLimit = 50

    struct Happening: Sendable {
        let id: UUID
        let at: Date
        let kind: ActivityKind?
        /// Masked; of a code.
        let destination: String?
    }

    static let sql = """
        select audit.audit_id, audit.happened_at, audit.event, audit.result, audit.reason,
               sent.destination, $nonce as nonce
        from audit
        left join lateral (
            select code.destination
            from code
            where code.practice_id = $1::uuid
              and code.code_id = audit.object_id
              and audit.event = '\(AuditEvent.codeSent.rawValue)'
        ) as sent on true
        where audit.practice_id = $1::uuid
          and audit.account_id = $2::uuid
          and audit.event = any ($3::text[])
          and ($4::uuid is null or (audit.happened_at, audit.audit_id) < (
              select page.happened_at, page.audit_id
              from audit as page
              where page.practice_id = $1::uuid
                and page.audit_id = $4::uuid))
        order by audit.happened_at desc, audit.audit_id desc
        limit $5::int8
        """

    var parameters: [Parameter] {
        [
            .uuid(practice), .uuid(account), .texts(ActivityKind.events.map(\.rawValue)),
            after.map(Parameter.uuid) ?? .null, .int(Self.pageLimit + 1),
        ]
    }

    /// One more than a page where more follow.
    static func decode(_ rows: [Row]) throws -> [Happening] {
        try rows.map { row in
            let kind = AuditEvent(rawValue: try row.text("event")).flatMap { event in
                ActivityKind(
                    event, isDone: (try? row.text("result")) == "done",
                    reason: try? row.textIfPresent("reason"))
            }
            return Happening(
                id: try row.uuid("audit_id"), at: try row.instant("happened_at"), kind: kind,
                destination: try row.textIfPresent("destination"))
        }
    }
}

/// One line of what happened, as its owner reads it.
struct Activity: Encodable, Sendable {
    /// Of the newest, where it happened several times in a row.
    let at: Date
    let event: String
    let times: Int
    let sentence: String

    /// The lines of a page: the same wrong try again and again is one.
    static func lines(
        _ page: some Sequence<FindActivity.Happening>, in practice: Practice, language: Language
    ) -> [Activity] {
        var runs: [(newest: FindActivity.Happening, kind: ActivityKind, times: Int)] = []
        for happening in page {
            guard let kind = happening.kind else { continue }
            if let last = runs.last, last.kind == kind, kind.isCounted {
                runs[runs.count - 1].times += 1
            } else {
                runs.append((happening, kind, 1))
            }
        }
        return runs.map { run in
            let time = LocalTime.dated(
                run.newest.at, in: practice.timeZone, locale: language.rawValue)
            let words = run.kind.sentence(
                in: language, destination: run.newest.destination, times: run.times)
            return Activity(
                at: run.newest.at, event: run.kind.rawValue, times: run.times,
                sentence: "\(time): \(words)")
        }
    }
}

extension ActivityKind {
    /// Whether several in a row say no more than one with their number.
    fileprivate var isCounted: Bool {
        self == .passwordWrong || self == .codeWrong || self == .signInRefused
    }
}
