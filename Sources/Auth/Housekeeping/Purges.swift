import Postgres

/// What is purged, in this order; what no statement stands here for is kept for ever.
enum Purges {
    static let all: [any PurgeStatement.Type] = [
        PurgeIdempotency.self, PurgeThrottles.self, PurgeSendCounts.self,
        PurgeDestinations.self, PurgeRefusals.self, PurgeCodes.self, PurgeMessages.self,
        PurgeLogins.self, PurgeLoginPasses.self, PurgeSessions.self, PurgeRecoveries.self,
        PurgeDeskCodes.self, PurgeLinkingCodes.self, PurgeRecoveryPINs.self,
        PurgeActivationPINs.self, PurgeFreezeCodes.self, PurgeRememberedDevices.self,
        PurgeContactChanges.self, PurgeFormerMailboxes.self, PurgePendingFactors.self,
        PurgePendingPINs.self, PurgeEnrolments.self, PurgeInvitations.self,
    ]
}

// MARK: - What limits count by

/// Answers, which are repeated for 24 hours (Z-24).
struct PurgeIdempotency: PurgeStatement {
    let days: Int
    static let table = "idempotency"
    static let over = "idempotency.answered_at"
    static let usualDays = 1
}

/// Failures, which are forgotten after 24 hours (`LoginLimits.forgottenAfterHours`); no wait is longer.
struct PurgeThrottles: PurgeStatement {
    let days: Int
    static let table = "throttle"
    static let over = "throttle.last_failed_at"
    static let condition: String? = "throttle.blocked_until <= clock_timestamp()"
    static let usualDays = 1
}

/// Counters, the longest of a day (SU-6).
struct PurgeSendCounts: PurgeStatement {
    let days: Int
    static let table = "send_count"
    static let over = "send_count.window_start"
    static let usualDays = 2
    static let leastDays = 2
}

/// Sends to a destination, which count for a day (C8).
struct PurgeDestinations: PurgeStatement {
    let days: Int
    static let table = "destination"
    static let over = "destination.sends[cardinality(destination.sends)]"
    static let usualDays = 2
}

/// Refusals of a minute and network (Z-30).
struct PurgeRefusals: PurgeStatement {
    let days: Int
    static let table = "refusal"
    static let over = "refusal.minute"
    static let usualDays = 90
}

// MARK: - Signing in

/// Logins, with what they were asked for.
struct PurgeLogins: PurgeStatement {
    let days: Int
    static let table = "login"
    static let over = "login.expires_at"
    static let usualDays = 90
}

/// Passes for networks that are refused (Z-20).
struct PurgeLoginPasses: PurgeStatement {
    let days: Int
    static let table = "login_pass"
    static let over = "login_pass.expires_at"
    static let usualDays = 7
}

/// Sessions, by which a network is known for 90 days (Z-12): the list of sessions looks back so far
/// from a sign-in of yesterday.
struct PurgeSessions: PurgeStatement {
    let days: Int
    static let table = "session"
    static let over = "session.created_at"
    static let usualDays = leastDays
    static let leastDays = LoginLimits.knownNetworkDays + 1
}

/// Remembered devices; those that were forgotten stay until they would have expired.
struct PurgeRememberedDevices: PurgeStatement {
    let days: Int
    static let table = "remembered_device"
    static let over = "remembered_device.expires_at"
    static let usualDays = 90
}

// MARK: - Messages without a code

/// Messages that brought neither code nor link; a gateway may report days later.
struct PurgeMessages: PurgeStatement {
    let days: Int
    static let table = "message"
    static let over = "message.expires_at"
    static let condition: String? = "message.code_id is null and message.link_id is null"
    static let usualDays = 90
    static let leastDays = 7
}

// MARK: - Recovery and changes

/// Recoveries; one that waits (Z-2) expires after its wait.
struct PurgeRecoveries: PurgeStatement {
    let days: Int
    static let table = "recovery"
    static let over = "recovery.expires_at"
    static let usualDays = 90
}

