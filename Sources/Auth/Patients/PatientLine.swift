import Foundation

/// One line of an import: an entry with the practice system's number of it.
struct PatientLine: Sendable {
    let externalID: ExternalID
    let details: PatientDetails

    /// - Throws: a `Problem` that names every fault.
    init(json bytes: [UInt8], in practice: Practice) throws(Problem) {
        var fields = try FieldReader(json: bytes)
        do {
            self = try fields.read { try PatientLine(&$0, in: practice) }
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.fieldInvalid)
        }
    }

    private init(_ fields: inout FieldReader, in practice: Practice) throws {
        let externalID = fields.externalID("external_id")
        details = PatientDetails(&fields, in: practice)
        guard let externalID else { throw FieldReader.Unreadable() }
        if let number = details.nationalNumber, externalID.spells(number) {
            fields.refuse("external_id", .notAllowed)
        }
        self.externalID = externalID
    }
}
