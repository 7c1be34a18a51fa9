/// Several values as one byte string from which each can be told apart.
package enum FieldSequence {
    /// Each field after its length in eight bytes, so that `["ab", "c"]` differs from `["a", "bc"]`.
    package static func encode(_ fields: [[UInt8]]) -> [UInt8] {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(fields.reduce(0) { $0 + 8 + $1.count })
        for field in fields {
            withUnsafeBytes(of: UInt64(field.count).bigEndian) { encoded.append(contentsOf: $0) }
            encoded.append(contentsOf: field)
        }
        return encoded
    }
}
