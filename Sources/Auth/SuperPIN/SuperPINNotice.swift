import Cryptography
import Foundation
import Postgres

/// A mail to each confirmed mailbox of an account whose patient got a new super-PIN, so that whoever
/// did not ask for one can speak up (AC-8, Z-11).
///
/// It goes by the operator's mail server and in the service's own words, like every warning that the
/// holder of a practice's key must not be able to reword.
struct SuperPINNotice: Sendable {
    /// Hours in which it is tried.
    static let triedForHours = 24

    /// A JSON list of `message_id`, `locale` and `body`, empty where nobody is told.
    let parameter: Parameter

    init(
        to account: FindPINHolder.Account?, practice: UUID, keys: KeyRing
    ) throws {
        let mailboxes = (account?.mailboxes ?? []).compactMap(EmailAddress.init)
        let messages = try mailboxes.map { address in
            let id = UUIDv7.make(at: Date())
            let body = try OutgoingMessage(to: address.typed).sealed(
                with: keys.sealingKey(.message), boundTo: id, of: practice)
            return JSONValue.object([
                JSONMember("message_id", .string(id.text)),
                JSONMember("locale", .string((account?.locale ?? .english).rawValue)),
                JSONMember("body", .string(Data(body).base64EncodedString())),
            ])
        }
        parameter = .json(JSONValue.array(messages).text)
    }
}
