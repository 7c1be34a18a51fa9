/// Ends the process when a library call fails that fails only when memory or the machine does.
///
/// There is no safe answer in its place: going on would mean a code without randomness or a
/// comparison without a MAC.
func demand(_ succeeded: Bool, _ call: StaticString) {
    if !succeeded { fatalError("\(call) failed") }
}

/// The pointer that such a call gave.
func demand(_ pointer: OpaquePointer?, _ call: StaticString) -> OpaquePointer {
    guard let pointer else { fatalError("\(call) failed") }
    return pointer
}
