import Cryptography
import Foundation
import Postgres

/// Counts a try to prove who one is, before anything is compared, and finds what it is compared with.
///
/// A try counts until it turns out right, so that parallel tries can't pass the limits together. Rows
/// are locked in the order network, invitation, super-PIN.
struct AdmitIdentity: Statement {
    let act: Act
    let enrolment: UUID
    /// Of the enrolment, as it was read.
    let revision: Int
    /// Of the patient's network; nil where the caller did not tell, so that it counts for the
    /// patient alone (Z-12).
    let networkKey: [UInt8]?
    /// Nil where identity is to be proven by what the register knows.
    let customerNumber: CustomerNumber?

    static let lane = Lane.ordinary

    enum Outcome: Sendable {
        case admitted(Candidate)
        case throttled(until: Date)
        /// No try is left: others are being looked at.
        case exhausted
        /// Something was done since the enrolment was read: to be judged anew.
        case overtaken
        /// This very request was answered before.
        case before(ProveIdentity.Outcome)
    }

    struct Candidate: Sendable {
        let patientID: UUID
        /// What is left if this one is wrong.
        let triesLeft: Int
        /// The practice's super-PIN for this patient, if the customer number is theirs.
        let pin: PIN?

        struct PIN: Sendable {
            let sealed: SealedSuperPIN
            let way: EnrolmentProgress.IdentityLevel
        }
    }

    static let sql = """
        with \(Act.storedArm),
        found as (
            select enrolment.invitation_id
            from enrolment
            where enrolment.practice_id = $1::uuid
              and enrolment.client_id = $2::uuid
              and enrolment.enrolment_id = $5::uuid
              and enrolment.revision = $6::int8
              and enrolment.ended_at is null
              and not exists (select from stored)
        ),
        network_charged as (  -- 1. The network, over all invitations.
            insert into throttle as network
                (practice_id, throttle_key, failures, since, last_failed_at, blocked_until)
            select $1::uuid, $7::bytea, 1, clock_timestamp(), clock_timestamp(), clock_timestamp()
            from found
            where $7::bytea is not null
            \(AdmitLogin.counting("network", upTo: Enrolment.networkTries, in: "interval '1 hour'"))
        ),
        charged as (  -- 2. The patient, over all enrolments (Z-14).
            update invitation
            set identity_tries_left = invitation.identity_tries_left - 1
            from found
            where invitation.practice_id = $1::uuid
              and invitation.invitation_id = found.invitation_id
              and invitation.ended_at is null
              and invitation.identity_tries_left > 0
              and ($7::bytea is null or exists (select from network_charged))
            returning invitation.patient_id, invitation.identity_tries_left
        ),
        pin_charged as (  -- 3. The super-PIN that it would be (Z-4).
            update activation_pin
            set tries_left = activation_pin.tries_left - 1
            from charged
            join customer_number
                on customer_number.practice_id = $1::uuid
                and customer_number.patient_id = charged.patient_id
            where customer_number.number = $8::text
              and activation_pin.practice_id = $1::uuid
              and activation_pin.patient_id = charged.patient_id
              and activation_pin.used_at is null
              and activation_pin.tries_left > 0
              and activation_pin.expires_at > clock_timestamp()
            returning activation_pin.hash, activation_pin.way
        ),
        waiting as (
            select throttle.since + interval '1 hour' as retry_at
            from throttle
            where throttle.practice_id = $1::uuid
              and throttle.throttle_key = $7::bytea
              and throttle.failures >= \(Enrolment.networkTries)
              and throttle.since > clock_timestamp() - interval '1 hour'
        )
        select case
                   when stored.outcome is not null then 'stored'
                   when charged.patient_id is not null then 'admitted'
                   when found.invitation_id is not null and $7::bytea is not null
                       and network_charged.throttle_key is null then 'throttled'
                   when found.invitation_id is not null then 'exhausted'
                   else 'overtaken'
               end as word,
               coalesce(waiting.retry_at, clock_timestamp() + interval '1 hour') as retry_at,
               charged.patient_id, charged.identity_tries_left, pin_charged.hash, pin_charged.way,
               \(Act.storedColumns), $nonce as nonce
        from (values (1)) as always_one_row
        left join stored on true
        left join found on true
        left join network_charged on true
        left join charged on true
        left join pin_charged on true
        left join waiting on true
        """

