import Foundation
import Testing

@testable import AuthServer

@Suite struct AnnouncementTests {
    private func announcement(password: String = "Demo-7abc") -> Announcement {
        Announcement(
            url: "http://127.0.0.1:8080", internalURL: "http://127.0.0.1:9090",
            ownerURL: "postgresql://owner@/auth?host=/tmp/x y", log: "/tmp/log",
            apiKeys: .init(utrecht: "k1", bergen: "k2", codes: "k3"),
            identifier: "emma@example.nl", password: password)
    }

    @Test func `every variable that callers rely on is there, and passed on to programs`() {
        let lines = announcement().environment.split(separator: "\n").map(String.init)
        let names = [
            "AUTH_URL", "AUTH_INTERNAL_URL", "AUTH_API_KEY", "AUTH_API_KEY_2",
            "AUTH_API_KEY_CODES", "AUTH_DATABASE_URL", "AUTH_LOG_FILE", "AUTH_DEMO_IDENTIFIER",
            "AUTH_DEMO_PASSWORD",
        ]
        #expect(lines.dropLast().map { $0.prefix { $0 != "=" } } == names.map { $0[...] })
        #expect(lines.last == "export " + names.joined(separator: " "))
    }

    @Test func `a value is quoted where a shell would take it apart`() {
        let environment = announcement(password: "it's $HOME").environment
        #expect(environment.contains(#"AUTH_DEMO_PASSWORD='it'\''s $HOME'"#))
        #expect(environment.contains("AUTH_DATABASE_URL='postgresql://owner@/auth?host=/tmp/x y'"))
        #expect(environment.contains("AUTH_DEMO_IDENTIFIER=emma@example.nl\n"))
    }
}
