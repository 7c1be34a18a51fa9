import Testing

@testable import Postgres

@Suite struct RemedyTests {
    private func remedy(
        _ sqlState: String, constraint: String? = nil, reruns: Int = 0,
        retryable: [String] = ["request_pkey"]
    ) -> Remedy {
        Remedy(
            for: ServerFailure(sqlState: sqlState, constraint: constraint), reruns: reruns,
            retryableConstraints: retryable, jitter: 1)
    }

    @Test(arguments: ["40001", "40P01"])
    func `a conflict is run again after a short wait`(sqlState: String) {
        #expect(
            remedy(sqlState) == .rerun(after: .milliseconds(10), isContended: false))
        #expect(
            remedy(sqlState, reruns: 3) == .rerun(after: .milliseconds(80), isContended: false))
        #expect(
            remedy(sqlState, reruns: 99) == .rerun(after: .milliseconds(160), isContended: false))
    }

    @Test func `a locked row is tried again until the deadline`() {
        #expect(remedy("55P03") == .rerun(after: .milliseconds(20), isContended: true))
        #expect(remedy("55P03", reruns: 99) == .rerun(after: .milliseconds(160), isContended: true))
    }

    @Test func `a named constraint means that somebody else was first`() {
        let again = Remedy.rerun(after: .zero, isContended: false)
        #expect(remedy("23505", constraint: "request_pkey") == again)
        #expect(remedy("23505", constraint: "request_pkey", reruns: 1) == again)
        #expect(
            remedy("23505", constraint: "request_pkey", reruns: 2)
                == .answer(.server(sqlState: "23505", constraint: "request_pkey")))
    }

    @Test func `another constraint is the caller's`() {
        #expect(
            remedy("23505", constraint: "account_pkey")
                == .answer(.server(sqlState: "23505", constraint: "account_pkey")))
        #expect(
            remedy("23505", retryable: [])
                == .answer(.server(sqlState: "23505", constraint: nil)))
    }

    @Test(arguments: ["26000", "0A000"])
    func `a stale prepared statement needs a new connection, but not for ever`(sqlState: String) {
        #expect(remedy(sqlState) == .reconnect)
        #expect(
            remedy(sqlState, reruns: 2) == .answer(.server(sqlState: sqlState, constraint: nil)))
    }

    @Test(arguments: ["25006", "57P01", "57P02", "57P03", "57P05", "08006", "08003"])
    func `a server that takes no writes empties the pool`(sqlState: String) {
        #expect(remedy(sqlState) == .replacePool)
    }

    @Test(arguments: ["57014", "53100", "53200", "53300", "58030"])
    func `an exhausted server is unavailable`(sqlState: String) {
        #expect(remedy(sqlState) == .answer(.unavailable(.serverOverloaded)))
    }

    @Test(arguments: ["22012", "42P01", "42501", "23514", "25P02"])
    func `all else is the statement's own fault`(sqlState: String) {
        #expect(remedy(sqlState) == .answer(.server(sqlState: sqlState, constraint: nil)))
    }
}
