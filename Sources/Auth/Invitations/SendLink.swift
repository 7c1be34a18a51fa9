import Cryptography
import Foundation
import Postgres

/// A link and the mail that brings it, made in Swift and put into the outbox by the statement that
/// makes what the link opens.
///
/// Such a statement has an arm `asked` (`ends_at`): at most one row, present only where the send is
/// allowed so far; then ``limitArms(first:)``, an arm that makes or changes what the link opens where
/// `addressed` has a row, and ``linkArms(first:of:)``. All limits are held here (Z-22).
struct SendLink: Sendable {
    let linkID: UUID
    let hash: [UInt8]
    let messageID: UUID
    let locale: Language
    let body: [UInt8]
    let destination: Destination
    let destinationKey: [UInt8]
    let policy: Practice.Policy
    let limits: Parameter
    /// The same link once more, shortly before its end; nil where the practice wants none.
    let reminder: Reminder?

    /// What the link is for.
    struct Kind: Sendable {
        let page: LinkToken.Page
        /// What the mail calls it.
        let variable: MessageTemplate.Variable
        /// Whose sends of the mailbox it counts towards.
        let lane: Destination.Lane
        /// Whether a practice may want it brought to mind.
        let hasReminder: Bool

        static let invitation = Kind(
            page: .invitation, variable: .invitationLink, lane: .invitation, hasReminder: true)
        /// The fresh mail of the second way, which goes on where the person was (AC-3).
        static let emailConfirmation = Kind(
            page: .emailConfirmation, variable: .confirmationLink, lane: .enrolment,
            hasReminder: false)
    }

    struct Reminder: Sendable {
        let messageID: UUID
        let body: [UInt8]
    }

    /// Days before its end at which an invitation is brought to mind.
    static let reminderDays = 3

    /// - Parameters:
    ///   - initials: whom it is for, where the mailbox may be that of several.
    ///   - limits: those that hold beside the destination's own.
    init(
        _ kind: Kind, to mailbox: EmailAddress, locale: Language, initials: String? = nil,
        in practice: Practice, limits: [SendLimit], keys: KeyRing
    ) throws {
        let token = LinkToken.random()
        let link = token.link(to: kind.page, portal: practice.portalOrigin)
        func sealed(_ message: UUID) throws -> [UInt8] {
            try OutgoingMessage(
                to: mailbox.typed, facts: [kind.variable: link], initials: initials
            ).sealed(with: keys.sealingKey(.message), boundTo: message, of: practice.id)
        }
        linkID = UUIDv7.make(at: Date())
        hash = LinkToken.hash(token.text)
        messageID = UUIDv7.make(at: Date())
        self.locale = locale
        body = try sealed(messageID)
        destination = .mailbox(mailbox)
        destinationKey = destination.key(kind.lane, keys: keys)
        policy = practice.policy
        self.limits = SendLimits.parameter(limits)
        if kind.hasReminder, policy.invitationReminder {
            let id = UUIDv7.make(at: Date())
            reminder = Reminder(messageID: id, body: try sealed(id))
        } else {
            reminder = nil
        }
    }

    /// The statement's parameters from `$<first>` on; `Place` has the same order.
    var parameters: [Parameter] {
        Place.allCases.map { place in
            switch place {
            case .link: .uuid(linkID)
            case .hash: .bytes(hash)
            case .message: .uuid(messageID)
            case .locale: .text(locale.rawValue)
            case .body: .bytes(body)
            case .destinationKey: .bytes(destinationKey)
            case .sendsPerHour: .int(policy.sendsPerHour)
            case .sendsPerDay: .int(policy.sendsPerDay)
            case .limits: limits
            }
        }
    }

    /// Two more, where the link may have a reminder.
    var reminderParameters: [Parameter] {
        [
            reminder.map { .uuid($0.messageID) } ?? .null,
            reminder.map { .bytes($0.body) } ?? .null,
        ]
    }

    /// What stands at which place from `$<first>` on.
    enum Place: Int, CaseIterable {
        case link, hash, message, locale, body, destinationKey, sendsPerHour, sendsPerDay, limits
    }
}

// MARK: - SQL

extension SendLink {
    static func parameter(_ place: Place, first: Int) -> String { "$\(first + place.rawValue)" }

    /// The arms of ``limitArms(mailbox:hour:day:limits:wait:)`` for a link.
    static func limitArms(first: Int) -> String {
        func p(_ place: Place) -> String { parameter(place, first: first) }
        return limitArms(
            mailbox: p(.destinationKey), hour: p(.sendsPerHour), day: p(.sendsPerDay),
            limits: p(.limits))
    }

