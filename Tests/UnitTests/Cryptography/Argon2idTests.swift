import Testing

@testable import Cryptography

@Suite struct Argon2idTests {
    /// Made with libargon2 (argon2-cffi 25.1), an implementation independent of ours.
    static let vectors: [(password: String, phc: String)] = [
        (
            "correct horse battery staple",
            "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg"
                + "$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0"
        ),
        (
            "Blåbærsyltetøy 🫐",
            "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw"
                + "$hfM7UXeFTr6GW1XNseehfrcxVha7aVMnDOkAmmFbxfw"
        ),
        (
            "",
            "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg"
                + "$p9c4ucO/R2KPDN+PkWHKJ8BFh72sWSAvoB5iH9pNqCY"
        ),
        (
            "a\0b",
            "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg"
                + "$s5ymRqtpyAJkWl/F3p5oY5qyjwmxf+Tdcwj3d13yaIM"
        ),
        // The cheapest that is accepted, with the shortest salt.
        (
            "imported",
            "$argon2id$v=19$m=7168,t=5,p=1$c2FsdHNhbHQ"
                + "$L6whMWr+zPx/DzJzCl4dugN1bjZVJ4biWLYD7qB0vas"
        ),
        // A salt of 22 bytes and a tag of 16.
        (
            "imported",
            "$argon2id$v=19$m=65536,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZmdoaWprbA$ND9R3O+fsotnDJ2YkBkplA"
        ),
        // A salt of 64 bytes and a tag of 64.
        (
            "imported",
            "$argon2id$v=19$m=46000,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5"
                + "YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg$vnedEj14XbRz0GMfMOW7ywxO8tLl71RNAXLdYM3QsATQz7//Ll5"
                + "wKEeHVV4sESToOswoSrcDxx6H0/2FnYywOQ"
        ),
        // The dearest that is accepted.
        (
            "imported",
            "$argon2id$v=19$m=77824,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg"
                + "$ELALZtIYLpYtTHubUoiq0PCVTv4td2zXn7R+NNg5Bzw"
        ),
    ]

    @Test(arguments: vectors)
    func `a hash made by libargon2 is verified`(password: String, phc: String) throws {
        #expect(try Argon2id.verify(Secret(password).bytes, phc: phc))
    }

    @Test func `another password is wrong`() throws {
        for other in ["correct horse battery stapl", "Correct horse battery staple", ""] {
            #expect(try !Argon2id.verify(Secret(other).bytes, phc: Self.vectors[0].phc))
        }
        #expect(try !Argon2id.verify(Secret("a").bytes, phc: Self.vectors[3].phc))
    }

    @Test func `a new hash has our cost, its own salt, and verifies`() throws {
        let password = Secret("Wachtwoord zonder zout").bytes
        let hash = try Argon2id.hash(password)
        let other = try Argon2id.hash(password)
        let form = /\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+\/]{22}\$[A-Za-z0-9+\/]{43}/
        #expect(hash.wholeMatch(of: form) != nil)
        #expect(hash.split(separator: "$")[3] != other.split(separator: "$")[3])
        #expect(try Argon2id.verify(password, phc: hash))
        #expect(try Argon2id.parameters(of: hash) == Argon2id.current)
    }

    @Test func `a refused hash is not computed`() {
        let dear = "$argon2id$v=19$m=77825,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$ELALZtIYLpYtTHubUoiq0A"
        #expect(throws: HashRefusal.self) { try Argon2id.verify(Secret([]), phc: dear) }
    }
}
