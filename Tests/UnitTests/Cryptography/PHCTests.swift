import Testing

@testable import Cryptography

@Suite struct PHCTests {
    static let salt = "MDEyMzQ1Njc4OWFiY2RlZg"
    static let tag = "gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0"

    static func phc(_ settings: String) -> String {
        "$argon2id$v=19$\(settings)$\(salt)$\(tag)"
    }

    private func refusal(of text: String) -> HashRefusal? {
        do throws(HashRefusal) {
            _ = try PHC(parsing: text)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [(7168, 5), (19_456, 2), (47_104, 1), (9216, 4), (77_824, 2), (7411, 21)])
    func `costs between the floor and four times ours are accepted`(memory: UInt32, passes: UInt32)
        throws
    {
        let parameters = try PHC(parsing: Self.phc("m=\(memory),t=\(passes),p=1")).parameters
        #expect(parameters == Argon2id.Parameters(memory: memory, passes: passes))
    }

    @Test(arguments: [
        (77_825, 1), (77_824, 3), (65_536, 4), (19_456, 9), (4_294_967_295, 4_294_967_295),
    ])
    func `a hash that costs more is refused`(memory: UInt32, passes: UInt32) {
        let text = Self.phc("m=\(memory),t=\(passes),p=1")
        #expect(refusal(of: text) == .costTooHigh)
    }

    @Test(arguments: [
        (7167, 6), (7168, 4), (4096, 3), (8, 4_294_967_295), (19_456, 1), (0, 0), (65_536, 0),
    ])
    func `a hash that is cheaper to guess is refused`(memory: UInt32, passes: UInt32) {
        let text = Self.phc("m=\(memory),t=\(passes),p=1")
        #expect(refusal(of: text) == .costTooLow)
    }

    @Test func `the bounds are the documented ones`() {
        #expect(PHC.costCeiling == 155_648)
        #expect(PHC.memoryCeiling == 77_824)
        #expect(PHC.costFloor == 35_840)
        #expect(Argon2id.current.cost == 38_912)
    }

    @Test func `more lanes than anybody uses are refused by name`() {
        #expect(refusal(of: Self.phc("m=19456,t=2,p=16")) == nil)
        #expect(refusal(of: Self.phc("m=19456,t=2,p=17")) == .lanesUnsupported(17))
    }

    @Test func `Argon2i needs three passes`() {
        func argon2i(_ passes: Int) -> String {
            "$argon2i$v=19$m=19456,t=\(passes),p=1$\(Self.salt)$\(Self.tag)"
        }
        #expect(refusal(of: argon2i(2)) == .costTooLow)
        #expect(refusal(of: argon2i(3)) == nil)
    }

    @Test(arguments: [
        ("$argon2d$v=19$m=19456,t=2,p=1$\(salt)$\(tag)", "argon2d"),
        ("$6$\(salt)$\(tag)", "sha512-crypt"),
        ("$argon2id2$v=19$m=19456,t=2,p=1$\(salt)$\(tag)", "unknown"),
        ("$Argon2id$v=19$m=19456,t=2,p=1$\(salt)$\(tag)", "unknown"),
        ("$hunter2$hunter2$", "unknown"),
    ])
    func `another scheme is refused, by name where it is a known one`(text: String, name: String) {
        #expect(refusal(of: text) == .schemeUnsupported(name))
    }

    @Test func `an older version is refused`() {
        let text = "$argon2id$v=16$m=19456,t=2,p=1$\(Self.salt)$\(Self.tag)"
        #expect(refusal(of: text) == .versionUnsupported(16))
    }

    static let good = "$argon2id$v=19$m=19456,t=2,p=1$\(salt)$\(tag)"

    @Test(arguments: [
        "", "$", "$$", "hunter2", "5f4dcc3b5aa765d61d8327deb882cf99", String(good.dropFirst()),
        " \(good)", "\(good) ", "\(good)\n", "\(good)$", "\(good)\0",
        "$argon2id$m=19456,t=2,p=1$\(salt)$\(tag)",
        "$argon2id$v=19$m=19456,t=2,p=1$\(salt)",
        "$argon2id$v=19$$m=19456,t=2,p=1$\(salt)$\(tag)",
        "$argon2id$v=19$m=19456,t=2,p=1$\(salt)=$\(tag)",
        "$argon2id$v=19$m=19456,t=2,p=1$\(salt.dropLast())$\(tag)",
        "$argon2id$v=19$m=19456,t=2,p=1$\(salt.dropLast())h$\(tag)",
        "$argon2id$v=19$m=19456,t=2,p=1$\(salt.dropLast())_$\(tag)",
        "$argon2id$v=19$m=19456,t=2,p=1$\(salt.dropLast(2)) Zg$\(tag)",
        "$argon2id$v=0x13$m=19456,t=2,p=1$\(salt)$\(tag)",
        "$argon2id$v=$m=19456,t=2,p=1$\(salt)$\(tag)",
        "$argon2id$v=19,m=1$m=19456,t=2,p=1$\(salt)$\(tag)",
        phc("t=2,m=19456,p=1"), phc("m=19456,t=2"), phc("m=19456,t=2,p=1,keyid=AA"),
        phc("m=19456,t=2,p=1,"), phc("m=+19456,t=2,p=1"), phc("m=019456,t=2,p=1"),
        phc("m=19456,t=-2,p=1"), phc("m=19456,t=2,p=0"), phc("m=19456,t= 2,p=1"),
        phc("m=4294967296,t=2,p=1"), phc("m=99999999999999999999,t=2,p=1"), phc("m=,t=2,p=1"),
        phc("m=１９４５６,t=2,p=1"), phc("m=19456\u{301},t=2,p=1"), phc("M=19456,t=2,p=1"),
    ])
    func `what is not written as the form asks is refused`(text: String) {
        #expect(refusal(of: text) == .malformed)
    }

    @Test func `salts and tags have their lengths`() {
        let start = "$argon2id$v=19$m=19456,t=2,p=1"
        let long = String(repeating: "AAAA", count: 21)  // 63 bytes
        #expect(refusal(of: "\(start)$AAAAAAAAAAA$\(Self.tag)") == nil)
        #expect(refusal(of: "\(start)$AAAAAAAAAA$\(Self.tag)") == .saltLength(7))
        #expect(refusal(of: "\(start)$$\(Self.tag)") == .saltLength(0))
        #expect(refusal(of: "\(start)$\(long)AA$\(Self.tag)") == nil)
        #expect(refusal(of: "\(start)$\(long)AAA$\(Self.tag)") == .saltLength(65))
        #expect(refusal(of: "\(start)$\(Self.salt)$AAAAAAAAAAAAAAAAAAAAAA") == nil)
        #expect(refusal(of: "\(start)$\(Self.salt)$AAAAAAAAAAAAAAAAAAAA") == .tagLength(15))
        #expect(refusal(of: "\(start)$\(Self.salt)$\(long)AAA") == .tagLength(65))
        #expect(refusal(of: "\(start)$\(Self.salt)$") == .tagLength(0))
    }

    @Test func `a refusal repeats nothing of the hash`() throws {
        for text in ["$hunter2$\(Self.salt)$\(Self.tag)", "hunter2", Self.good + "hunter2$"] {
            let shown = String(reflecting: try #require(refusal(of: text)))
            for part in ["hunter2", Self.salt, Self.tag] { #expect(!shown.contains(part)) }
        }
    }
}
