import Foundation
import Testing

/// The operator's mail server in trouble: codes are made as before, and when it is back the living
/// ones go out and the dead ones never (C4, C5, SC-9).
@Suite(.serialized, .timeLimit(.minutes(10))) struct MailOutageTests {
    enum Trouble: CaseIterable, Sendable {
        case away
        /// Takes seconds for every word.
        case slow
        /// Takes the connection and says nothing.
        case silent
        /// Greets with what is no SMTP.
        case lying
        /// Hangs up in the middle of its first word.
        case cutting
        /// Greets with a refusal.
        case shut
        /// Takes no sender of ours: its block list has our address.
        case blocking
        /// Does not know our name and password any more.
        case estranged
        /// Has lost its certificate, and offers no encryption.
        case unencrypted
        /// Shows the certificate of another authority.
        case disguised

        /// What happens on the way to it.
        var mode: FaultProxy.Mode {
            switch self {
            case .away: .refuse
            case .slow: .delay(milliseconds: 1_500)
            case .silent: .blackhole
            case .lying: .nonsense
            case .cutting: .half
            case .shut, .blocking, .estranged, .unencrypted, .disguised: .ok
            }
        }

        /// What it says itself.
        func refusal() throws -> MailServer.Refusal? {
            switch self {
            case .away, .slow, .silent, .lying, .cutting: nil
            case .shut: .greeting("554 5.3.2 No service here")
            case .blocking: .sender("550 5.7.1 Client host is on a block list")
            case .estranged: .sender("535 5.7.8 Authentication credentials invalid")
            case .unencrypted: .encryption
            case .disguised: .certificate(try TestAuthority().certificate(for: "localhost"))
            }
        }
    }

    /// How long it lasts; `--long` makes it three minutes.
    private static let outage: Duration =
        ProcessInfo.processInfo.environment["AUTH_TEST_OUTAGE_SECONDS"].flatMap { Int($0) }
        .map { .seconds($0) } ?? .seconds(3)
    /// In a short run four stand for all.
    private static let troubles: [Trouble] =
        outage > .seconds(10) ? Trouble.allCases : [.away, .lying, .blocking, .disguised]
    /// From the server's return to the first letter: the longest wait before a try, and a breaker's rest.
    private static let returnLimit = Duration.seconds(60)
    /// And for each letter more: a conversation with this machine's server.
    private static let handOverLimit = Duration.milliseconds(50)
    private static let codes = 24

    @Test(arguments: troubles)
    func `codes are made as fast as before, and the living ones arrive in the end`(
        trouble: Trouble
    ) async throws {
        let database = try await TestCluster.shared().cloneDatabase()
        let post = try await PostOffice()
        let proxy = try await FaultProxy(to: "\(post.port)")
        var settings = Installation.Settings()
        settings.mailPort = proxy.port
        try await Installation.run(settings, on: database, post: post) { installation in
            _ = try await issue(Self.codes, installation)
            let usual = try await issue(Self.codes, installation)
            try await arrive(usual, post, within: .seconds(20))

            let refusal = try trouble.refusal()
            try await proxy.turn(trouble.mode)
            try await post.turn(refusal)
            let end = ContinuousClock.now + Self.outage
            var (living, dead) = ([Issued](), [Issued]())
            repeat {
                let issued = try await issue(Self.codes, installation)
                living += issued.prefix(Self.codes / 2)
                dead += issued.suffix(Self.codes / 2)
                try await last(.milliseconds(500))
            } while ContinuousClock.now < end
            try await die(dead, database, installation)
            let told = post.letters.count
            try await proxy.turn(.ok)
            try await post.turn(nil)

            let back = ContinuousClock.now
            try await arrive(
                living, post, within: Self.returnLimit + Self.handOverLimit * living.count)
            print("\(trouble): \(living.count) letters in \(ContinuousClock.now - back)")
            for code in living.suffix(4) {
                let digits = try #require(post.letters(to: code.address).last?.code)
                let answer = try await installation.send(
                    "POST", "/v1/codes/\(code.id)/verify", json: ["code": .string(digits)])
                #expect(answer.status == 200, "\(answer.text)")
            }
            // Nothing waits any more; what reached the server before it hung up was alive then.
            try await eventually(within: Self.returnLimit) {
                try await database.count("message", where: "state = 'queued'") == 0
            }
            let late = post.letters.dropFirst(told).map(\.to)
            #expect(dead.allSatisfy { code in !late.contains(code.address) })

            let (before, meanwhile) = (Self.median(usual), Self.median(living + dead))
            print("\(trouble): issued in \(before), meanwhile in \(meanwhile)")
            #expect(meanwhile < before * 2)
        }
    }

    private struct Issued: Sendable {
        let id: String
        let address: String
        let took: Duration
    }

    private func issue(_ count: Int, _ installation: Installation) async throws -> [Issued] {
        try await withThrowingTaskGroup(of: [Issued].self) { group in
            for caller in 0..<4 {
                group.addTask {
                    var issued: [Issued] = []
                    for _ in 0..<count / 4 {
                        let address = TestService.freshAddress()
                        let answer = try await installation.send(
                            "POST", "/v1/codes", at: caller % 2,
                            json: [
                                "channel": "email", "to": .string(address), "purpose": "pick-up",
                            ])
                        try #require(answer.status == 201, "\(answer.text)")
                        let id = try #require(try answer.json()["id"].string)
                        issued.append(Issued(id: id, address: address, took: answer.duration))
                    }
                    return issued
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func arrive(
        _ codes: [Issued], _ post: PostOffice, within limit: Duration
    ) async throws {
        try await eventually(within: limit, orElse: "a living code's letter never came") {
            codes.allSatisfy { !post.letters(to: $0.address).isEmpty }
        }
    }

    /// Its time is over, or it is withdrawn; a newer code would have a letter to the same address.
    private func die(
        _ codes: [Issued], _ database: TestDatabase, _ installation: Installation
    ) async throws {
        for (number, code) in codes.enumerated() {
            switch number % 2 {
            case 0:
                try await database.execute(
                    """
                    update code
                    set expires_at = clock_timestamp()
                    where flow_id = '\(code.id)'
                    """)
            default:
                let answer = try await installation.send("DELETE", "/v1/codes/\(code.id)")
                #expect(answer.status == 204)
            }
        }
    }

    private static func median(_ issued: [Issued]) -> Duration {
        issued.map(\.took).sorted()[issued.count / 2]
    }
}
