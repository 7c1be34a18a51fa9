extension FieldReader {
    /// A mobile number of a country that the practice allows; nil, and refused, where it is none, and nil
    /// where the field is absent or null.
    mutating func mobile(_ name: String, in practice: Practice) -> PhoneNumber? {
        guard let text = optionalString(name, max: Self.longestNumber) else { return nil }
        do throws(PhoneNumber.Fault) {
            let allowed = Set(practice.policy.allowedCountries)
            return try PhoneNumber(parsing: text, home: practice.country, allowed: allowed)
        } catch {
            refuse(name, error.code)
            return nil
        }
    }

    /// Longer than any number as people write it.
    private static let longestNumber = 256
}
