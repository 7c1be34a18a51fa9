import Testing

@testable import Cryptography

/// Hashes that earlier systems made, by vectors that other programs made.
@Suite struct PasswordHashTests {
    static let password = "Blåbærsyltetøy 🫐"

    /// What made each stands beside it.
    static let vectors: [(password: String, hash: String)] = [
        // jBCrypt's own tests.
        ("", "$2a$10$k1wbIrmNyFAPwPVPSVa/zecw2BCEnBwVS2GbrmgzxFUOqW9dk4TCW"),
        ("a", "$2a$10$k87L/MF28Q673VKh8/cPi.SUl7MU/rWuSiIDDFayrKk/1tBsSQu4u"),
        ("abc", "$2a$10$WvvTPHKwdBJ3uk0Z37EMR.hLA2W6N9AEBhEgrAOljy2Ae5MtaSIUi"),
        // PyPI bcrypt 5.0.0; `$2y$` is the same algorithm.
        (password, "$2b$10$abcdefghijklmnopqrstuuT9G0GgTDXBK7yVBlMG0hFKeHNfjhTja"),
        (password, "$2y$10$abcdefghijklmnopqrstuuT9G0GgTDXBK7yVBlMG0hFKeHNfjhTja"),
        // argon2-cffi 25.1.0, four lanes.
        (
            password,
            "$argon2id$v=19$m=19456,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg"
                + "$LStXsPDc84F6EbZMCL+QO3g8PaDM3jaz06WWFqcCbDw"
        ),
        (
            password,
            "$argon2i$v=19$m=19456,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg"
                + "$h5gnyBPK2Q/5cbSva8s6MZd4bewuOMSWp2A8ngq+ukg"
        ),
        // passlib 1.7.4, which writes a dot for a plus.
        (
            password,
            "$pbkdf2-sha256$100000$MDEyMzQ1Njc4OWFiY2RlZg"
                + "$Yh7nG0a0aS9MbIgaZQYkcb4ueaW0BR3.yAJniX92fO0"
        ),
        (
            password,
            "$pbkdf2-sha512$35000$./..MDEyMzQ1Njc4OWFiYw"
                + "$CYw/FewlVEWA0x.IJK6Z4fioU3FkGEbG6BZfXmnrnBqZ4cJEkPcE88cZ9IYXSqCP2WRMjSDx9R27H5bQGIQasA"
        ),
        // Python's hashlib, in the PHC form.
        (
            password,
            "$pbkdf2-sha256$i=100000,l=32$MDEyMzQ1Njc4OWFiY2RlZg"
                + "$Yh7nG0a0aS9MbIgaZQYkcb4ueaW0BR3+yAJniX92fO0"
        ),
        // Django 5.2.19.
        (
            password,
            "pbkdf2_sha256$260000$seasalt12345$pz+/MRFpRH8e+c6fAlg5zlY4+p3wR0sDBOL+m2dMtU8="
        ),
        // Python's hashlib, in the form of ASP.NET Core Identity 3, with SHA-256 and SHA-512.
        (
            password,
            "AQAAAAEAAYagAAAAEAABAgMEBQYHCAkKCwwNDg+ybmqVw6e2rhW/zH5W2FbewkQwMDeFXbuzZsc2b67vog=="
        ),
        (
            password,
            "AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg/oPJmMXBDzLvgHvknspw/q1PvW1W7PoavI2psM1F7d7A=="
        ),
        // RFC 7914 section 12.
        (
            "pleaseletmein",
            "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU"
                + "$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw"
        ),
        // passlib 1.7.4.
        (
            password,
            "$scrypt$ln=14,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg"
                + "$GwEjKXtOCCn2ZSODGUttxotO1f5j7uzvdgFFpmvO498"
        ),
        // The vector of RFC 7914 as yescrypt's tests have it, and libsodium 1.0.18.
        (
            "pleaseletmein",
            "$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D"
        ),
        (
            password,
            "$7$C6..../....QXTqT438UHGxrh2Gr5N05npXQCkG1G2vkUGshiCexf3"
                + "$YH9H/JnERvY5NSz6FP9w.l5K4IYtVe5YRdi9wl5uyK0"
        ),
    ]

