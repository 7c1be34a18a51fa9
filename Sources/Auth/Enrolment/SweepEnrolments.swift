import Foundation
import Logging
import Postgres
import ServiceLifecycle

/// Ends enrolments that nobody finished in time, and erases what was typed in them: quietly, in small
/// batches, on every instance (V3).
struct EnrolmentSweeper: Service {
    let database: Database
    let logger: Logger

    /// How long something typed may outlive its enrolment.
    static let interval = Duration.seconds(60)
    /// The most one batch may take.
    static let statementLimit = Duration.seconds(2)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    while try await sweepOnce() == SweepEnrolments.batchLimit {}
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning(
                        "enrolments not swept", metadata: ["error": "\(error)"])
                }
                guard (try? await Task.sleep(for: Self.interval)) != nil else { return }
            }
        }
    }

    /// How many were ended.
    func sweepOnce() async throws -> Int {
        try await database.run(SweepEnrolments(), within: Self.statementLimit)
    }
}

/// One batch of them.
struct SweepEnrolments: Statement {
    /// Few, so that its locks are short, and so that each is found by its key.
    static let batchLimit = 50

    static let lane = Lane.ordinary
    static let spansPractices: String? = "one sweeper looks after every practice"

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
