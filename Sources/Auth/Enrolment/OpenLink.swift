import Cryptography
import Foundation
import Postgres

/// Begins an enrolment for whoever holds a link; nothing is used up, and nothing is proven yet (Z-14).
///
/// The link of a confirmation mail, opened elsewhere, begins one as well. Those that nobody went on with
/// go with the next one.
struct OpenLink: IdempotentStatement {
    let act: Act
    let tokenHash: [UInt8]
    let enrolmentID: UUID
    /// The id of the account that it may come to.
    let accountID: UUID
    /// Of the link, and of the patient's network; nil where the caller did not tell.
    let linkKey: [UInt8]
    let networkKey: [UInt8]?

    static let lane = Lane.ordinary
    /// Openings in an hour, of one link and from one network, so that nobody fills the table.
    static let perLink = 60
    static let perNetwork = 120

    init(
        act: Act, tokenHash: [UInt8], enrolmentID: UUID, accountID: UUID, network: [UInt8]?,
        keys: KeyRing
    ) {
        self.act = act
        self.tokenHash = tokenHash
        self.enrolmentID = enrolmentID
        self.accountID = accountID
        let throttle = keys.macKey(.throttle)
        linkKey = throttle.authenticate(fields: [Array("open-link".utf8), tokenHash])
        networkKey = network.map {
            throttle.authenticate(fields: [Array("open-network".utf8), $0])
        }
    }

    enum Outcome: Sendable {
        case opened(UUID)
        case refused(Problem.Kind)
        case throttled(until: Date)
    }

    static let arms = """
        found as (
            select invitation.invitation_id, \(Invitation.status) as status,
                   mailed_link.enrolment_id is null
                       and mailed_link.link_id <> invitation.link_id as superseded,
                   mailed_link.expires_at <= clock_timestamp() as expired
            from mailed_link
            join invitation
                on invitation.practice_id = $1::uuid
                and invitation.invitation_id = mailed_link.invitation_id
            join patient
                on patient.practice_id = $1::uuid
                and patient.patient_id = invitation.patient_id
            where mailed_link.practice_id = $1::uuid
              and mailed_link.token_hash = $6::bytea
              and not exists (select from stored)
        ),
        network_charged as (  -- 1. Rows are locked in the order network, link.
            insert into throttle as network
                (practice_id, throttle_key, failures, since, last_failed_at, blocked_until)
            select $1::uuid, $10::bytea, 1, clock_timestamp(), clock_timestamp(),
                   clock_timestamp()
            from found
            where $10::bytea is not null
            \(AdmitLogin.counting("network", upTo: perNetwork, in: "interval '1 hour'"))
        ),
        link_charged as (
            insert into throttle as link
                (practice_id, throttle_key, failures, since, last_failed_at, blocked_until)
            select $1::uuid, $9::bytea, 1, clock_timestamp(), clock_timestamp(),
                   clock_timestamp()
            from found
            where $10::bytea is null
               or exists (select from network_charged)
            \(AdmitLogin.counting("link", upTo: perLink, in: "interval '1 hour'"))
        ),
        judged as (  -- 2. What is hammered is not looked at, nor written down.
            select case
                       when found.invitation_id is null then 'unknown'
                       when not exists (select from link_charged) then 'throttled'
                       when found.status in (
                           '\(Invitation.Status.accepted.rawValue)',
                           '\(Invitation.Status.linked.rawValue)') then 'active'
                       when found.status not in (
                           '\(Invitation.Status.open.rawValue)',
                           '\(Invitation.Status.expired.rawValue)') then 'closed'
                       when found.superseded then 'superseded'
                       when found.expired
                           or found.status = '\(Invitation.Status.expired.rawValue)' then 'closed'
                       else 'opened'
                   end as word,
                   found.invitation_id
            from (values (1)) as always_one_row
            left join found on true
        ),
        marked as (  -- The invitation, which tells its practice of the first time.
            update invitation
            set opened_at = clock_timestamp()
            from judged
            where invitation.practice_id = $1::uuid
              and invitation.invitation_id = judged.invitation_id
              and judged.word = 'opened'
              and invitation.opened_at is null
            returning invitation.invitation_id
        ),
        forgotten as (  -- Those that died quietly.
            delete from enrolment
            using judged
            where (select count(*) from marked) >= 0
              and enrolment.practice_id = $1::uuid
              and enrolment.invitation_id = judged.invitation_id
              and (enrolment.end_reason = '\(Enrolment.Status.expired.rawValue)'
                   or enrolment.ended_at is null
                   and enrolment.expires_at <= clock_timestamp())
            returning enrolment.enrolment_id
        ),
        opened as (  -- 3. The enrolment.
            insert into enrolment
                (practice_id, enrolment_id, invitation_id, client_id, account_id, expires_at)
            select $1::uuid, $7::uuid, judged.invitation_id, $2::uuid, $8::uuid,
                   clock_timestamp() + interval '\(Enrolment.lifetimeHours) hours'
            from judged
            where judged.word = 'opened'
            returning enrolment_id
        ),
        outcome as (
            select judged.word, judged.word = 'opened' as lasting, opened.enrolment_id,
                   (
                       select max(throttle.since) + interval '1 hour'
                       from throttle
                       where throttle.practice_id = $1::uuid
                         and throttle.throttle_key in ($9::bytea, $10::bytea)) as retry_at
            from judged
            left join opened on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.invitationOpened.rawValue)',
                   case when judged.word = 'opened' then 'done' else 'refused' end,
                   case when judged.word = 'opened' then null else judged.word end,
                   $2::uuid, judged.invitation_id, $5::uuid
            from judged
            where judged.invitation_id is not null
              and judged.word <> 'throttled'
        )
        """

    var ownParameters: [Parameter] {
        [
            .bytes(tokenHash), .uuid(enrolmentID), .uuid(accountID), .bytes(linkKey),
            networkKey.map(Parameter.bytes) ?? .null,
        ]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        switch try row.text("word") {
        case "opened": .opened(try row.uuid("enrolment_id"))
        case "throttled": .throttled(until: try row.instant("retry_at"))
        case "active": .refused(.alreadyActive)
        case "closed": .refused(.invitationClosed)
        case "superseded": .refused(.linkSuperseded)
        default: .refused(.linkUnknown)
        }
    }
}