    /// The arms `counter`, `reached`, `ready` and `addressed`; the last has a row where it is sent.
    ///
    /// - Parameter wait: seconds since the send before; none where any two may follow each other.
    static func limitArms(
        mailbox: String, hour: String, day: String, limits: String, wait: String? = nil
    ) -> String {
        let waited = wait.map {
            "\n                  and \(waitEnds(after: $0)) <= clock_timestamp()"
        }
        return """
            \(SendLimits.arms(limits: limits)),
            ready as (  -- What is spent already, so that a refusal can say until when.
                select asked.ends_at,
                       destination.sends is null
                           or cardinality(\(Instants.within("1 hour", of: "destination.sends"))) < \(hour)::int8
                           and cardinality(\(Instants.within("1 day", of: "destination.sends"))) < \(day)::int8
                           as sends_left,
                       \(DestinationSends.again(hour: hour, day: day)) as sends_again_at,
                       reached.kind as limit_kind, reached.again_at as limit_again_at
                from asked
                left join reached on true
                left join destination
                    on destination.practice_id = $1::uuid
                    and destination.destination_key = \(mailbox)::bytea
            ),
            addressed as (  -- One more send to this mailbox, if the hour and the day allow.
                insert into destination (practice_id, destination_key, sends)
                select $1::uuid, \(mailbox)::bytea, array[clock_timestamp()]
                from ready
                where ready.sends_left
                  and ready.limit_kind is null
                on conflict (practice_id, destination_key) do update
                set sends = \(Instants.within("1 day", of: "destination.sends")) || clock_timestamp()
                where cardinality(\(Instants.within("1 hour", of: "destination.sends"))) < \(hour)::int8
                  and cardinality(\(Instants.within("1 day", of: "destination.sends"))) < \(day)::int8\(waited ?? "")
                returning destination_key
            )
            """
    }

    /// When so many seconds have passed since the newest send to `destination`.
    static func waitEnds(after wait: String) -> String {
        """
        destination.sends[cardinality(destination.sends)] + \(wait)::int8 * interval '1 second'
        """
    }

    /// The arms `linked`, `mailed` and `counted`, of an arm with `invitation_id` and `link_ends_at`.
    ///
    /// - Parameter enrolment: the one that it confirms the mailbox of; none for an invitation.
    static func linkArms(
        first: Int, template: MessageTemplate, of opened: String, enrolment: String = "null::uuid"
    ) -> String {
        func p(_ place: Place) -> String { parameter(place, first: first) }
        return """
            linked as (
                insert into mailed_link
                    (practice_id, link_id, invitation_id, token_hash, expires_at, enrolment_id)
                select $1::uuid, \(p(.link))::uuid, \(opened).invitation_id, \(p(.hash))::bytea,
                       \(opened).link_ends_at, \(enrolment)
                from \(opened)
                returning link_id, expires_at
            ),
            mailed as (  -- Its message, in the same commit.
                insert into message
                    (practice_id, message_id, channel, template, locale, body, expires_at, link_id)
                select $1::uuid, \(p(.message))::uuid, 'email', '\(template.rawValue)',
                       \(p(.locale))::text, \(p(.body))::bytea, linked.expires_at, linked.link_id
                from linked
                returning message_id
            ),
            \(SendLimits.countedArm(of: "mailed"))
            """
    }

    /// When a link that ends then is brought to mind; null where the practice wants no reminder.
    static func remindedAt(_ end: String, reminder: Int) -> String {
        "case when $\(reminder)::uuid is not null then \(end) - interval '\(reminderDays) days' end"
    }

    /// The arm `reminded`: the message that waits until shortly before the link's end, and dies with
    /// the link. It tells of the day on which it is sent.
    ///
    /// - Parameter opened: an arm with `reminded_at`; where that is not this link's time, an earlier link
    ///   has had the invitation's one reminder, or none is wanted.
    static func reminderArm(first: Int, reminder: Int, of opened: String) -> String {
        """
        reminded as (
            insert into message
                (practice_id, message_id, channel, template, locale, body, expires_at, link_id,
                 next_attempt_at, created_at)
            select $1::uuid, $\(reminder)::uuid, 'email',
                   '\(MessageTemplate.invitationReminder.rawValue)',
                   \(parameter(.locale, first: first))::text, $\(reminder + 1)::bytea,
                   linked.expires_at, linked.link_id, \(opened).reminded_at, \(opened).reminded_at
            from linked, \(opened)
            where \(opened).reminded_at = \(remindedAt("linked.expires_at", reminder: reminder))
        )
        """
    }

    /// Why nothing was sent, of the arm `ready`; to stand in a `case` that knows what was.
    static let refusalWords = """
        when not ready.sends_left then 'sends-exhausted'
                       when ready.limit_kind is not null then 'limit-reached'
        """

    /// The columns of `ready` that ``SendRefusal`` reads.
    static let refusalColumns = """
        ready.sends_again_at, ready.limit_kind, ready.limit_again_at
        """
}
