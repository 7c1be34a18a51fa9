import Postgres

/// Ends enrolments that nobody finished in time, and erases what was typed in them: quietly, in small
/// batches (V3).
struct SweepEnrolments: BatchStatement {
    static let table = "enrolment"
    static let batchLimit = 50

    static let lane = Lane.ordinary
    static let spansPractices: String? = "one housekeeper looks after every practice"

    // The instant is a subquery because an index can't be searched by a volatile function.
    static let sql = """
        with expired as (
            select enrolment.practice_id, enrolment.enrolment_id
            from enrolment
            where enrolment.ended_at is null
              and enrolment.expires_at <= (select clock_timestamp())
            order by enrolment.expires_at
            limit \(batchLimit)
            for update skip locked
        ),
        ended as (
            update enrolment
            set ended_at = clock_timestamp(),
                end_reason = '\(Enrolment.Status.expired.rawValue)',
                first_name = null, last_name = null, username = null, password = null,
                documents = '[]',
                revision = enrolment.revision + 1
            from expired
            where enrolment.practice_id = expired.practice_id
              and enrolment.enrolment_id = expired.enrolment_id
            returning enrolment.enrolment_id
        )
        select count(*) as ended, $nonce as nonce
        from ended
        """

    var parameters: [Parameter] { [] }

    static func decode(_ rows: [Row]) throws -> Int {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        return try row.int("ended")
    }
}
