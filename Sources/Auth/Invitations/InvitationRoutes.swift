import Foundation
import HTTPTypes
import Postgres

/// A practice's system invites patients, sees what became of it, sends again, takes back (api.md).
struct InvitationRoutes: Sendable {
    let inviting: Inviting

    func add(to endpoints: Endpoints) {
        let path = "/v1/invitations/{id}"
        endpoints.post(
            "/v1/invitations", scope: .invitations, body: NewInvitation.self, invite)
        endpoints.post(
            "/v1/invitations/bulk", scope: .invitations, body: NewInvitations.self, inviteMany)
        endpoints.get(path, scope: .invitations, read)
        endpoints.delete(path, scope: .invitations, withdraw)
        endpoints.post("\(path)/resend", scope: .invitations, resend)
        endpoints.post(
            "/v1/patients/{external_id}/reactivation", scope: .invitations, reactivate)
    }

    /// How an invitation may go: what it opens proves the mailbox as well.
    enum Channel: String, Sendable {
        case email
    }

    struct NewInvitation: RequestBody {
        let patient: ExternalID

        init(_ fields: inout FieldReader) throws {
            _ = fields.optionalChoice("channel", of: Channel.self)
            guard let patient = fields.externalID("patient") else { throw FieldReader.Unreadable() }
            self.patient = patient
        }
    }

    /// A list, and no lines of JSON: each patient is a word, and a caller sends the next hundred once
    /// it has read what became of these.
    struct NewInvitations: RequestBody {
        static let limit = 100

        let patients: [ExternalID]

        init(_ fields: inout FieldReader) throws {
            patients = fields.elements(
                "patients", max: ExternalID.longest, count: 1...Self.limit, orElse: .notAllowed
            ) { try? ExternalID($0) }
            _ = fields.optionalChoice("channel", of: Channel.self)
        }
    }

    /// What became of one of many.
    struct Result: Encodable, Sendable {
        let patient: String
        let status: Status
        /// The open invitation.
        let id: UUID?
        /// Why there is none: the slug of the problem that it would be alone.
        let reason: String?
        /// With the reason `patient-incomplete`.
        let missing: [String]?

        enum Status: String, Encodable, Sendable {
            case invited
            /// There was an open invitation.
            case open
            case refused
            /// The time was up: send this patient and those after it again.
            case notProcessed = "not_processed"
        }
    }

    struct Report: Encodable, Sendable {
        let invited: Int
        let open: Int
        let refused: Int
        let results: [Result]

        init(_ results: [Result]) {
            func count(_ status: Result.Status) -> Int { results.count { $0.status == status } }
            invited = count(.invited)
            open = count(.open)
            refused = count(.refused)
            self.results = results
        }
    }

    /// Patients that come later are left for another request, whose answer then comes in time.
    private static let processing = Duration.milliseconds(1500)
}

// MARK: - Inviting

extension InvitationRoutes {
    @Sendable private func invite(
        _ body: NewInvitation, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        let invited = try await inviting.invite(
            body.patient, act: try context.act(inviting.keys), by: caller)
        let invitation = try await inviting.find(invited.invitation, in: caller.practice)
        return try .json(
            invitation.body(in: context.language), status: invited.isNew ? .created : .ok,
            headers: [.location: "/v1/invitations/\(invitation.id.text)"])
    }

    @Sendable private func inviteMany(
        _ body: NewInvitations, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        // Each patient is an act of its own, and safe to repeat: a key that stands for all of them
        // would answer the second with what became of the first.
        let act = Act(
            practiceID: caller.practice.id, clientID: caller.clientID, key: nil,
            requestID: context.requestID)
        let deadline = ContinuousClock.now + Self.processing
        var results: [Result] = []
        for patient in body.patients {
            guard ContinuousClock.now < deadline else {
                results.append(Result(patient, .notProcessed))
                continue
            }
            do {
                let invited = try await inviting.invite(patient, act: act, by: caller)
                results.append(
                    Result(patient, invited.isNew ? .invited : .open, id: invited.invitation))
            } catch let problem as Problem where problem.kind.status < 500 {
                results.append(Result(patient, .refused, problem: problem))
            }
        }
        return try .json(Report(results))
    }

    @Sendable private func reactivate(_ context: AuthRequestContext) async throws -> Answer {
        let caller = try context.caller
        let patient = try context.externalID
        let reactivation = try await inviting.reactivate(
            patient, act: try context.act(inviting.keys), by: caller)
        return try .json(
            reactivation.body(of: patient, in: context.language), status: .created)
    }

    @Sendable private func resend(_ context: AuthRequestContext) async throws -> Answer {
        let caller = try context.caller
        let id = try context.id("id")
        try await inviting.resend(id, act: try context.act(inviting.keys), by: caller)
        let invitation = try await inviting.find(id, in: caller.practice)
        return try .json(invitation.body(in: context.language))
    }

    @Sendable private func read(_ context: AuthRequestContext) async throws -> Answer {
        let practice = try context.caller.practice
        let invitation = try await inviting.find(try context.id("id"), in: practice)
        return try .json(invitation.body(in: context.language))
    }

    @Sendable private func withdraw(_ context: AuthRequestContext) async throws -> Answer {
        let outcome = try await inviting.database.run(
            WithdrawInvitation(
                act: try context.act(inviting.keys), invitation: try context.id("id")))
        switch outcome {
        case .withdrawn: return .noContent
        case .unknown: throw Problem(.notFound)
        }
    }
}

extension InvitationRoutes.Result {
    fileprivate init(
        _ patient: ExternalID, _ status: Status, id: UUID? = nil, problem: Problem? = nil
    ) {
        self.patient = patient.text
        self.status = status
        self.id = id
        reason = problem?.kind.rawValue
        missing = problem.flatMap { $0.missing.isEmpty ? nil : $0.missing }
    }
}
