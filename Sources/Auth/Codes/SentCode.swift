import Foundation
import Postgres

/// A code on its way, without the code: what the patient's screen shows beside the input field.
struct SentCode: Sendable, Equatable {
    let id: UUID
    let channel: ChannelKind
    /// Masked.
    let destination: String
    /// Two capitals that stand in the message too (SC-2).
    let reference: String
    let sentAt: Date
    let expiresAt: Date
    let resendAt: Date
    /// The least of what is left on this code and in the hour.
    let attemptsLeft: Int
    let delivery: DeliveryState
    /// Why the message is not on its way, where it is not.
    let deliveryReason: DeliveryFailure.Reason?
    /// Which way it went: the gateway that has it or had it last; nil before the first try.
    let gateway: String?
    /// Why the gateway before that one did not deliver it; nil where there was none.
    let formerReason: DeliveryFailure.Reason?

    init(_ row: Row) throws {
        id = try row.uuid("code_id")
        guard
            let channel = ChannelKind(rawValue: try row.text("channel")),
            let delivery = DeliveryState(rawValue: try row.text("delivery"))
        else { throw PostgresError.undecodable("channel") }
        self.channel = channel
        self.delivery = delivery
        destination = try row.text("destination")
        reference = try row.text("reference")
        sentAt = try row.instant("sent_at")
        expiresAt = try row.instant("expires_at")
        resendAt = try row.instant("resend_at")
        attemptsLeft = try row.int("attempts_left")
        // A reason of a newer version is one that this one has no advice for.
        deliveryReason = try row.textIfPresent("delivery_reason").flatMap(
            DeliveryFailure.Reason.init)
        gateway = try row.textIfPresent("gateway")
        // An answer that an older release kept for its key has none.
        formerReason = (try? row.textIfPresent("former_reason")).flatMap(
            DeliveryFailure.Reason.init)
    }

    /// What is left on `code` and in the hour of its `code_subject`.
    static let attemptsLeftColumn = """
        greatest(0, least(
                       code.attempts_left::int8,
                       \(Code.guessesPerHour) - cardinality(\(Instants.within("1 hour", of: "code_subject.guesses")))
                   )) as attempts_left
        """

    /// Whether nothing of that is left: a condition on the same rows.
    static let isExhausted = """
        (code.attempts_left = 0
                        or cardinality(\(Instants.within("1 hour", of: "code_subject.guesses")))
                            >= \(Code.guessesPerHour))
        """

    /// The order of one flow's codes: after the server's clock was set back the newest is not the latest.
    static func newestFirst(subject: String, purpose: String) -> String {
        """
        order by code.code_id is not distinct from (
                             select code_subject.newest_code_id
                             from code_subject
                             where code_subject.practice_id = $1::uuid
                               and code_subject.subject_id = \(subject)
                               and code_subject.purpose = \(purpose)) desc,
                         code.sent_at desc
        """
    }

    /// How far the message of `code` got; a message whose code is dead is as good as withdrawn, though
    /// the sweep may not have come by yet (SC-9).
    static let deliveryColumns = """
        case
                       when message.state = 'queued'
                           and (code.used_at is not null or code.voided_at is not null
                                or code.expires_at <= clock_timestamp()
                                or code_subject.newest_code_id <> code.code_id)
                       then 'withdrawn'
                       else message.state
                   end as delivery,
                   message.reason as delivery_reason, message.gateway, message.former_reason
        """

    /// - Parameter language: of the advice; the practice's where nobody named one.
    func body(in practice: Practice, language: Language? = nil) -> Body {
        Body(
            id: id, channel: channel.rawValue, destination: destination, reference: reference,
            sentAt: sentAt, sentAtLocal: practice.clockTime(sentAt), expiresAt: expiresAt,
            resendAt: resendAt, attemptsLeft: attemptsLeft,
            delivery: delivery.rawValue, reason: deliveryReason?.rawValue,
            advice: deliveryReason?.advice(in: language ?? practice.locale), gateway: gateway,
            formerReason: formerReason?.rawValue
        )
    }

    /// The member `code` of a login, and the answer of a resend (api.md, Sent code).
    struct Body: Encodable, Sendable {
        let id: UUID
        let channel: String
        let destination: String
        let reference: String
        let sentAt: Date
        let sentAtLocal: String
        let expiresAt: Date
        let resendAt: Date
        let attemptsLeft: Int
        let delivery: String
        /// Why it is not on its way; left out where it is.
        let reason: String?
        /// What can be done about the reason, fit to be shown.
        let advice: String?
        let gateway: String?
        let formerReason: String?
    }
}

/// An address as answers show it: enough for its owner, too little for anybody else.
enum MaskedDestination {
    /// `jansen@example.nl` becomes `j•••@e•••.nl`.
    static func email(_ address: String) -> String {
        guard let at = address.lastIndex(of: "@") else { return "•••" }
        let domain = address[address.index(after: at)...]
        let ending = domain.lastIndex(of: ".").map { domain[$0...] } ?? ""
        return "\(address.prefix(1))•••@\(domain.prefix(1))•••\(ending)"
    }
}
