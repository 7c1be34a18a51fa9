import Foundation

/// One row of a result; its columns are read by name, each as the type the server says it has.
///
/// An accessor throws `PostgresError.undecodable` with the column's name where the column is
/// missing, null (save for `…IfPresent`) or of another type.
package struct Row: Sendable {
    enum Storage: Sendable {
        case result(ResultSet, row: Int)
        case document([String: JSONValue])
    }
    let storage: Storage

    /// The row at `row` of a result of the server.
    init(_ result: ResultSet, row: Int) {
        storage = .result(result, row: row)
    }

    /// A row that was stored as a jsonb object, as for the replay of an idempotent request.
    ///
    /// Instants are in the form of `to_jsonb(timestamptz)`, `bytea` is `\x` and hexadecimal digits.
    package init(json: String) throws {
        guard
            case .object(let members)? = try? JSONDecoder().decode(
                JSONValue.self, from: Data(json.utf8))
        else { throw PostgresError.undecodable("json") }
        storage = .document(members)
    }

    /// Whether the column is there and null.
    package func isNull(_ column: String) throws -> Bool {
        try cell(column) == nil
    }

    package func bool(_ column: String) throws -> Bool {
        try present(boolIfPresent(column), column)
    }
    package func boolIfPresent(_ column: String) throws -> Bool? {
        try read(column) { $0.bool }
    }

    /// Any of `int2`, `int4`, `int8`.
    package func int(_ column: String) throws -> Int {
        try present(intIfPresent(column), column)
    }
    package func intIfPresent(_ column: String) throws -> Int? {
        try read(column) { $0.int }
    }

    /// `float4` or `float8`.
    package func real(_ column: String) throws -> Double {
        try present(realIfPresent(column), column)
    }
    package func realIfPresent(_ column: String) throws -> Double? {
        try read(column) { $0.real }
    }

    /// `text`, `varchar`, `char`, `name`, or the text of a `json` or `jsonb` value.
    package func text(_ column: String) throws -> String {
        try present(textIfPresent(column), column)
    }
    package func textIfPresent(_ column: String) throws -> String? {
        try read(column) { $0.text }
    }

    /// `bytea`
    package func bytes(_ column: String) throws -> [UInt8] {
        try present(bytesIfPresent(column), column)
    }
    package func bytesIfPresent(_ column: String) throws -> [UInt8]? {
        try read(column) { $0.bytes }
    }

    package func uuid(_ column: String) throws -> UUID {
        try present(uuidIfPresent(column), column)
    }
    package func uuidIfPresent(_ column: String) throws -> UUID? {
        try read(column) { $0.uuid }
    }

    /// `timestamptz`
    package func instant(_ column: String) throws -> Date {
        try present(instantIfPresent(column), column)
    }
    package func instantIfPresent(_ column: String) throws -> Date? {
        try read(column) { $0.instant }
    }

    /// The text of a `json` or `jsonb` value.
    package func json(_ column: String) throws -> String {
        try present(jsonIfPresent(column), column)
    }
    package func jsonIfPresent(_ column: String) throws -> String? {
        try read(column) { $0.json }
    }

    /// `text[]` without nulls.
    package func texts(_ column: String) throws -> [String] {
        try present(textsIfPresent(column), column)
    }
    package func textsIfPresent(_ column: String) throws -> [String]? {
        try read(column) { $0.elements { $0.text } }
    }

    /// `uuid[]` without nulls.
    package func uuids(_ column: String) throws -> [UUID] {
        try present(uuidsIfPresent(column), column)
    }
    package func uuidsIfPresent(_ column: String) throws -> [UUID]? {
        try read(column) { $0.elements { $0.uuid } }
    }

    /// `bytea[]` without nulls.
    package func byteArrays(_ column: String) throws -> [[UInt8]] {
        try present(byteArraysIfPresent(column), column)
    }
    package func byteArraysIfPresent(_ column: String) throws -> [[UInt8]]? {
        try read(column) { $0.elements { $0.bytes } }
    }
}

extension Row {
    private func present<Value>(_ value: Value?, _ column: String) throws -> Value {
        guard let value else { throw PostgresError.undecodable(column) }
        return value
    }

    private func read<Value>(_ column: String, _ decode: (Cell) -> Value?) throws -> Value? {
        guard let cell = try cell(column) else { return nil }
        return try present(decode(cell), column)
    }

    private func cell(_ column: String) throws -> Cell? {
        switch storage {
        case .result(let result, let row):
            guard let index = result.columns.index(of: column) else {
                throw PostgresError.undecodable(column)
            }
            return result.slice(row: row, column: index).map {
                .binary($0, type: result.columns.types[index])
            }
        case .document(let members):
            switch members[column] {
            case nil: throw PostgresError.undecodable(column)
            case .null: return nil
            case .some(let value): return .json(value)
            }
        }
    }
}
