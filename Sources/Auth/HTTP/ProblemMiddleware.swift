import Cryptography
import Foundation
import HTTPTypes
import Hummingbird
import NIOHTTP1
import Postgres

/// The outermost piece and the only `catch` of the service: gives each request its record, and
/// makes every error a problem document.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = AuthRequestContext
    let requests: RequestsInFlight
    let log: RequestLog
    /// The time by which a wait is told.
    let now: @Sendable () -> Date

    func handle(
        _ input: Request, context: AuthRequestContext,
        next: (Request, AuthRequestContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        guard let record = requests.take(for: input) else {
            // Nobody waits for this answer.
            return Response(status: .serviceUnavailable)
        }
        defer { requests.remove(record) }
        context.record = record
        if let route = context.coreContext.endpointPath.value, route != "NotFound" {
            record.update { $0.route = route }
        }
        let asked = input.headers[.acceptLanguage].flatMap { Language(acceptLanguage: $0) }
        context.language = asked ?? .english

        var response: Response
        var kind: Problem.Kind?
        var isCut = false
        do {
            // The router would take both for the path without the extra slash, which a proxy's
            // rules for that path do not.
            let path = input.uri.path
            guard !path.contains("//"), path == "/" || !path.hasSuffix("/") else {
                throw Problem(.notFound)
            }
            response = try await next(input, context)
        } catch {
            isCut = error is RequestCut
            let problem = problem(for: error, record)
            kind = problem.kind
            let practice = record.facts.practice
            response =
                ProblemDocument(
                    problem: problem, requestID: record.id,
                    language: asked ?? practice?.locale ?? .english, practice: practice,
                    now: now()
                ).answer.response
        }
        response.headers[.requestID] = record.id.text
        response.headers.addSecurityHeaders()
        if input.method == .head { response = response.withoutBody() }
        if record.claimAnswer() {
            log.answered(record, status: response.status.code, problem: kind)
        } else if !isCut {
            log.late(record)
        }
        return response
    }

    private func problem(for error: any Error, _ record: RequestRecord) -> Problem {
        switch error {
        case let problem as Problem:
            return problem
        case PostgresError.underWay:
            // By then the first has been answered, whatever it came to.
            return Problem(
                .requestRunning,
                retryAt: now() + RequestLimits.ordinary.answerDeadline.seconds)
        case PostgresError.unavailable, PostgresError.deadline, PostgresError.commitUnknown:
            return Problem(.serviceUnavailable)
        case let overload as HasherOverloaded:
            return Problem(.overloaded, retryAt: now() + overload.retryAfter.seconds)
        case is HTTPParserError:
            // The head was fine and the body is not: broken chunks, or a body cut short.
            return Problem(.requestMalformed)
        case is CancellationError:
            // The connection has answered in our place, or the service is ending.
            return Problem(.serviceUnavailable)
        case is RequestCut:
            // The connection has answered in our place, or has nobody to answer.
            return Problem(.requestTimeout)
        case let refusal as HTTPError where refusal.status == .notFound:
            return Problem(.notFound)
        case let refusal as any HTTPResponseError where (400..<500).contains(refusal.status.code):
            return Problem(.requestMalformed)
        default:
            log.fault(error, in: record)
            return Problem(.internalError)
        }
    }
}

extension Response {
    /// The answer to HEAD: the headers of GET, length included, and no body.
    fileprivate func withoutBody() -> Response {
        Response(status: status, headers: headers)
    }
}

extension Duration {
    /// Seconds, for arithmetic with dates.
    var seconds: TimeInterval { Double(nanoseconds) / 1_000_000_000 }
}
