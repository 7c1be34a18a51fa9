import Postgres

/// Codes, with all that is theirs: message, request of another system, and the subject of a newest one.
///
/// They are found by the code, so that sending one and guessing at it write no index for the housekeeper.
struct PurgeCodes: PurgeStatement {
    let days: Int
    static let table = "code"
    static let columns = ["practice_id", "code_id", "subject_id", "purpose", "flow_id"]
    static let over = "code.expires_at"
    static let usualDays = 90
    /// A recovery that waits is ended together with its codes (S10), and guesses look back a day.
    static let leastDays = 7

    // Whoever erases an account or sends a code holds the subject or the request before the code: what is
    // locked stays, for that one to replace or erase.
    static let arms = """
        messages as (
            delete from message
            using due
            where message.practice_id = due.practice_id
              and message.code_id = due.code_id
        ),
        requests as (
            delete from code_request
            where code_request.ctid = any (array(
                select free.ctid
                from due
                cross join lateral (
                    select code_request.ctid
                    from code_request
                    where code_request.practice_id = due.practice_id
                      and code_request.request_id = due.flow_id
                    for update skip locked) as free))
        ),
        subjects as (
            delete from code_subject
            where code_subject.ctid = any (array(
                select free.ctid
                from due
                cross join lateral (
                    select code_subject.ctid
                    from code_subject
                    where code_subject.practice_id = due.practice_id
                      and code_subject.subject_id = due.subject_id
                      and code_subject.purpose = due.purpose
                      and code_subject.newest_code_id = due.code_id
                    for update skip locked) as free))
        ),
        """
}
