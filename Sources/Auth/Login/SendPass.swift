import Cryptography
import Foundation
import Postgres

/// A pass for the owner of an account whose unknown networks strangers' failures have closed, and the
/// mail with it; both are made by the statement that writes the failure down (Z-20, Z-22).
///
/// At most one a day and account. The destination and the practice have ceilings of their own for it,
/// so that strangers spend nobody's codes (Z-19); where one is reached no pass is made.
struct SendPass: Sendable {
    let hash: [UInt8]
    let messageID: UUID
    let locale: Language
    let body: [UInt8]
    let destinationKey: [UInt8]
    let policy: Practice.Policy
    let limits: Parameter

    /// Nil where none is due, or where the account has no address that it could go to.
    init?(to candidate: AdmitLogin.Candidate, by caller: Caller, keys: KeyRing) throws {
        guard candidate.passIsDue, !candidate.disabled,
            let mailbox = candidate.mailbox.flatMap(EmailAddress.init)
        else { return nil }
        let pass = SignInPass.random()
        hash = SignInPass.hash(pass.text)
        messageID = UUIDv7.make(at: Date())
        locale = candidate.locale
        destinationKey = Destination.mailbox(mailbox).key(.pass, keys: keys)
        policy = caller.practice.policy
        limits = SendLimits.parameter([.passes])
        body = try OutgoingMessage(
            to: mailbox.typed, facts: [.passLink: pass.link(portal: caller.practice.portalOrigin)]
        ).sealed(with: keys.sealingKey(.message), boundTo: messageID, of: caller.practice.id)
    }

    /// Eight parameters, in the order of ``arms(first:)``; all null where no pass is due.
    static func parameters(of pass: SendPass?) -> [Parameter] {
        guard let pass else { return Array(repeating: .null, count: 8) }
        return [
            .bytes(pass.hash), .uuid(pass.messageID), .text(pass.locale.rawValue),
            .bytes(pass.body), .bytes(pass.destinationKey), .int(pass.policy.sendsPerHour),
            .int(pass.policy.sendsPerDay), pass.limits,
        ]
    }

    /// The arms that make it, after the arm `stored`; `$6` is the account.
    static func arms(first: Int) -> String {
        func p(_ place: Int) -> String { "$\(first + place)" }
        return """
            \(SendLimits.arms(limits: p(7))),
            closed as (  -- The account, unless its owner was told today; first come, first served.
                select account.account_id,
                       account.strange_since + \(AdmitLogin.strangeWindow) as opens_at
                from account
                where account.account_id = $6::uuid
                  and \(p(0))::bytea is not null
                  and account.disabled_at is null
                  and account.strange_failures >= \(LoginLimits.strangeFailures)
                  and account.strange_since > clock_timestamp() - \(AdmitLogin.strangeWindow)
                  and (account.pass_sent_at is null
                       or account.pass_sent_at <= clock_timestamp() - \(AdmitLogin.strangeWindow))
                  and not exists (select from stored)
                  and not exists (select from reached)
                for update
            ),
            addressed as (  -- One more pass to this mailbox, if the hour and the day allow.
                insert into destination (practice_id, destination_key, sends)
                select $1::uuid, \(p(4))::bytea, array[clock_timestamp()]
                from closed
                on conflict (practice_id, destination_key) do update
                set sends = \(Instants.within("1 day", of: "destination.sends")) || clock_timestamp()
                where cardinality(\(Instants.within("1 hour", of: "destination.sends"))) < \(p(5))::int8
                  and cardinality(\(Instants.within("1 day", of: "destination.sends"))) < \(p(6))::int8
                returning destination_key
            ),
            told as (
                update account
                set pass_sent_at = clock_timestamp()
                from closed, addressed
                where account.account_id = closed.account_id
                returning account.account_id, closed.opens_at
            ),
            passed as (  -- The pass, in the place of one that has long expired.
                insert into login_pass
                    (practice_id, account_id, pass_hash, guesses_left, expires_at)
                select $1::uuid, told.account_id, \(p(0))::bytea, \(SignInPass.guesses),
                       told.opens_at
                from told
                on conflict (practice_id, account_id) do update
                set pass_hash = excluded.pass_hash,
                    guesses_left = excluded.guesses_left,
                    created_at = clock_timestamp(),
                    expires_at = excluded.expires_at,
                    used_at = null,
                    network_key = null
                returning account_id, expires_at
            ),
            mailed as (
                insert into message
                    (practice_id, message_id, channel, template, locale, body, expires_at)
                select $1::uuid, \(p(1))::uuid, 'email',
                       '\(MessageTemplate.signInPass.rawValue)', \(p(2))::text, \(p(3))::bytea,
                       passed.expires_at
                from passed
                returning message_id
            ),
            \(SendLimits.countedArm(of: "mailed")),
            pass_audited as (
                insert into audit
                    (practice_id, event, result, client_id, account_id, object_id, request_id)
                select $1::uuid, '\(AuditEvent.passSent.rawValue)', 'done', $2::uuid, $6::uuid,
                       mailed.message_id, $5::uuid
                from mailed
            )
            """
    }
}
