extension SendLimit {
    /// A part of the practice's SMS of a day that some of them can't go beyond, so that the rest is left to
    /// who signs in (Z-19); as `message.sms_lane` has it.
    enum SMSLane: String, Sendable, CaseIterable {
        /// Of other systems.
        case codes
        /// Before anything is proved.
        case recovery
        /// What the practice's register changes.
        case register
        /// What a person is told of the practice's letters.
        case letters

        /// The counter of its messages.
        var messages: String { "sms-\(rawValue)" }

        /// The counter of what they cost; nil where only their number is held.
        var cost: String? { self == .codes ? "cost-\(rawValue)" : nil }

        /// How much it has of a ceiling of the day.
        func part(of ceiling: Int) -> Int {
            self == .codes ? ceiling - ceiling / 5 : ceiling / 5
        }

        /// The same in SQL, of a row with `sms_lane`.
        static func part(of ceiling: String, in row: String) -> String {
            "case \(row).sms_lane when '\(codes.rawValue)' "
                + "then \(ceiling) - \(ceiling) / 5 else \(ceiling) / 5 end"
        }

        /// The lane of what is held to those limits; nil for what has the whole day.
        init?(of limits: [SendLimit]) {
            let lane = Self.allCases.first { lane in
                limits.contains { $0.counter == lane.messages }
            }
            guard let lane else { return nil }
            self = lane
        }
    }
}
