/// What one import by the API may bring; more goes into further requests, or through the command line.
enum ImportLimits {
    /// Lines of one request; the results of so many are in one answer.
    static let lines = 10_000
    static let request = RequestLimits(
        bodyBytes: 8 * 1024 * 1024, bodyDeadline: .seconds(60), answerDeadline: .seconds(75))
    /// Lines that come later are left for another request.
    static let processing = Duration.seconds(60)
}
