import Foundation
import ServiceLifecycle
import Synchronization

/// The channel of development mode: keeps every message in memory, to be read in a browser or by a
/// test.
///
/// A mail is composed as for a mail server, so what a mail server would refuse is refused here too.
final class DeveloperMailbox: DeliveryChannel {
    /// Mails kept; the oldest go first. One is some 10 KiB.
    static let capacity = 500
    /// Readers that wait for a mail at the same time; further ones are answered at once.
    static let waitingLimit = 64
    /// Whom mails come from here. `.invalid` never leads anywhere (RFC 2606).
    static let sender = "no-reply@practice-auth.invalid"

    /// A mail or an SMS as it would have gone out.
    struct Mail: Equatable, Sendable {
        let id: UUID
        let channel: ChannelKind
        let to: String
        let locale: String
        /// Nil for an SMS.
        let subject: String?
        /// Unfolded, in order; an SMS has none.
        let headers: [Header]
        let text: String
        /// Nil for an SMS.
        let html: String?
        /// Nil where it carries none.
        let code: String?
        /// When it arrived here, in milliseconds since 1970: no two are equal, and each is exactly
        /// what `since` can name, so a reader that goes on from the newest misses none.
        var arrival = 0

        /// A quarter into that millisecond: cut or rounded, it stays the same one.
        var sentAt: Date { Date(timeIntervalSince1970: (Double(arrival) + 0.25) / 1000) }

        struct Header: Equatable, Sendable {
            let name: String
            let value: String
        }
    }

    /// Which mails a reader is interested in.
    struct Filter: Equatable, Sendable {
        /// The whole address; case makes no difference.
        var to: String?
        var channel: ChannelKind?
        /// Only later ones.
        var since: Date?

        func admits(_ mail: Mail) -> Bool {
            (to.map { $0.lowercased() == mail.to.lowercased() } ?? true)
                && (channel.map { $0 == mail.channel } ?? true)
                && (since.map { mail.arrival > Self.milliseconds($0) } ?? true)
        }

        static func milliseconds(_ instant: Date) -> Int {
            Int((instant.timeIntervalSince1970 * 1000).rounded())
        }
    }

    let name = "mailbox"
    let kinds = Set(ChannelKind.allCases)

    private struct Contents {
        /// Newest first.
        var mails: [Mail] = []
        var newestArrival = 0
        var readers: [UUID: AsyncStream<Void>.Continuation] = [:]
    }

    private let contents = Mutex(Contents())

    func deliver(_ message: RenderedMessage) async throws(DeliveryFailure) -> Receipt {
        keep(
            Mail(
                id: message.id, channel: message.channel, to: message.to, locale: message.locale,
                subject: message.subject, headers: try headers(of: message), text: message.text,
                html: message.html, code: message.code))
        return Receipt(providerMessageID: nil)
    }

    private func headers(
        of message: RenderedMessage
    ) throws(DeliveryFailure) -> [Mail.Header] {
        guard message.channel == .email else { return [] }
        guard let to = EmailAddress(message.to), to.typed == message.to,
            let from = EmailAddress(Self.sender)
        else {
            throw .permanent(.addressUnusable)
        }
        guard let mail = try? InternetMessage(message, to: to, from: from) else {
            throw .permanent(.messageUnreadable)
        }
        return mail.headers.map {
            Mail.Header(name: $0.name, value: $0.value.replacing("\r\n", with: ""))
        }
    }

    /// The mails, newest first.
    func mails(_ filter: Filter = Filter()) -> [Mail] {
        contents.withLock { $0.mails.filter(filter.admits) }
    }

    /// The mails, newest first; where there is none yet, as soon as one arrives or the time is up.
    func mails(_ filter: Filter, waitingAtMost limit: Duration) async -> [Mail] {
        // Listening begins before looking, so a mail that arrives in between is not missed.
        let reader = UUID()
        guard limit > .zero, let arrivals = arrivals(for: reader) else { return mails(filter) }
        defer { contents.withLock { $0.readers[reader] = nil } }
        guard mails(filter).isEmpty else { return mails(filter) }
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { first in
                first.addTask { try? await Task.sleep(for: limit) }
                first.addTask {
                    for await _ in arrivals where !self.mails(filter).isEmpty { return }
                }
                await first.next()
                first.cancelAll()
            }
        }
        return mails(filter)
    }

    func mail(_ id: UUID) -> Mail? {
        contents.withLock { $0.mails.first { $0.id == id } }
    }

    func empty() {
        contents.withLock { $0.mails = [] }
    }

    /// The same message twice (a worker died before it could settle) is one mail, as it would be in a
    /// mail program that looks at `Message-ID`.
    private func keep(_ mail: Mail) {
        contents.withLock { contents in
            contents.newestArrival = max(contents.newestArrival + 1, Filter.milliseconds(Date()))
            var mail = mail
            mail.arrival = contents.newestArrival
            contents.mails.removeAll { $0.id == mail.id }
            contents.mails.insert(mail, at: 0)
            if contents.mails.count > Self.capacity { contents.mails.removeLast() }
            for reader in contents.readers.values { reader.yield() }
        }
    }

    private func arrivals(for reader: UUID) -> AsyncStream<Void>? {
        contents.withLock { contents in
            guard contents.readers.count < Self.waitingLimit else { return nil }
            let (arrivals, continuation) = AsyncStream<Void>.makeStream(
                bufferingPolicy: .bufferingNewest(1))
            contents.readers[reader] = continuation
            return arrivals
        }
    }
}
