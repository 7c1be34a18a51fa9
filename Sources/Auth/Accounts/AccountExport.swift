import Cryptography
import Foundation

/// A person's data as they get it: members with names that speak, and beside every instant the same on
/// the practice's clock (SU-3).
struct AccountExport: Sendable {
    let practice: Practice
    let language: Language
    let exportedAt: Date
    /// As ``ExportAccount`` reads them.
    let sections: JSONValue
    let username: String?
    /// What the practice's register has of the person themselves.
    let entries: [RegisteredPatient]

    var value: JSONValue {
        guard case .object(let members) = sections else { return .null }
        return .object(
            instant("exported_at", exportedAt) + [
                JSONMember("practice", .string(practice.name)),
                JSONMember(
                    "register",
                    .array(
                        entries.map { readable(.object($0.details.members(of: $0.externalID))) })),
            ] + members.map { JSONMember($0.name, readable(named($0))) })
    }

    /// The account itself has the username, which no statement can read.
    private func named(_ section: JSONMember) -> JSONValue {
        guard section.name == "account", case .object(let members) = section.value else {
            return section.value
        }
        return .object(
            members + [JSONMember("username", username.map(JSONValue.string) ?? .null)])
    }

    /// The same, with seconds since 1970 as instants.
    private func readable(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): .array(elements.map(readable))
        case .object(let members):
            .object(
                members.flatMap { member in
                    member.name.hasSuffix("_at")
                        ? instant(member.name, member.value.seconds)
                        : [JSONMember(member.name, readable(member.value))]
                })
        default: value
        }
    }

    private func instant(_ name: String, _ instant: Date?) -> [JSONMember] {
        guard let instant else {
            return [JSONMember(name, .null), JSONMember("\(name)_local", .null)]
        }
        let day = LocalTime.day(instant, in: practice.timeZone, language: language)
        let time = LocalTime.text(instant, in: practice.timeZone)
        return [
            JSONMember(name, .string(instant.rfc3339)),
            JSONMember("\(name)_local", .string("\(day), \(time)")),
        ]
    }
}

extension JSONValue {
    fileprivate var seconds: Date? {
        switch self {
        case .int(let seconds): Date(timeIntervalSince1970: Double(seconds))
        case .double(let seconds): Date(timeIntervalSince1970: seconds)
        default: nil
        }
    }
}

extension PatientDetails {
    /// By the names that the practice's system gives them under.
    fileprivate func members(of externalID: String) -> [JSONMember] {
        [
            ("external_id", externalID), ("first_name", firstName), ("last_name", lastName),
            ("date_of_birth", dateOfBirth?.expose()), ("postcode", postcode?.expose()),
            ("email", email), ("mobile", mobile),
            ("national_number", nationalNumber?.digits.expose()),
            ("general_practitioner", generalPractitioner), ("locale", locale?.rawValue),
        ].map { name, text in JSONMember(name, text.map(JSONValue.string) ?? .null) }
    }
}
