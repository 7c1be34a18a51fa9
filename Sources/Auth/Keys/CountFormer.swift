import Postgres

/// How many values are still there that a key of the ring made; short-lived ones are not among them.
struct CountFormer: KeyStatement {
    let keyID: String

    static let sql = """
        select \(branches.map { """
            (
                select count(*)
                from \($0.table)
                where \($0.key) between $1::text and $1::text\($0.condition))
            """
        }.joined(separator: " + ")) as values,
               $nonce as nonce
        """

    private static let branches: [(table: String, key: String, condition: String)] =
        SealedPlace.allCases.map { place in
            let value = "\(place.table).\(place.column)"
            return (place.table, "sealing_key(\(value))", "\n      and \(value) is not null")
        } + [
            ("recovery_codes", "sealing_key(recovery_codes.digests)", ""),
            ("identifier", "identifier.key_id", ""), ("patient", "patient.key_id", ""),
        ]

    var parameters: [Parameter] { [.text(keyID)] }

    static func decode(_ rows: [Row]) throws -> Int { try rows.first?.int("values") ?? 0 }
}
