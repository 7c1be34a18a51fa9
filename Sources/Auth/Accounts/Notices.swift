import Cryptography
import Foundation
import Postgres

/// Tells the owner of an account what became of it, in the transaction of the change: a mail to each
/// confirmed mailbox, and an SMS to each phone where somebody got in or was kept out by it (Z-32, S4).
///
/// No limit keeps a change from being made; whom nobody told of it stands in the audit.
struct Notices: Sendable {
    let keys: KeyRing
    let prices: SMSPrices

    /// - Parameter former: what the account had before the change. Its mailboxes are told beside those of
    ///   now; its numbers instead, so that a phone that was just proven hears nothing, and one that is
    ///   gone does.
    /// - Returns: whether each mailbox gets a mail, and there is one.
    @discardableResult
    func tell(
        _ news: AccountNotice.News, of account: UUID, act: Act, in practice: Practice,
        former: Addresses? = nil, by transaction: Transaction
    ) async throws -> Bool {
        let now = try await addresses(of: account, in: practice, by: transaction)
        return try await tell(
            news, of: account, at: now, former: former, act: act, in: practice, by: transaction)
    }

    /// The same for who tells many people, and has looked them up at once.
    ///
    /// - Parameter now: what the account has; nil for nothing.
    func tell(
        _ news: AccountNotice.News, of account: UUID, at now: Addresses?,
        former: Addresses? = nil, act: Act, in practice: Practice, by transaction: Transaction
    ) async throws -> Bool {
        let locale = (now ?? former)?.locale ?? practice.locale
        let isTold = try await transaction.run(
            AccountNotice(
                news, act: act, account: account,
                mailboxes: (now?.mailboxes ?? []) + (former?.mailboxes ?? []),
                formerMailboxes: (now?.formerMailboxes ?? []) + (former?.formerMailboxes ?? []),
                locale: locale, practice: practice, keys: keys))
        let numbers = (former ?? now)?.numbers ?? []
        if news.goesToPhones, !numbers.isEmpty {
            try await transaction.run(
                NumberNotice(
                    news, to: numbers, locale: locale, of: account, act: act, in: practice,
                    by: self))
        }
        return isTold
    }

    /// For who is about to take some of it away, and tells of it afterwards.
    func addresses(
        of account: UUID, in practice: Practice, by transaction: Transaction
    ) async throws -> Addresses? {
        try await addresses(of: [account] as Set, in: practice, by: transaction)[account]
    }

    /// By account; one that has none is missing.
    func addresses(
        of accounts: Set<UUID>, in practice: Practice, by transaction: Transaction
    ) async throws -> [UUID: Addresses] {
        if accounts.isEmpty { return [:] }
        return try await transaction.run(
            FindAddresses(practice: practice.id, accounts: Array(accounts)))
    }
}

extension AccountNotice.News {
    /// Whether phones hear of it, each by an SMS that the practice pays for.
    fileprivate var goesToPhones: Bool {
        switch self {
        case .changed(let change): change.opensOrShuts
        case .registeredMobile, .frozen: true
        case .nationalNumberMoved, .erased: false
        }
    }
}
