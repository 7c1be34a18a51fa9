import Testing

@testable import Auth

@Suite struct SMTPReplyTests {
    @Test(arguments: [
        (
            SMTPReply(ending: .refused, code: 550, line: "550 5.1.1 <a@b.nl> unknown"),
            DeliveryFailure.permanent(.unknownMailbox)
        ),
        (
            SMTPReply(ending: .refused, code: 550, line: "550 no such user"),
            .permanent(.unknownMailbox)
        ),
        (
            SMTPReply(ending: .refused, code: 550, line: "550-5.7.1 blocked"),
            .permanent(.spamRefused)
        ),
        (
            SMTPReply(ending: .refused, code: 554, line: "554 5.7.9 spam"),
            .permanent(.spamRefused)
        ),
        (
            SMTPReply(ending: .refused, code: 553, line: "553 5.1.3 bad syntax"),
            .permanent(.addressUnusable)
        ),
        (
            SMTPReply(ending: .refused, code: 550, line: "550 5.1.8 bad sender"),
            .permanent(.senderRefused)
        ),
        (SMTPReply(ending: .refused, code: 552, line: "552 5.2.2 full"), .permanent(.mailboxFull)),
        (SMTPReply(ending: .refused, code: 452, line: "452 4.2.2 full"), .transient(.mailboxFull)),
        (
            SMTPReply(ending: .refused, code: 450, line: "450 4.2.0 greylisted"),
            .transient(.serverBusy)
        ),
        (SMTPReply(ending: .refused, code: 421, line: "421 closing"), .transient(.serverBusy)),
        (
            SMTPReply(ending: .refused, code: 530, line: "530 5.7.0 login first"),
            .permanent(.loginRefused)
        ),
        (SMTPReply(ending: .loginRefused, code: 535), .permanent(.loginRefused)),
        (SMTPReply(ending: .loginRefused, code: 454), .transient(.serverBusy)),
        (SMTPReply(ending: .encryptionUnavailable, code: 250), .permanent(.encryptionUnavailable)),
        (SMTPReply(ending: .certificateUntrusted), .permanent(.certificateUntrusted)),
        (SMTPReply(ending: .certificateForOtherHost), .permanent(.certificateForOtherHost)),
        (SMTPReply(ending: .encryptionFailed), .transient(.serverUnreachable)),
        (SMTPReply(ending: .unreachable), .transient(.serverUnreachable)),
        (SMTPReply(ending: .timeout, code: 354), .transient(.serverTimeout)),
        (SMTPReply(ending: .connectionLost, code: 250), .transient(.serverTimeout)),
    ])
    func `a server's answer says whether another try can help`(
        reply: SMTPReply, expected: DeliveryFailure
    ) {
        #expect(throws: expected) { try reply.receipt() }
    }

    @Test(arguments: [
        ("250 2.0.0 Ok: queued as 4F2A9C1B07", "4F2A9C1B07"),
        ("250 Ok", nil),
        ("250 queued as <script>", nil),
    ])
    func `a receipt has the server's number where it gives a plain one`(
        line: String, number: String?
    ) throws {
        let reply = SMTPReply(ending: .sent, code: 250, line: line)
        #expect(try reply.receipt() == Receipt(providerMessageID: number))
    }

    @Test func `every setting that can't be used is named, and no value is`() {
        let settings = ServiceConfiguration.Mail(
            host: "mail.example/@evil", port: 0, username: "canary-user", password: nil,
            from: "Jan <a@b.nl>", certificateAuthorities: "/nowhere/canary.pem")
        let fault = #expect(throws: SMTPSettingsFault.self) {
            try SMTPChannel(settings, threads: 1)
        }
        #expect(fault?.faults.count == 5)
        #expect(fault?.description.contains("canary") == false)
        #expect(fault?.description.contains("evil") == false)
    }
}
