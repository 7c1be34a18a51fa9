import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// One-time codes for other systems of the practice: the mechanism of sign-in, for purposes of theirs.
struct CodeRoutes: Sendable {
    let database: Database
    let keys: KeyRing
    let dispatcher: Dispatcher
    let ceilings: SendCeilings
    let metrics: CodeMetrics

    func add(to endpoints: Endpoints) {
        endpoints.post("/v1/codes", scope: .codesIssue, body: NewCode.self, issue)
        endpoints.get("/v1/codes/{id}", scope: .codesIssue, read)
        endpoints.delete("/v1/codes/{id}", scope: .codesIssue, cancel)
        endpoints.post(
            "/v1/codes/{id}/resend", scope: .codesIssue, optionalBody: ChosenChannel.self, resend)
        endpoints.post(
            "/v1/codes/{id}/verify", scope: .codesVerify, body: TypedCode.self, verify)
    }

    struct NewCode: RequestBody {
        /// Seconds a code may live (C2).
        static let lifetimes = 30...600

        let channel: ChannelKind
        /// As typed; either this or an account.
        let to: String?
        let countryCode: String?
        let accountID: UUID?
        let purpose: CodePurpose
        let locale: Language?
        let lifetime: Int?
        let digits: Int

        init(_ fields: inout FieldReader) throws {
            let channel: ChannelKind = try fields.choice("channel")
            self.channel = channel
            let namesOne = fields.peek("to") != nil || fields.peek("account_id") != nil
            to = fields.optionalString("to", max: EmailAddress.longest)
            countryCode = fields.optionalString("country_code", max: 8)
            accountID = fields.optionalID("account_id")
            locale = fields.optionalChoice("locale")
            lifetime = fields.optionalInt("lifetime_seconds", in: Self.lifetimes)
            digits = fields.optionalInt("digits", in: Code.digitCounts) ?? Code.digitCount
            let slug = fields.string("purpose", max: CodePurpose.longest)
            let isReserved = CodePurpose.reserved.contains(slug)
            let purpose = CodePurpose(ofCaller: slug)
            if purpose == nil, !slug.isEmpty {
                fields.refuse("purpose", isReserved ? .notAllowed : .wrongFormat)
            }
            if !namesOne { fields.refuse("to", .required) }
            if to != nil, accountID != nil { fields.refuse("account_id", .notAllowed) }
            if countryCode != nil, to == nil || channel != .sms {
                fields.refuse("country_code", .notAllowed)
            }
            guard let purpose else { throw FieldReader.Unreadable() }
            self.purpose = purpose
        }
    }

    struct ChosenChannel: RequestBody {
        let channel: ChannelKind?

        init(_ fields: inout FieldReader) throws {
            channel = fields.optionalChoice("channel")
        }
    }

    struct TypedCode: RequestBody {
        let code: String

        init(_ fields: inout FieldReader) throws {
            code = fields.string("code", max: 200, min: 0, characters: .any)
        }
    }
}

// MARK: - Sending

extension CodeRoutes {
    @Sendable private func issue(
        _ body: NewCode, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        let act = try context.act(keys)
        let destination: Destination
        do {
            destination = try await self.destination(of: body, caller)
        } catch let problem as Problem {
            return try answer(try await again(act, orElse: problem), body, caller)
        }
        let requestID = SecureRandom.uuid()
        let kind = SendCode.Kind(
            template: .oneTimeCode, purpose: body.purpose.slug, lane: .client(caller.clientID),
            digits: body.digits,
            lifetime: body.lifetime ?? caller.practice.policy.codeLifetimeSeconds)
        let answered = try await Race.settled {
            try await database.run(
                IssueCode(
                    act: act, requestID: requestID,
                    subjectIDs: CodeRequest.subjects(
                        account: body.accountID, destination: destination,
                        client: caller.clientID, keys: keys),
                    purpose: body.purpose, account: body.accountID,
                    sealedDestination: CodeRequest.seal(
                        destination, request: requestID, practice: caller.practice.id, keys: keys),
                    code: SendCode(
                        to: destination, flow: requestID, kind: kind,
                        locale: body.locale ?? caller.practice.locale,
                        by: sender(caller, context))))
        } overtaken: {
            if case .now(.overtaken) = $0 { true } else { false }
        }
        return try answer(answered, body, caller)
    }

    /// What the same request was answered before its address went, or was allowed no more.
    private func again(
        _ act: Act, orElse problem: Problem
    ) async throws -> Answered<IssueCode.Outcome> {
        guard act.key != nil, let before = try await database.run(FindIssuedCode(act: act))
        else { throw problem }
        return before
    }

    private func answer(
        _ answered: Answered<IssueCode.Outcome>, _ body: NewCode, _ caller: Caller
    ) throws -> Answer {
        switch try answered.unlessReused() {
        case .sent(let id, let code):
            sent(isFirst: answered.isFirst)
            let answer = CodeRequest.Body(
                code.body(in: caller.practice), id: id, purpose: body.purpose.slug, status: .open,
                account: body.accountID, channels: [code.channel])
            return try .created(answer, at: "/v1/codes/\(id.text)")
        case .refused(let refusal): throw refused(refusal, caller)
        case .overtaken: throw Problem(.overloaded)
        }
    }

