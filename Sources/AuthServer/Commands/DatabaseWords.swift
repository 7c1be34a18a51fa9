import Postgres

/// What an operator is told of an error of the database; it holds no value (Z-29).
struct DatabaseWords {
    let text: String
    /// Whether what was asked for is at fault, rather than the database.
    let isRefusal: Bool

    /// Nil for what is no error of the database.
    init?(_ error: any Error) {
        switch error {
        case let failure as ConnectFailure: self.init(failure)
        case let error as PostgresError: self.init(error)
        default: return nil
        }
    }

    private init(_ text: String, isRefusal: Bool = false) {
        self.text = text
        self.isRefusal = isRefusal
    }

    private init(_ failure: ConnectFailure) {
        switch failure {
        case .unreachable: self.init("the database can't be reached")
        case .timedOut: self.init("the database does not answer")
        case .readOnly: self.init("the database takes no writes")
        case .server(let sqlState) where sqlState.hasPrefix("28"):
            self.init("the database does not let this role in (SQLSTATE \(sqlState))")
        case .server("3D000"): self.init("the server has no such database")
        case .server(let sqlState):
            self.init("the database takes no connection (SQLSTATE \(sqlState))")
        }
    }

    private init(_ error: PostgresError) {
        switch error {
        case .server("42P01", _), .server("42883", _):
            self.init("the schema is missing or too old; run practice-auth migrate")
        case .server("42501", _):
            self.init("the role of this connection lacks a grant in the database")
        case .server("23503", let constraint):
            let isOfPractice = constraint?.hasSuffix("_practice_fkey") == true
            self.init("there is no such \(isOfPractice ? "practice" : "row")", isRefusal: true)
        case .server(let sqlState, let constraint):
            let name = constraint.map { ", \($0)" } ?? ""
            self.init("the database refused it (SQLSTATE \(sqlState)\(name))")
        case .unavailable(.noConnection): self.init(ConnectFailure.unreachable)
        case .unavailable(let why): self.init("the database did not do it: \(why.rawValue)")
        case .underWay: self.init("the same is being done elsewhere just now")
        case .deadline, .commitUnknown:
            self.init("the database did not answer in time; it may have done it all the same")
        case .undecodable: self.init("the schema is not the one that this program knows")
        }
    }
}