    @Test(arguments: vectors)
    func `what another program made is of its password alone`(
        password: String, hash: String
    ) throws {
        let parsed = try PasswordHash(parsing: hash)
        #expect(try parsed.isOf(Secret(password).bytes))
        #expect(try !parsed.isOf(Secret(password + "x").bytes))
        #expect(parsed.isOutdated(for: Secret(password).bytes))
        #expect(parsed.cost > Argon2id.current.cost / 2 && parsed.cost <= PHC.costCeiling)
    }

    @Test func `published vectors below our floors are computed alike`() throws {
        // RFC 7914 section 11, the first block.
        let pbkdf2 = PBKDF2Hash(
            sampleOf: .sha256, iterations: 80_000, salt: Array("NaCl".utf8),
            tag: [
                0x4d, 0xdc, 0xd8, 0xf6, 0x0b, 0x98, 0xbe, 0x21, 0x83, 0x0c, 0xee, 0x5e, 0xf2, 0x27,
                0x01, 0xf9, 0x64, 0x1a, 0x44, 0x18, 0xd0, 0x4c, 0x04, 0x14, 0xae, 0xff, 0x08, 0x87,
                0x6b, 0x34, 0xab, 0x56,
            ])
        #expect(try pbkdf2.isOf(Secret("Password").bytes))
        // crypt_blowfish's own tests.
        let bcrypt = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
        #expect(try CryptLibrary.isOf(Secret("U*U").bytes, bcrypt))
        #expect(try !CryptLibrary.isOf(Secret("U*U*").bytes, bcrypt))
    }

    @Test func `bcrypt reads 72 bytes, and of a longer password makes no new hash`() throws {
        // PyPI bcrypt 5.0.0, of 72 times the letter.
        let hash = try PasswordHash(
            parsing: "$2b$10$abcdefghijklmnopqrstuuiYfj.JCH/8Hff5KmeyaPABzfEqwvS.a")
        func password(_ count: Int) -> Secret<[UInt8]> {
            Secret([UInt8](repeating: UInt8(ascii: "a"), count: count))
        }
        #expect(try !hash.isOf(password(71)))
        #expect(try !hash.isOf(Secret(password(72).expose() + [0])))
        #expect(try hash.isOf(password(72)) && hash.isOutdated(for: password(72)))
        #expect(try hash.isOf(password(73)) && !hash.isOutdated(for: password(73)))
    }

    /// libxcrypt answers nothing at all to such a one.
    @Test(arguments: [511, 512, 2048])
    func `a password that crypt does not take is a wrong one`(count: Int) throws {
        for text in [
            "$2b$10$abcdefghijklmnopqrstuuT9G0GgTDXBK7yVBlMG0hFKeHNfjhTja",
            "$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D",
        ] {
            let password = Secret([UInt8](repeating: UInt8(ascii: "a"), count: count))
            #expect(try !CryptLibrary.isOf(password, text))
        }
    }

    @Test func `scrypt of more rounds than its blocks allow is refused at the import`() {
        let text =
            "$scrypt$ln=17,r=1,p=1$MTIzNDU2Nzg5MDEyMzQ1Ng$" + String(repeating: "A", count: 43)
        #expect(Self.refusal(of: text) == .malformed)
    }

    @Test func `ours is never outdated, and any other of its scheme is`() throws {
        let password = Secret(Self.password).bytes
        let ours = try PasswordHash(parsing: Argon2id.hash(password))
        #expect(try ours.isOf(password) && !ours.isOutdated(for: password))
        let dearer = try Argon2id.hash(
            password, parameters: Argon2id.Parameters(memory: 19_456, passes: 3))
        #expect(try PasswordHash(parsing: dearer).isOutdated(for: password))
    }

