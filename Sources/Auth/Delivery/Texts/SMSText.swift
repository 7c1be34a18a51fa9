/// The text of an SMS with what it costs: how many messages the network makes of it, and which
/// characters make it dearer (3GPP TS 23.038 section 6.2.1, TS 23.040 section 9.2.3.24).
struct SMSText: Equatable, Sendable {
    /// Septets of a message that is sent alone, and of each part of a longer one.
    static let septetsAlone = 160
    static let septetsInPart = 153
    /// UTF-16 code units likewise, where one character is not in the SMS alphabet.
    static let unitsAlone = 70
    static let unitsInPart = 67

    let text: String
    /// What forces the whole text out of the SMS alphabet, each character once, in order.
    let foreign: [Unicode.Scalar]
    /// Messages that are paid for.
    let segments: Int

    init(_ text: String) {
        self.text = text
        var foreign: [Unicode.Scalar] = []
        var septets: [Int] = []
        for scalar in text.unicodeScalars {
            if let width = GSM7.septets(of: scalar) {
                septets.append(width)
            } else if !foreign.contains(scalar) {
                foreign.append(scalar)
            }
        }
        self.foreign = foreign
        segments =
            foreign.isEmpty
            ? Self.segments(of: septets, alone: Self.septetsAlone, part: Self.septetsInPart)
            : Self.segments(
                of: text.unicodeScalars.map { UTF16.width($0) }, alone: Self.unitsAlone,
                part: Self.unitsInPart)
    }

    /// A character is never cut in two, so a part may have to leave a place empty.
    private static func segments(of widths: [Int], alone: Int, part: Int) -> Int {
        guard widths.reduce(0, +) > alone else { return 1 }
        var count = 1
        var used = 0
        for width in widths {
            if used + width > part {
                count += 1
                used = 0
            }
            used += width
        }
        return count
    }
}
