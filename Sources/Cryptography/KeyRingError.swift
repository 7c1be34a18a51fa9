/// Why a key ring was refused: what is wrong and with which key, never what the key is (ASVS 13.3.1).
package enum KeyRingError: Error, Equatable {
    /// Not JSON of the form a ring has.
    case malformed
    /// A member that a ring does not have, or one that stands there twice.
    case memberUnexpected
    /// A key's id is not 1 to 16 lower-case letters, digits, hyphens. It is not repeated here, since
    /// it may be a key that was pasted on the wrong side of the colon.
    case keyIDInvalid
    /// No key has the id that `current` or `next` names.
    case currentUnknown
    /// `next` and `from` do not say which other key is current from when on.
    case nextInvalid
    /// The current key is not in the ring that is to take this one's place, or is another one there.
    case keyMissing(id: String)
    /// The key is not base64 with the standard alphabet and padding.
    case keyNotBase64(id: String)
    /// The key has fewer bytes than 32, or more than 64.
    case keyLength(id: String, count: Int)
    /// The key is no random value: a filler, a pattern, or readable text.
    case keyGuessable(id: String)
    /// The key is the same as another one's.
    case keyRepeated(id: String, other: String)
}

extension KeyRingError: CustomStringConvertible {
    /// A sentence for whoever set the ring.
    package var description: String {
        let counts = KeyRing.keyCounts
        return switch self {
        case .malformed:
            #"The key ring is not JSON of the form {"current":"k1","keys":{"k1":"<base64>"}}."#
        case .memberUnexpected:
            "The key ring has a member that it should not have, or one that stands there twice."
        case .keyIDInvalid:
            "A key's id in the ring is not 1 to 16 lower-case letters, digits and hyphens."
        case .currentUnknown:
            "No key in the ring has the id that \"current\" or \"next\" names."
        case .nextInvalid:
            "\"next\" and \"from\" of the key ring do not name another key and an instant such as "
                + "2026-11-22T21:00:00Z."
        case .keyMissing(let id):
            "Key \(id), which is in use, is missing from the key ring or has changed."
        case .keyNotBase64(let id):
            "Key \(id) of the ring is not base64 (standard alphabet, with padding)."
        case .keyLength(let id, let count):
            "Key \(id) of the ring has \(count) bytes; "
                + "it must have \(counts.lowerBound) to \(counts.upperBound)."
        case .keyGuessable(let id):
            "Key \(id) of the ring is not random: it is a filler, a pattern or readable text."
        case .keyRepeated(let id, let other):
            "Keys \(id) and \(other) of the ring are the same."
        }
    }
}