    @Sendable private func resend(
        _ body: ChosenChannel, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        let act = try context.act(keys)
        let id = try context.id("id", orElse: .codeUnknown)
        let (request, answered) = try await Race.settled {
            let request = try await find(id, caller)
            let destination = try await destination(of: request, by: body.channel, caller)
            let kind = SendCode.Kind(
                template: .oneTimeCode, purpose: request.purpose,
                lane: .client(caller.clientID), digits: request.digits, lifetime: request.lifetime)
            let answered = try await database.run(
                ResendRequestedCode(
                    act: act, request: request,
                    code: SendCode(
                        to: destination, flow: id, kind: kind, locale: request.locale,
                        by: sender(caller, context))))
            return (request, answered)
        } overtaken: { request, answered in
            guard case .now(.overtaken) = answered else { return false }
            return request.newest == nil
        }
        let outcome = try answered.unlessReused()
        switch outcome {
        case .sent(let code):
            sent(isFirst: answered.isFirst)
            let answer = CodeRequest.Body(
                code.body(in: caller.practice), id: id, purpose: request.purpose, status: .open,
                account: request.accountID,
                channels: ChannelKind.allCases.filter {
                    $0 == code.channel || request.channels.contains($0)
                })
            return try .json(answer, status: .created)
        case .refused(let refusal): throw refused(refusal, caller)
        case .tooSoon, .overtaken, .over:
            if let newest = request.newest { throw newest.problem(in: caller.practice) }
            if case .tooSoon(let until) = outcome { throw Problem(.resendTooSoon, retryAt: until) }
            throw Problem(request.status == .verified ? .codeUsed : .codeExpired)
        }
    }

    private func sender(_ caller: Caller, _ context: AuthRequestContext) -> SendCode.Sender {
        SendCode.Sender(
            caller: caller, network: context.patientNetwork, keys: keys, ceilings: ceilings)
    }

    private func sent(isFirst: Bool) {
        guard isFirst else { return }
        metrics.count(.sent)
        dispatcher.nudge()
    }

    private func refused(_ refusal: SendRefusal, _ caller: Caller) -> Problem {
        metrics.count(refusal, in: caller.practice)
        return refusal.problem
    }

    private func destination(of body: NewCode, _ caller: Caller) async throws -> Destination {
        if let account = body.accountID {
            return try await contact(of: account, by: body.channel, caller)
        }
        let typed = body.to ?? ""
        switch body.channel {
        case .email:
            guard let address = EmailAddress(typed) else { throw Self.refused(.wrongFormat) }
            return .mailbox(address)
        case .sms:
            do {
                return .mobile(
                    try PhoneNumber(
                        parsing: typed, countryCode: body.countryCode,
                        home: caller.practice.country,
                        allowed: Set(caller.practice.policy.allowedCountries)))
            } catch {
                throw Self.refused(error.code)
            }
        }
    }

    private static func refused(_ code: Problem.Fault.Code) -> Problem {
        Problem(.fieldInvalid, faults: [Problem.Fault(.pointer("/to"), code)])
    }

    /// The address it went to first; by another channel the account's, where the caller named one, whose
    /// purpose is no sign-in, so that a code may go elsewhere (Z-1). Without a channel the newest one's.
    private func destination(
        of request: CodeRequest, by channel: ChannelKind?, _ caller: Caller
    ) async throws -> Destination {
        let channel = channel ?? request.code.channel
        if let first = try request.destination(by: channel, in: caller.practice, keys: keys) {
            return first
        }
        guard let account = request.accountID else { throw Problem(.channelUnavailable) }
        return try await contact(of: account, by: channel, caller)
    }

    private func contact(
        of account: UUID, by channel: ChannelKind, _ caller: Caller
    ) async throws -> Destination {
        let found = try await database.run(
            FindContact(practice: caller.practice.id, account: account, channel: channel))
        switch found {
        case .unknown: throw Problem(.notFound)
        case .none: throw Problem(.channelUnavailable)
        case .address(let address):
            guard
                let destination = Destination(
                    stored: address, channel: channel, practice: caller.practice)
            else { throw Problem(.channelUnavailable) }
            return destination
        }
    }
}

// MARK: - What became of it

extension CodeRoutes {
    @Sendable private func read(_ context: AuthRequestContext) async throws -> Answer {
        let caller = try context.caller
        let request = try await find(try context.id("id", orElse: .codeUnknown), caller)
        return try .json(request.body(in: caller.practice, language: context.language))
    }

    @Sendable private func cancel(_ context: AuthRequestContext) async throws -> Answer {
        let known = try await database.run(
            CancelCode(
                act: try context.act(keys), requestID: try context.id("id", orElse: .codeUnknown)))
        guard known else { throw Problem(.codeUnknown) }
        return .noContent
    }

    @Sendable private func verify(
        _ body: TypedCode, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        let id = try context.id("id", orElse: .codeUnknown)
        let code: Code
        do {
            code = try Code(parsing: body.code, digits: Code.digitCounts)
        } catch {
            throw Problem(.codeMalformed, digitsFound: error.digitsFound)
        }
        let act = try context.act(keys)
        let answered = try await Race.settled {
            try await database.run(
                VerifyRequestedCode(act: act, guess: GuessCode(code, flow: id, keys: keys)))
        } overtaken: {
            if case .now(.refused(.overtaken)) = $0 { true } else { false }
        }
        switch try answered.unlessReused() {
        case .accepted:
            if answered.isFirst { metrics.count(.verified) }
            let request = try await find(id, caller)
            return try .json(request.body(in: caller.practice, language: context.language))
        case .refused(let refusal):
            throw try await RefusedGuess(database: database, keys: keys, metrics: metrics)
                .problem(
                    refusal, typed: code, by: act, isFirst: answered.isFirst,
                    in: caller.practice, ended: .codeExpired)
        }
    }

    private func find(_ id: UUID, _ caller: Caller) async throws -> CodeRequest {
        let found = try await database.run(
            FindCodeRequest(
                practice: caller.practice.id, client: caller.clientID, requestID: id))
        guard let found else { throw Problem(.codeUnknown) }
        return found
    }
}
