import Foundation
import HTTPTypes

/// A problem as it goes out: `application/problem+json` (RFC 9457), its headers and its sentence.
struct ProblemDocument {
    let problem: Problem
    let requestID: UUID
    let language: Language
    /// The caller's practice, whose clock and contact the sentence uses.
    let practice: Practice?
    var now = Date()

    var answer: Answer {
        var headers: HTTPFields = [.contentLanguage: language.rawValue]
        if let retryAfter { headers[.retryAfter] = String(retryAfter) }
        switch problem.kind {
        case .methodNotAllowed:
            headers[.allow] = problem.allowedMethods.joined(separator: ", ")
        case .apiKeyInvalid: headers[.wwwAuthenticate] = #"APIKey realm="practice-auth""#
        case .signatureInvalid:
            headers[.wwwAuthenticate] = #"Signature realm="practice-auth""#
        case .tokenInvalid: headers[.wwwAuthenticate] = #"Bearer error="invalid_token""#
        case .sessionUnfinished:
            headers[.wwwAuthenticate] = #"Bearer error="insufficient_scope""#
        case .insufficientUserAuthentication:
            headers[.wwwAuthenticate] = stepUpChallenge
        default: break
        }
        if problem.kind.endsConnection { headers[.connection] = "close" }
        return .bytes(
            body.bytes, contentType: "application/problem+json; charset=utf-8",
            status: .init(code: problem.kind.status), headers: headers)
    }

    /// The document.
    var body: JSONValue {
        let texts = language.problemTexts
        let facts = ProblemFacts(problem, practice: practice, now: now)
        var members = [
            JSONMember("type", .string("/problems/\(problem.kind.rawValue)")),
            JSONMember("title", .string(texts.title(problem.kind))),
            JSONMember("status", .int(problem.kind.status)),
            JSONMember("detail", .string(texts.detail(problem.kind, facts))),
            JSONMember("request_id", .string(requestID.text)),
        ]
        if let count = problem.attemptsLeft { members.append(.init("attempts_left", .int(count))) }
        if let count = problem.digitsFound { members.append(.init("digits_found", .int(count))) }
        if let newest = problem.newestCode {
            members.append(.init("newest_sent_at", .string(newest.sentAt.rfc3339)))
            members.append(.init("newest_sent_at_local", .string(newest.sentAtLocal)))
            members.append(.init("newest_reference", .string(newest.reference)))
        }
        if let limit = problem.limit { members.append(.init("limit", .string(limit.rawValue))) }
        if problem.kind.status != 503, let instant = problem.retryAt {
            members.append(.init("retry_at", .string(instant.rfc3339)))
        }
        if !problem.faults.isEmpty {
            members.append(.init("errors", .array(problem.faults.map { entry($0, texts) })))
        }
        if !problem.textFaults.isEmpty {
            let faults = problem.textFaults.map(JSONValue.string)
            members.append(.init("text_faults", .array(faults)))
        }
        if let step = problem.step { members.append(.init("step", .string(step.rawValue))) }
        if !problem.brokenRules.isEmpty {
            let words = language.passwordTexts
            members.append(
                .init(
                    "broken_rules",
                    .array(problem.brokenRules.map { .named($0.rawValue, words.detail($0)) })))
        }
        if !problem.missing.isEmpty {
            members.append(.init("missing", .array(problem.missing.map(JSONValue.string))))
        }
        if let documents = problem.documents {
            members.append(.init("documents", .array(documents.map(\.value))))
        }
        if !problem.steps.isEmpty {
            members.append(.init("steps", .array(problem.steps.map(JSONValue.string))))
        }
        if !problem.factorTypes.isEmpty {
            let types = problem.factorTypes.map { JSONValue.string($0.rawValue) }
            members.append(.init("factor_types", .array(types)))
        }
        if let stepUp = problem.stepUp {
            members.append(.init("acr_values", .string(stepUp.level.rawValue)))
            members.append(.init("max_age", .int(stepUp.maxAge)))
        }
        return .object(members)
    }

    /// RFC 9470 section 3.
    private var stepUpChallenge: String {
        let challenge = #"Bearer error="insufficient_user_authentication""#
        guard let stepUp = problem.stepUp else { return challenge }
        return challenge
            + #", acr_values="\#(stepUp.level.rawValue)", max_age="\#(stepUp.maxAge)""#
    }

    private func entry(_ fault: Problem.Fault, _ texts: any ProblemTexts) -> JSONValue {
        let place =
            switch fault.place {
            case .pointer(let pointer): JSONMember("pointer", .string(pointer))
            case .header(let name): JSONMember("header", .string(name))
            case .parameter(let name): JSONMember("parameter", .string(name))
            }
        return .object([
            place, JSONMember("code", .string(fault.code.rawValue)),
            JSONMember("detail", .string(texts.detail(fault.code))),
        ])
    }

    /// Whole seconds, at least one: a 503 names them too, drawn at random so that callers that were
    /// refused together do not come back together.
    private var retryAfter: Int? {
        if let retryAt = problem.retryAt {
            return max(1, Int(retryAt.timeIntervalSince(now).rounded(.up)))
        }
        return problem.kind.status == 503 ? Int.random(in: 1...3) : nil
    }
}
