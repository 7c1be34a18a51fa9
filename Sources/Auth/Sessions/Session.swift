import Cryptography
import Foundation
import Postgres

/// A session that a login is about to open.
struct NewSession: Sendable {
    let id: UUID
    let refreshHash: [UInt8]
    let networkKey: [UInt8]?

    init(network: [UInt8]?, keys: KeyRing) {
        id = SecureRandom.uuid()
        refreshHash = RefreshToken.first(of: id, key: keys.macKey(.refresh)).hash
        networkKey = network.map { keys.macKey(.network).authenticate($0) }
    }

    /// Three, in the order of ``openedArm(first:authenticatedAt:)``.
    var parameters: [Parameter] {
        [.uuid(id), .bytes(refreshHash), networkKey.map(Parameter.bytes) ?? .null]
    }

    /// The arm `proved`: when the person signed in, however long they read or thought after it. It reads
    /// `advanced` and the login's id in `$6`.
    static let provedArm = """
        proved as (
                select coalesce(
                           max(code.used_at),
                           (select max((proof.value ->> 'at')::timestamptz)
                            from advanced
                            cross join jsonb_array_elements(advanced.proofs) as proof),
                           clock_timestamp()) as instant
                from code
                where code.practice_id = $1::uuid
                  and code.flow_id = $6::uuid
            )
        """

    /// The arm that opens the session of a login whose last step was taken off by the arm `advanced`
    /// (`account_id`, `done_at`, `proofs`, `later`, `device`); `$1` and `$2` are practice and client.
    static func openedArm(first: Int, authenticatedAt: String) -> String {
        """
        opened as (  -- The last step opens the session.
                insert into session
                    (practice_id, session_id, account_id, client_id, network_key, proofs, steps,
                     device, authenticated_at, refresh_hash, rotated_at, expires_at)
                select $1::uuid, $\(first)::uuid, advanced.account_id, $2::uuid,
                       $\(first + 2)::bytea, advanced.proofs, advanced.later, advanced.device,
                       \(authenticatedAt), $\(first + 1)::bytea, advanced.done_at,
                       advanced.done_at + interval '\(SessionLimits.lifetimeHours) hours'
                from advanced
                where advanced.done_at is not null
                returning session_id, account_id, proofs, steps, authenticated_at, expires_at
            )
        """
    }
}

/// What a live session says about its person in its practice; the facts of an access token.
struct OpenedSession: Sendable, Equatable {
    let sessionID: UUID
    let accountID: UUID
    /// `sub`: this person in this practice only (Z-6).
    let subject: UUID
    var proofs: [Proof]
    /// What the practice's policy still wants done (Z-5).
    var steps: [LoginPlan.Step]
    let authenticatedAt: Date
    let expiresAt: Date
    let patients: [UUID]
    /// The lowest of its patients (Z-15).
    let identityLevel: String

    /// The arm that adds the person to an arm `opened` (`account_id`, `session_id`); `$1` is the
    /// practice.
    static let arm = """
        identified as (
            select membership.subject,
                   coalesce(linked.patients, '{}') as patients,
                   (array['none', 'kbv', 'pin-post', 'pin-desk', 'eid'])[
                       coalesce(linked.lowest, 1)] as identity_level
            from opened
            join membership
                on membership.practice_id = $1::uuid
                and membership.account_id = opened.account_id
            cross join lateral (
                select array_agg(patient_link.patient_id order by patient_link.patient_id)
                           as patients,
                       min(array_position(
                           array['none', 'kbv', 'pin-post', 'pin-desk', 'eid'],
                           patient_link.identity_level)) as lowest
                from patient_link
                where patient_link.practice_id = $1::uuid
                  and patient_link.account_id = opened.account_id
                  and (patient_link.ends_at is null
                       or patient_link.ends_at > clock_timestamp())
            ) as linked
        )
        """

    /// The columns of `opened` and `identified` that ``init(_:)`` reads.
    static let columns = """
        opened.session_id, opened.account_id, opened.proofs::text as proofs, opened.steps,
                   opened.authenticated_at, opened.expires_at as session_expires_at,
                   identified.subject, identified.patients, identified.identity_level
        """

    var assurance: Assurance { Assurance(proofs) }
    /// `acr`: what was proved is worth nothing elsewhere until every step is done (Z-5).
    var level: Assurance.Level { steps.isEmpty ? assurance.level : .enrol }

    init(_ row: Row) throws {
        sessionID = try row.uuid("session_id")
        accountID = try row.uuid("account_id")
        subject = try row.uuid("subject")
        proofs = try Proof.list(row)
        steps = try row.texts("steps").compactMap(LoginPlan.Step.init)
        authenticatedAt = try row.instant("authenticated_at")
        expiresAt = try row.instant("session_expires_at")
        patients = try row.uuids("patients")
        identityLevel = try row.text("identity_level")
    }
}