/// Desk codes, of which so many are made in a day (Z-11); who made them stands in the audit.
struct PurgeDeskCodes: PurgeStatement {
    let days: Int
    static let table = "desk_code"
    static let over = "desk_code.expires_at"
    static let usualDays = 90
}

/// Linking codes, which work for minutes.
struct PurgeLinkingCodes: PurgeStatement {
    let days: Int
    static let table = "linking_code"
    static let over = "linking_code.expires_at"
    static let usualDays = 7
}

/// Super-PINs of accounts that are over; a recovery that waits may rest on one (Z-2).
struct PurgeRecoveryPINs: PurgeStatement {
    let days: Int
    static let table = "recovery_pin"
    static let over = "recovery_pin.ended_at"
    static let condition: String? = "recovery_pin.ended_at is not null"
    static let usualDays = 90
    static let leastDays = 7
}

/// Activation PINs that nobody can use any more.
struct PurgeActivationPINs: PurgeStatement {
    let days: Int
    static let table = "activation_pin"
    static let over = "activation_pin.expires_at"
    static let usualDays = 90
}

/// Codes that would have stopped an account (Z-32).
struct PurgeFreezeCodes: PurgeStatement {
    let days: Int
    static let table = "freeze_code"
    static let over = "freeze_code.expires_at"
    static let usualDays = 7
}

/// Addresses that were to become an account's, or did.
struct PurgeContactChanges: PurgeStatement {
    let days: Int
    static let table = "contact_change"
    static let over = "contact_change.created_at"
    static let usualDays = 90
}

/// Mailboxes that others took the place of; a link to say that it was not their owner's doing works for
/// so many days, and the recovery after it takes its time (Z-32).
struct PurgeFormerMailboxes: PurgeStatement {
    let days: Int
    static let table = "contact"
    static let over = "contact.stood_until"
    static let condition: String? = "contact.stood_until is not null"
    static let usualDays = 60
    static let leastDays = FreezeCode.days + 1
}

// MARK: - What was begun and never proven

/// Factors whose code nobody typed: a number, an app's secret.
struct PurgePendingFactors: PurgeStatement {
    let days: Int
    static let table = "factor"
    static let over = "case when factor.activated_at is null then factor.created_at end"
    static let usualDays = 1
}

/// Super-PINs that nobody saved, which count towards those of a day (`RecoveryPIN.issuesPerDay`).
struct PurgePendingPINs: PurgeStatement {
    let days: Int
    static let label = "recovery_pin_pending"
    static let table = "recovery_pin"
    static let over = """
        case when recovery_pin.activated_at is null and recovery_pin.ended_at is null \
        then recovery_pin.created_at end
        """
    static let usualDays = 1
}

// MARK: - Enrolment

/// Enrolments that are over; what was typed went when they ended.
struct PurgeEnrolments: PurgeStatement {
    let days: Int
    static let table = "enrolment"
    static let over = "enrolment.ended_at"
    static let condition: String? = "enrolment.ended_at is not null"
    static let usualDays = 90
}

/// Invitations that nobody can follow any more, with their links, enrolments and mails.
struct PurgeInvitations: PurgeStatement {
    let days: Int
    static let table = "invitation"
    static let over = "invitation.expires_at"
    static let usualDays = 365
    /// An enrolment that began at the last moment goes on for a day.
    static let leastDays = 2

    static let columns = ["practice_id", "invitation_id"]

    // Links and enrolments go with it by themselves. By `offset` each is looked up by its key: as a join
    // all there are might be read.
    static let arms = """
        messages as (
            delete from message
            using due
            cross join lateral (
                select mailed_link.link_id
                from mailed_link
                where mailed_link.practice_id = due.practice_id
                  and mailed_link.invitation_id = due.invitation_id
                offset 0) as link
            where message.practice_id = due.practice_id
              and message.link_id = link.link_id
        ),
        """
}
