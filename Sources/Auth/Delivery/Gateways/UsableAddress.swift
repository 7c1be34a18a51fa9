extension RenderedMessage {
    /// Whether `to` is what its channel sends to: nothing in it can be taken for syntax of a protocol.
    var isAddressUsable: Bool {
        switch channel {
        case .email: EmailAddress(to)?.typed == to
        case .sms: to.wholeMatch(of: /\+[1-9][0-9]{6,14}/) != nil
        }
    }
}
