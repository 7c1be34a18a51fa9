import Cryptography
import Foundation
import Postgres

/// What a recovery sends and where, or what it pretends to send where there is nobody.
struct RecoverySend: Sendable {
    let code: SendCode
    let route: SendContactCode.Route

    /// - Throws: `proof-repeated`, `factor-unavailable`; `step-out-of-order` and `field-invalid` for a
    ///   number that is new to the account.
    init(
        _ wanted: RecoveryRoutes.ChosenWay, _ recovery: Recovery, _ sender: SendCode.Sender,
        language: Language
    ) throws {
        let practice = sender.caller.practice
        var kind = SendCode.Kind(
            template: .oneTimeCode, lane: .recovery(recovery.subjectID),
            lifetime: practice.policy.codeLifetimeSeconds)
        let destination: Destination
        if let newcomer = try Self.newcomer(wanted, recovery, practice) {
            switch newcomer {
            case .number(let number, let factor):
                kind.factorID = factor
                destination = .mobile(number)
            case .mailbox(let address):
                kind.factorID = SecureRandom.uuid()
                destination = .mailbox(address)
            }
            route = SendContactCode.Route(
                destinationKey: destination.key(.contact, keys: sender.keys),
                limits: Self.hiddenLimits(destination, recovery, sender), proof: nil,
                newcomer: newcomer)
        } else if let target = try Self.target(wanted.channel, recovery, practice, sender.keys) {
            kind.factorID = target.proof.id
            destination = target.destination
            let lane = Destination.Lane.allRecoveries(Self.asker(recovery))
            route = SendContactCode.Route(
                destinationKey: destination.key(lane, keys: sender.keys),
                limits: Self.hiddenLimits(destination, recovery, sender), proof: target.proof)
        } else {
            // The same at each send of a channel, so that another one goes without a wait here too.
            let bytes = recovery.subjectID.bytes
            kind.factorID = UUID(
                bytes: wanted.channel == .email ? bytes : bytes.reversed())
            destination = try Self.nowhere(wanted.channel, practice)
            route = SendContactCode.Route(destinationKey: nil, limits: [], proof: nil)
        }
        // Before a proof only what was typed and the network have limits that show.
        code = try SendCode(
            to: destination, flow: recovery.id, kind: kind, locale: recovery.locale ?? language,
            by: sender, limits: Self.shownLimits(wanted.channel, destination, recovery, sender))
    }

    private static func asker(_ recovery: Recovery) -> Destination.Asker {
        if recovery.fromKnownNetwork { return .fromKnownNetwork }
        return recovery.isProven ? .proven : .anybody
    }

    private struct Target {
        let destination: Destination
        let proof: RecoveryProof
    }

    /// The oldest of the channel that is no proof yet; nil where there is none.
    private static func target(
        _ channel: ChannelKind, _ recovery: Recovery, _ practice: Practice, _ keys: KeyRing
    ) throws(Problem) -> Target? {
        var isProven = false
        for way in recovery.ways where way.type.channel == channel && !way.stopped {
            guard let destination = way.factor.destination(in: practice) else { continue }
            let proof = RecoveryProof(
                method: channel == .email ? .email : .sms,
                class: RecoveryProof.contactClass(of: destination, keys: keys), id: way.id,
                aged: way.aged)
            if recovery.proofs.contains(where: { $0.class == proof.class }) {
                isProven = true
            } else {
                return Target(destination: destination, proof: proof)
            }
        }
        if isProven { throw Problem(.proofRepeated) }
        // Whoever has proved something may hear that nothing goes there.
        if recovery.isProven { throw Problem(.factorUnavailable) }
        return nil
    }

