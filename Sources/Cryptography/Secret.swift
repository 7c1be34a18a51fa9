/// A value that cannot be printed by accident: a password, a code, a token, a key.
///
/// Whatever shows values (print, dump, interpolation, reflection) shows `<secret>`; it is neither
/// Encodable nor Equatable. Reading it takes the word `expose`, which a review can search for.
package struct Secret<Value: Sendable>: Sendable {
    private let value: Value

    /// Hides a value.
    package init(_ value: Value) {
        self.value = value
    }

    /// The value itself, for the one place that needs it.
    package func expose() -> Value {
        value
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<secret>" }
    package var debugDescription: String { "<secret>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret where Value == [UInt8] {
    /// Whether both hold the same bytes, in a time that does not depend on where they differ.
    package func matches(_ other: Secret<[UInt8]>) -> Bool {
        ConstantTime.equal(value, other.value)
    }
}

extension Secret where Value == String {
    /// Whether both hold the same UTF-8, in a time that does not depend on where they differ.
    package func matches(_ other: Secret<String>) -> Bool {
        ConstantTime.equal(Array(value.utf8), Array(other.value.utf8))
    }

    /// The same secret as UTF-8 bytes.
    package var bytes: Secret<[UInt8]> {
        Secret<[UInt8]>(Array(value.utf8))
    }
}
