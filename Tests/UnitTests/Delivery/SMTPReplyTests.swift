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
            .transient(.senderRefused)
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
            .transient(.loginRefused)
        ),
        (
            SMTPReply(ending: .refused, code: 554, line: "554 go away", isSenderTaken: false),
            .transient(.serverRefused)
        ),
        (
            SMTPReply(
                ending: .refused, code: 550, line: "550 5.7.1 blocked", isSenderTaken: false),
            .transient(.serverRefused)
        ),
        (
            SMTPReply(
                ending: .refused, code: 421, line: "421 4.7.0 later", isSenderTaken: false),
            .transient(.serverBusy)
        ),
        (SMTPReply(ending: .loginRefused, code: 535), .transient(.loginRefused)),
        (SMTPReply(ending: .loginRefused, code: 454), .transient(.serverBusy)),
        (SMTPReply(ending: .encryptionUnavailable, code: 250), .transient(.encryptionUnavailable)),
        (SMTPReply(ending: .certificateUntrusted), .transient(.certificateUntrusted)),
        (SMTPReply(ending: .certificateForOtherHost), .transient(.certificateForOtherHost)),
        (SMTPReply(ending: .encryptionFailed), .transient(.serverUnreachable)),
        (SMTPReply(ending: .unreachable), .transient(.serverUnreachable)),
        (SMTPReply(ending: .timeout, code: 354), .transient(.serverTimeout)),
        (SMTPReply(ending: .connectionLost, code: 250), .transient(.serverTimeout)),
    ])
    func `a server's answer says whether another try can help`(
        reply: SMTPReply, expected: DeliveryFailure
    ) {
        #expect(throws: expected) { try reply.receipt(carriesCode: true) }
    }

    @Test(arguments: [
        ("554 5.7.1 blocked", DeliveryFailure.transient(.spamRefused)),
        ("554 transaction failed", .transient(.messageRefused)),
        ("550 5.1.1 unknown", .permanent(.unknownMailbox)),
        ("552 5.2.2 full", .permanent(.mailboxFull)),
    ])
    func `what brings no code waits for a policy to change, and for nothing else`(
        line: String, expected: DeliveryFailure
    ) throws {
        let code = try #require(Int(line.prefix(3)))
        let reply = SMTPReply(ending: .refused, code: code, line: line)
        #expect(throws: expected) { try reply.receipt(carriesCode: false) }
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
        #expect(try reply.receipt(carriesCode: true) == Receipt(providerMessageID: number))
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