    @Test(arguments: [
        // One step beyond each bound, and at it.
        ("$2b$09$abcdefghijklmnopqrstuuT9G0GgTDXBK7yVBlMG0hFKeHNfjhTja", HashRefusal.costTooLow),
        ("$2b$10$abcdefghijklmnopqrstuuT9G0GgTDXBK7yVBlMG0hFKeHNfjhTja", nil),
        ("$2b$11$abcdefghijklmnopqrstuuT9G0GgTDXBK7yVBlMG0hFKeHNfjhTja", .costTooHigh),
        ("$2b$31$abcdefghijklmnopqrstuuT9G0GgTDXBK7yVBlMG0hFKeHNfjhTja", .costTooHigh),
        ("$pbkdf2-sha256$99999$\(salt)$\(tag)", .costTooLow),
        ("$pbkdf2-sha256$268360$\(salt)$\(tag)", nil),
        ("$pbkdf2-sha256$268361$\(salt)$\(tag)", .costTooHigh),
        ("$pbkdf2-sha256$4294967295$\(salt)$\(tag)", .costTooHigh),
        ("$pbkdf2-sha512$34999$\(salt)$\(tag)", .costTooLow),
        ("$pbkdf2-sha512$111977$\(salt)$\(tag)", nil),
        ("$pbkdf2-sha512$111978$\(salt)$\(tag)", .costTooHigh),
        ("pbkdf2_sha256$99999$seasalt12345$\(tag)=", .costTooLow),
        ("$scrypt$ln=13,r=8,p=2$\(salt)$\(tag)", .costTooLow),
        ("$scrypt$ln=14,r=7,p=2$\(salt)$\(tag)", .costTooLow),
        ("$scrypt$ln=14,r=12,p=1$\(salt)$\(tag)", nil),
        ("$scrypt$ln=15,r=8,p=1$\(salt)$\(tag)", .costTooHigh),
        ("$scrypt$ln=14,r=8,p=2$\(salt)$\(tag)", .costTooHigh),
        ("$scrypt$ln=31,r=1073741823,p=1$\(salt)$\(tag)", .costTooHigh),
        ("$scrypt$ln=20,r=1,p=1024$\(salt)$\(tag)", .malformed),
        ("$7$B6..../....\(crypt)", .costTooLow), ("$7$C6..../....\(crypt)", nil),
        ("$7$D6..../....\(crypt)", .costTooHigh), ("$7$zzzzzzzzzzz\(crypt)", .costTooHigh),
    ])
    func `costs are bounded from both sides`(hash: String, refusal: HashRefusal?) {
        #expect(Self.refusal(of: hash) == refusal)
    }