    /// What is new to the account; nil where nothing new is named.
    private static func newcomer(
        _ wanted: RecoveryRoutes.ChosenWay, _ recovery: Recovery, _ practice: Practice
    ) throws -> SendContactCode.Newcomer? {
        guard wanted.number != nil || wanted.address != nil else { return nil }
        let loss = wanted.address == nil ? RecoveryProof.Loss.factor : .mailbox
        if recovery.verdict(for: loss) == .insufficient { throw Problem(.stepOutOfOrder) }
        if let address = wanted.address {
            let held = recovery.ways.filter { !$0.former }
                .compactMap { $0.factor.destination(in: practice)?.normalized }
            guard !held.contains(Destination.mailbox(address).normalized) else {
                throw Problem(.fieldInvalid, faults: [.init(.pointer("/email"), .notAllowed)])
            }
            return .mailbox(address)
        }
        do throws(PhoneNumber.Fault) {
            let number = try PhoneNumber(
                parsing: wanted.number ?? "", countryCode: wanted.countryCode,
                home: practice.country, allowed: Set(practice.policy.allowedCountries))
            return .number(number, factor: SecureRandom.uuid())
        } catch {
            throw Problem(.fieldInvalid, faults: [.init(.pointer("/number"), error.code)])
        }
    }

    /// Whoever has proved something may hear of every limit.
    private static func hiddenLimits(
        _ destination: Destination, _ recovery: Recovery, _ sender: SendCode.Sender
    ) -> [SendLimit] {
        if recovery.isProven { return [] }
        let limits = all(destination, recovery, sender).filter {
            ![.client, .network].contains($0.kind)
        }
        guard destination.channel == .sms else { return limits }
        return limits + [.unprovenSMS(in: sender.caller.practice)]
    }

    private static func shownLimits(
        _ channel: ChannelKind, _ destination: Destination, _ recovery: Recovery,
        _ sender: SendCode.Sender
    ) -> [SendLimit] {
        let limits = all(destination, recovery, sender)
        if recovery.isProven { return limits }
        let shown = limits.filter { [.client, .network].contains($0.kind) }
        guard channel == .sms else { return shown }
        // That the fifth is spent is said to everybody; only what went out counts towards it.
        var fifth = SendLimit.unprovenSMS(in: sender.caller.practice)
        fifth.ceiling -= 1
        fifth.weight = 0
        return shown + [fifth]
    }

    private static func all(
        _ destination: Destination, _ recovery: Recovery, _ sender: SendCode.Sender
    ) -> [SendLimit] {
        SendLimit.all(
            for: destination, of: sender.caller,
            from: recovery.isProven ? .signIn : .recovery, network: sender.network,
            keys: sender.keys, ceilings: sender.ceilings)
    }

    /// Something of the same kind, which no message is made for.
    private static func nowhere(
        _ channel: ChannelKind, _ practice: Practice
    ) throws -> Destination {
        switch channel {
        case .email:
            guard let address = EmailAddress("nobody@example.nl") else {
                throw Problem(.factorUnavailable)
            }
            return .mailbox(address)
        case .sms:
            let number = practice.country == .netherlands ? "+31612345678" : "+4790000000"
            return .mobile(
                try PhoneNumber(
                    parsing: number, home: practice.country,
                    allowed: [practice.country.rawValue]))
        }
    }
}

/// A code of a recovery in an answer: nothing of where it went, or whether, before something is proved.
struct ContactCodeBody: Encodable, Sendable {
    let id: UUID
    let channel: String
    let destination: String?
    let reference: String
    let sentAt: Date
    let sentAtLocal: String
    let expiresAt: Date
    let resendAt: Date
    let attemptsLeft: Int

    init(_ code: SentCode, in practice: Practice, showsDestination: Bool) {
        id = code.id
        channel = code.channel.rawValue
        destination = showsDestination ? code.destination : nil
        reference = code.reference
        sentAt = code.sentAt
        sentAtLocal = practice.clockTime(code.sentAt)
        expiresAt = code.expiresAt
        resendAt = code.resendAt
        attemptsLeft = code.attemptsLeft
    }
}
