import Foundation

/// A key ring's text, for whoever changes it: a new key comes in, one that nobody needs goes out.
package struct RingRotation {
    /// Why a ring stays as it is.
    package enum Refusal: Error, Equatable {
        /// The last new key is not current yet.
        case underWay(id: String, from: Date)
        case keyUnknown
        /// It makes what is new, or is about to.
        case keyInUse(id: String)
    }

    /// A key as an operator sees it.
    package struct Key: Sendable, Equatable {
        package enum State: Sendable, Equatable {
            /// Known everywhere, and current from then on.
            case next(from: Date)
            /// Makes what is new; since when, if the ring says so.
            case active(since: Date?)
            /// Reads what it made.
            case retiring
            /// Verifies the audit that it sealed, and nothing else.
            case revoked
        }

        package let id: String
        package let state: State
    }

    /// Secret.
    package private(set) var text: String

    package init(parsing text: String) throws(KeyRingError) {
        _ = try RingText(parsing: text)
        self.text = text
    }

    /// All keys, the current one first.
    package func keys(at now: Date) throws(KeyRingError) -> [Key] {
        let ring = try RingText(parsing: text)
        let current = ring.currentID(at: now)
        let turned = ring.next.flatMap { $0.id == current ? $0.from : nil }
        let others = ring.entries.map(\.id).filter { $0 != current }
        return [Key(id: current, state: .active(since: turned))]
            + others.map { id in
                if let next = ring.next, next.id == id {
                    return Key(id: id, state: .next(from: next.from))
                }
                return Key(id: id, state: .retiring)
            } + ring.auditKeys.map { Key(id: $0.id, state: .revoked) }
    }

    /// Adds a random key that is current from an instant on; returns its id.
    package mutating func rotate(
        at now: Date, from instant: Date
    ) throws -> String {
        let ring = try RingText(parsing: text)
        if let next = ring.next, next.from > now {
            throw Refusal.underWay(id: next.id, from: next.from)
        }
        var form = ring.form
        form.current = ring.currentID(at: now)
        let taken = Set(form.keys.keys).union((form.audit ?? [:]).keys)
        let newest = taken.compactMap { $0.wholeMatch(of: /k([0-9]{1,9})/).flatMap { Int($0.1) } }
        let id = "k\((newest.max() ?? taken.count) + 1)"
        form.keys[id] = RingText.randomKey()
        form.next = id
        form.from = instant.formatted(.iso8601)
        try write(form)
        return id
    }

    /// Takes a key out; what it sealed of the audit can still be verified.
    package mutating func revoke(_ id: String, at now: Date) throws {
        let ring = try RingText(parsing: text)
        guard let entry = ring.entries.first(where: { $0.id == id }) else {
            throw Refusal.keyUnknown
        }
        var form = ring.form
        guard id != ring.currentID(at: now), id != ring.next?.id else {
            throw Refusal.keyInUse(id: id)
        }
        if form.current == id {
            form.current = ring.currentID(at: now)
            (form.next, form.from) = (nil, nil)
        }
        form.keys[id] = nil
        form.audit = form.audit ?? [:]
        form.audit?[id] = entry.key.macKey(.audit).withBytes { Data($0).base64EncodedString() }
        try write(form)
    }

    private mutating func write(_ form: RingText.Form) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(form), as: UTF8.self) + "\n"
        // Whatever is written can be read again.
        _ = try RingText(parsing: text)
        self.text = text
    }
}