    var parameters: [Parameter] {
        act.parameters.dropLast() + [
            .uuid(enrolment), .int(revision), networkKey.map(Parameter.bytes) ?? .null,
            (customerNumber?.digits).map(Parameter.text) ?? .null,
        ]
    }

    static func decode(_ rows: [Row]) throws -> Answered<Outcome> {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        let stored = try Act.answered(row) { Outcome.before(try ProveIdentity.outcome($0)) }
        return try stored ?? .now(outcome(row))
    }

    private static func outcome(_ row: Row) throws -> Outcome {
        switch try row.text("word") {
        case "admitted":
            let pin = try row.bytesIfPresent("hash").map { hash in
                guard
                    let way = EnrolmentProgress.IdentityLevel(rawValue: try row.text("way"))
                else { throw PostgresError.undecodable("way") }
                return Candidate.PIN(sealed: SealedSuperPIN(bytes: hash), way: way)
            }
            return .admitted(
                Candidate(
                    patientID: try row.uuid("patient_id"),
                    triesLeft: try row.int("identity_tries_left"), pin: pin))
        case "throttled": return .throttled(until: try row.instant("retry_at"))
        case "exhausted": return .exhausted
        default: return .overtaken
        }
    }
}

/// A try as it was charged, for what gives it back.
struct IdentityTry: Sendable {
    let enrolment: UUID
    let networkKey: [UInt8]?
    /// Whether a try of the super-PIN was charged too.
    let chargedPIN: Bool

    /// Three: the enrolment, the network, whether a super-PIN.
    var parameters: [Parameter] {
        [.uuid(enrolment), networkKey.map(Parameter.bytes) ?? .null, .bool(chargedPIN)]
    }

    /// The arms `network_returned`, `returned` and `pin_returned`, behind an arm; in the order in which
    /// ``AdmitIdentity`` locks.
    static func returnedArms(first: Int, behind arm: String) -> String {
        """
        network_returned as (
                update throttle
                set failures = greatest(0, failures - 1)
                from \(arm)
                where throttle.practice_id = $1::uuid
                  and throttle.throttle_key = $\(first + 1)::bytea
                returning throttle_key
            ),
            returned as (
                update invitation
                set identity_tries_left = least(5, invitation.identity_tries_left + 1)
                from enrolment, \(arm)
                where enrolment.practice_id = $1::uuid
                  and enrolment.enrolment_id = $\(first)::uuid
                  and invitation.practice_id = $1::uuid
                  and invitation.invitation_id = enrolment.invitation_id
                  and invitation.ended_at is null
                  and (select count(*) from network_returned) >= 0
                returning invitation.invitation_id, invitation.patient_id
            ),
            pin_returned as (
                update activation_pin
                set tries_left = least(\(ActivationPIN.tries), activation_pin.tries_left + 1)
                from returned
                where activation_pin.practice_id = $1::uuid
                  and activation_pin.patient_id = returned.patient_id
                  and $\(first + 2)::bool
                returning activation_pin.patient_id
            )
        """
    }
}

/// Takes back a try whose answer nobody looked at, since there was no room to.
struct ReturnIdentityTry: Statement {
    let practice: UUID
    let attempt: IdentityTry

    static let lane = Lane.ordinary

    static let sql = """
        with allowed as (select true as is_allowed),
        \(IdentityTry.returnedArms(first: 2, behind: "allowed"))
        select exists (select from returned) as returned,
               exists (select from pin_returned) as pin_returned, $nonce as nonce
        """

    var parameters: [Parameter] { [.uuid(practice)] + attempt.parameters }

    static func decode(_ rows: [Row]) throws {}
}
