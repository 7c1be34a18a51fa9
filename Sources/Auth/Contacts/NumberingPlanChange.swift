/// One change of a numbering plan since the tables that Debian's library holds (2022), or one that
/// it draws the line of elsewhere than we do.
struct NumberingPlanChange {
    /// How the E.164 form begins.
    private let prefix: String
    /// Digits of the E.164 form, country code included.
    private let digitCount: Int
    /// What the library makes of it; nil for a mobile number.
    private let found: PhoneNumber.Fault?
    private let truth: PhoneNumber.Fault

    /// Compared with the plans of 2026 over 3,127 Dutch and Norwegian numbers, nothing else differs.
    private static let all = [
        // Norway took the series 59 back and gave 68 to landlines.
        NumberingPlanChange(prefix: "+4759", digitCount: 10, found: nil, truth: .unassigned),
        NumberingPlanChange(prefix: "+4768", digitCount: 10, found: .unassigned, truth: .landline),
        // The Dutch 097 is for machines: a mobile number to the library, but no person reads there.
        NumberingPlanChange(prefix: "+3197", digitCount: 13, found: nil, truth: .machine),
        // Only machine numbers are that long, so to the library any number might be.
        NumberingPlanChange(prefix: "+31", digitCount: 13, found: .unassigned, truth: .tooLong),
    ]

    /// What is true of a number that the library calls `fault`, where nil is a mobile number.
    static func corrected(_ fault: PhoneNumber.Fault?, of e164: String) -> PhoneNumber.Fault? {
        let change = all.first {
            $0.found == fault && e164.hasPrefix($0.prefix)
                && e164.utf8.count == 1 + $0.digitCount
        }
        return change?.truth ?? fault
    }

    /// The country that allows or refuses a region's numbers: Svalbard's are Norwegian ones.
    static func country(_ region: String) -> String { region == "SJ" ? "NO" : region }
}
