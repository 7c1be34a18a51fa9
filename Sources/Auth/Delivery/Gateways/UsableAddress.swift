extension RenderedMessage {
    /// Whether `to` is what its channel sends to: nothing in it can be taken for syntax of a protocol.
    var isAddressUsable: Bool {
        switch channel {
        case .email: EmailAddress(to)?.typed == to
        case .sms:
            to.first == "+" && to.dropFirst().first != "0" && (8...16).contains(to.utf8.count)
                && to.utf8.dropFirst().allSatisfy(\.isASCIIDigit)
        }
    }
}
