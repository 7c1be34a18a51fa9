/// What an answer can come as, where a caller may choose by `Accept` (RFC 9110 12.5.1).
enum Representation: String, Sendable, CaseIterable {
    case json = "application/json"
    case html = "text/html"
    case pdf = "application/pdf"

    /// The one of `offered` that the header's values ask for most; of several the one that they name
    /// most exactly, then the one offered first. Nil where they take none of them.
    ///
    /// - Parameter accept: the values of every `Accept` header; without any, everything is taken.
    init?(accept: [String], offered: [Representation]) {
        let ranges = accept.flatMap { $0.split(separator: ",") }.prefix(Self.mostRanges)
            .compactMap { MediaRange($0) }
        if accept.allSatisfy({ $0[...].trimmingSpaces.isEmpty }) {
            guard let first = offered.first else { return nil }
            self = first
            return
        }
        var best: (representation: Representation, wish: MediaRange)?
        for representation in offered {
            // The most exact range decides about a type, whatever the others say (12.5.1).
            let matching = ranges.filter { $0.includes(representation.rawValue) }
            guard let wish = matching.max(by: { $0.exactness < $1.exactness }), wish.weight > 0
            else { continue }
            if let known = best?.wish,
                (known.weight, known.exactness) >= (wish.weight, wish.exactness)
            {
                continue
            }
            best = (representation, wish)
        }
        guard let best else { return nil }
        self = best.representation
    }

    /// Ranges of the header that are looked at; browsers send some eight.
    private static let mostRanges = 32
}

/// One part of an `Accept` header, such as `text/*;q=0.8`; parameters but the weight are not looked
/// at, since what is offered has none.
private struct MediaRange {
    let type: Substring
    let subtype: Substring
    let weight: Double

    /// Nil for what cannot be read, which then asks for nothing.
    init?(_ part: Substring) {
        let pieces = part.lowercased().split(separator: ";").map { $0.trimmingSpaces }
        let names = (pieces.first ?? "").split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 2, !names.contains(where: \.isEmpty),
            names[0] != "*" || names[1] == "*"
        else { return nil }
        var weight = 1.0
        for piece in pieces.dropFirst() where piece.hasPrefix("q=") {
            guard let given = Double(piece.dropFirst(2)), (0...1).contains(given) else {
                return nil
            }
            weight = given
        }
        (type, subtype, self.weight) = (names[0], names[1], weight)
    }

    /// 2 for one type, 1 for a family of them, 0 for all.
    var exactness: Int { type == "*" ? 0 : subtype == "*" ? 1 : 2 }

    func includes(_ mediaType: String) -> Bool {
        switch exactness {
        case 0: true
        case 1: mediaType.hasPrefix("\(type)/")
        default: mediaType == "\(type)/\(subtype)"
        }
    }
}