    @Test(arguments: [
        "$2b$10$abcdefghijklmnopqrstuuT9G0GgTDXBK7yVBlMG0hFKeHNfjhTj",
        "$2b$10$abcdefghijklmnopqrstuuT9G0GgTDXBK7yVBlMG0hFKeHNfjhTjaa",
        "$2b$10$abcdefghijklmnopqrstuvT9G0GgTDXBK7yVBlMG0hFKeHNfjhTja",
        "$2b$10$abcdefghijklmnopqrstuuT9G0GgTDXBK7yVBlMG0hFKeHNfjhTjb",
        "$2b$1$abcdefghijklmnopqrstuuT9G0GgTDXBK7yVBlMG0hFKeHNfjhTja",
        "$2b$010$abcdefghijklmnopqrstuuT9G0GgTDXBK7yVBlMG0hFKeHNfjhTja",
        "$2b$03$abcdefghijklmnopqrstuuT9G0GgTDXBK7yVBlMG0hFKeHNfjhTja",
        "$2b$10$abcdefghijklmnopqrstu+T9G0GgTDXBK7yVBlMG0hFKeHNfjhTja",
        "$pbkdf2-sha256$100000$\(salt)", "$pbkdf2-sha256$0100000$\(salt)$\(tag)",
        "$pbkdf2-sha256$-1$\(salt)$\(tag)", "$pbkdf2-sha256$100000$\(salt)$\(tag)=",
        "$pbkdf2-sha256$100000$AA+A$\(tag)", "$pbkdf2-sha256$i=100000,l=31$\(salt)$\(tag)",
        "$pbkdf2-sha256$i=100000$\(salt)$\(tag)", "pbkdf2_sha256$100000$seasalt12345$\(tag)",
        "$scrypt$ln=0,r=8,p=1$\(salt)$\(tag)", "$scrypt$ln=14,r=0,p=1$\(salt)$\(tag)",
        "$scrypt$ln=14,p=1,r=8$\(salt)$\(tag)", "$scrypt$16384$8$1$\(salt)$\(tag)",
        "$7$C6..../....SodiumChloride", "$7$C6..../....Sodium Chlor\(crypt.dropFirst(9))",
        "$7$C6..../...\(crypt.dropFirst(9))", "AQAAAAEAAYagAAAAEA==", "AQAAAAEAAYag////8AAB",
        "AQAAAAMAAYagAAAAEAABAgMEBQYHCAkKCwwNDg+ybmqVw6e2rhW/zH5W2FbewkQwMDeFXbuzZsc2b67vog==",
        "2b$2b$10$abcdefghijklmnopqrstuuT9G0GgTDXBK7yVBlMG0hFKeHNfjhTja",
        "scrypt$x$ln=14,r=8,p=1$\(salt)$\(tag)", "pbkdf2-sha256$x$100000$\(salt)$\(tag)",
        "7$7$C6..../....\(crypt)", "AQAAAAEAAYag$",
        "5f4dcc3b5aa765d61d8327deb882cf99", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "hunter2", "", "$",
    ])
    func `what is not written as its form asks is refused`(hash: String) {
        #expect(Self.refusal(of: hash) == .malformed)
    }

    @Test(arguments: [
        ("$2x$10$abcdefghijklmnopqrstuuT9G0GgTDXBK7yVBlMG0hFKeHNfjhTja", "bcrypt"),
        ("$pbkdf2$131000$\(salt)$\(tag)", "pbkdf2"), ("$y$j9T$abc$def", "yescrypt"),
        ("$argon2d$v=19$m=19456,t=2,p=1$\(salt)$\(tag)", "argon2d"),
        ("$1$abcdefgh$abcdefghijklmnopqrstuv", "md5-crypt"), ("$hunter2$x$y", "unknown"),
        (
            "AQAAAAAAAYagAAAAEAABAgMEBQYHCAkKCwwNDg+ybmqVw6e2rhW/zH5W2FbewkQwMDeFXbuzZsc2b67vog==",
            "pbkdf2"
        ),
    ])
    func `another scheme is refused by name`(hash: String, name: String) {
        #expect(Self.refusal(of: hash) == .schemeUnsupported(name))
    }

    @Test func `a hash without a salt, or with a short one, is refused`() {
        #expect(Self.refusal(of: "$pbkdf2-sha256$100000$$\(Self.tag)") == .saltLength(0))
        #expect(Self.refusal(of: "pbkdf2_sha256$100000$short$\(Self.tag)=") == .saltLength(5))
        #expect(Self.refusal(of: "$scrypt$ln=14,r=8,p=1$AAAA$\(Self.tag)") == .saltLength(3))
        #expect(Self.refusal(of: "$7$C6..../....salt\(Self.crypt.dropFirst(9))") == .saltLength(4))
        #expect(Self.refusal(of: "$pbkdf2-sha256$100000$\(Self.salt)$AAAA") == .tagLength(3))
        let long = String(repeating: "AAAA", count: 11)
        #expect(
            Self.refusal(of: "$pbkdf2-sha256$100000$\(Self.salt)$\(long)") == .tagLength(33))
    }

    static let salt = "MDEyMzQ1Njc4OWFiY2RlZg"
    static let tag = "Yh7nG0a0aS9MbIgaZQYkcb4ueaW0BR3/yAJniX92fO0"
    static let crypt = "SodiumChl$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D"

    private static func refusal(of text: String) -> HashRefusal? {
        do throws(HashRefusal) {
            _ = try PasswordHash(parsing: text)
            return nil
        } catch {
            return error
        }
    }
}
