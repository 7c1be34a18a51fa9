import ArgumentParser
import Auth
import Cryptography
import Foundation

/// `keys`: the service's own keys, which change while it runs.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Work with the service's own keys: the ring and those that sign tokens.",
        discussion: """
            Keys have to stand in files of their own (AUTH_KEYS_FILE, AUTH_SIGNING_KEYS_FILE or the \
            folder of secret files). Running instances read the files every few seconds. Where \
            instances have copies of them, copy a changed file before its new key's time.
            """,
        subcommands: [List.self, Rotate.self, Revoke.self])

    /// What a command works on.
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case ring, signing

        var setting: Setting { self == .ring ? .keys : .signingKeys }
    }

    /// Why nothing was changed.
    enum Refusal: Error, CustomStringConvertible {
        case notInFile(Setting)
        case notWritten(Setting)
        case tooSoon(minutes: Int)
        case underWay(id: String, from: Date)
        case unknown
        case inUse(id: String)
        case valuesLeft(id: String, Int)
        case recent(id: String)

        var description: String {
            switch self {
            case .notInFile(let setting):
                "\(setting.environmentName) does not stand in a file of its own, so it can't be "
                    + "changed here"
            case .notWritten(let setting):
                "the file of \(setting.environmentName) or its folder can't be written"
            case .tooSoon(let minutes):
                "a new key has to be known for \(minutes) minutes at least before its first use"
            case .underWay(let id, let from):
                "a rotation is under way: key \(id) is not in use before \(from.formatted(.iso8601))"
            case .unknown: "there is no such key, or more than one that begins so"
            case .inUse(let id):
                "key \(id) is in use; rotate first, and wait until the new key is current"
            case .valuesLeft(let id, let count):
                "key \(id) is still needed: \(count) values are to be rekeyed, which running "
                    + "instances do in the background"
            case .recent(let id):
                "the key after \(id) has not been current for a day, or the ring does not tell; "
                    + "--now takes it out all the same: sign-ins begun with it end"
            }
        }
    }
}

extension KeysCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell the state of each key, and what is left of former keys of the ring.",
            discussion: "Never prints a key.")

        @OptionGroup var settings: SettingOptions

        func run() async throws {
            var reader = settings.reader()
            let (ring, signing) = (reader.keys(), reader.signingKeys())
            try await ExitStatus.reporting {
                try reader.finish()
                let now = Date()
                let file = try SigningKeyFile(parsing: signing)
                for key in file.keys {
                    print("signing \(key.id) \(file.state(of: key, at: now).words)")
                }
                for key in file.revoked {
                    print("signing \(key.id) revoked \(key.at.formatted(.iso8601))")
                }
                let keys = try RingRotation(parsing: ring.expose()).keys(at: now)
                let former = keys.filter { $0.state == .retiring }.map(\.id)
                let left =
                    former.isEmpty
                    ? [:]
                    : try await Errand.run(settings) { try await $0.valuesLeft(under: former) }
                for key in keys { print("ring \(key.id) \(key.words(left: left[key.id] ?? 0))") }
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a new key, which comes into use after a while.",
            discussion: """
                A signing key is published at once and signs when every verifier has it. A key of the \
                ring is known to every instance before the first one uses it; then what the former \
                key made is rekeyed in the background.
                """)

        @Argument(help: "ring or signing.")
        var kind: Kind

        @Option(help: "Minutes until the new key is used; more where files take long to spread.")
        var minutes = 10

        @OptionGroup var settings: SettingOptions

        func run() async throws {
            var reader = settings.reader()
            try await ExitStatus.reporting {
                let file = try reader.keyFile(kind)
                let least = kind == .ring ? 1 : Int((SigningKeyFile.leadSeconds / 60).rounded(.up))
                guard minutes >= least else { throw Refusal.tooSoon(minutes: least) }
                let now = Date()
                let instant = now + Double(minutes) * 60
                switch kind {
                case .ring:
                    let former = try KeyRing(parsing: file.text.expose()).currentID
                    let id = try file.changeRing { try $0.rotate(at: now, from: instant) }
                    print("ring \(id) next, current from \(instant.formatted(.iso8601))")
                    print("then what \(former) made is rekeyed; see practice-auth keys list")
                case .signing:
                    let id = try file.changeSigning { try $0.rotate(at: now, from: instant) }
                    print(
                        "signing \(id) next, published now, signs from \(instant.formatted(.iso8601))"
                    )
                }
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a key out.",
            discussion: """
                Tokens of a signing key are refused by every instance within seconds; patients \
                refresh theirs. If it is the one that signs, the next one signs at once, or a new \
                one. A key of the ring can go when nothing is left that it made.
                """)

        @Argument(help: "ring or signing.")
        var kind: Kind

        @Argument(
            help: """
                Id of the key, of a signing key the first characters of it; after -- where it begins \
                with a dash.
                """)
        var id: String

        @Flag(help: "Of a former key of the ring: also when sign-ins may still need it.")
        var now = false

        @OptionGroup var settings: SettingOptions

        func run() async throws {
            var reader = settings.reader()
            try await ExitStatus.reporting {
                let file = try reader.keyFile(kind)
                switch kind {
                case .ring: try await revokeOfRing(file)
                case .signing:
                    let (revoked, active) = try file.changeSigning {
                        try $0.revoke(id, at: Date())
                    }
                    print("signing \(revoked) revoked")
                    print("signing \(active) active")
                }
            }
        }

        private func revokeOfRing(_ file: HeldKeys) async throws {
            let (id, instant) = (id, Date())
            // Judged on a copy before the database is asked.
            var trial = try RingRotation(parsing: file.text.expose())
            let keys = try trial.keys(at: instant)
            try HeldKeys.refusing { try trial.revoke(id, at: instant) }
            let left = try await Errand.run(settings) { try await $0.valuesLeft(under: [id]) }
            if let count = left[id] { throw Refusal.valuesLeft(id: id, count) }
            let isOld = keys.contains { key in
                if case .active(let since?) = key.state { instant > since + 86_400 } else { false }
            }
            guard isOld || now else { throw Refusal.recent(id: id) }
            try file.changeRing { try $0.revoke(id, at: instant) }
            print("ring \(id) revoked; it verifies the audit that it sealed, and nothing else")
        }
    }
}

/// The keys of one setting, with the file that they stand in.
struct HeldKeys {
    let setting: Setting
    let file: KeyFile
    /// As the command found them; a change goes by what the file holds then.
    let text: Secret<String>

    func changeRing<Made>(_ change: (inout RingRotation) throws -> Made) throws -> Made {
        try write { text in
            var ring = try RingRotation(parsing: text.expose())
            let made = try Self.refusing { try change(&ring) }
            return (Secret(ring.text), made)
        }
    }

    func changeSigning<Made>(_ change: (inout SigningKeyFile) throws -> Made) throws -> Made {
        try write { text in
            var keys = try SigningKeyFile(parsing: text)
            let made = try Self.refusing { try change(&keys) }
            return (keys.text, made)
        }
    }

    private func write<Made>(
        _ change: (Secret<String>) throws -> (text: Secret<String>, made: Made)
    ) throws -> Made {
        do {
            return try file.change(change)
        } catch is KeyFile.NotWritten {
            throw KeysCommand.Refusal.notWritten(setting)
        }
    }

    /// The refusal of a rotation as the command's own.
    static func refusing<Made>(_ body: () throws -> Made) throws -> Made {
        do {
            return try body()
        } catch RingRotation.Refusal.underWay(let id, let from) {
            throw KeysCommand.Refusal.underWay(id: id, from: from)
        } catch SigningKeyFile.Refusal.underWay(let id, let from) {
            throw KeysCommand.Refusal.underWay(id: id, from: from)
        } catch RingRotation.Refusal.keyInUse(let id) {
            throw KeysCommand.Refusal.inUse(id: id)
        } catch is RingRotation.Refusal {
            throw KeysCommand.Refusal.unknown
        } catch is SigningKeyFile.Refusal {
            throw KeysCommand.Refusal.unknown
        }
    }
}

extension SettingReader {
    /// - Throws: `ConfigurationFaults`; a refusal where the keys stand in no file of their own.
    fileprivate mutating func keyFile(_ kind: KeysCommand.Kind) throws -> HeldKeys {
        let text = kind == .ring ? keys() : signingKeys()
        try finish()
        guard let path = file(of: kind.setting) else {
            throw KeysCommand.Refusal.notInFile(kind.setting)
        }
        return HeldKeys(setting: kind.setting, file: KeyFile(path: path), text: text)
    }
}

extension SigningKeyFile.State {
    fileprivate var words: String {
        switch self {
        case .next(let from): "next, signs from \(from.formatted(.iso8601))"
        case .active: "active"
        case .retiring(let until?): "retiring, verifies until \(until.formatted(.iso8601))"
        case .retiring(nil): "retiring"
        case .over: "over"
        }
    }
}

extension RingRotation.Key {
    fileprivate func words(left: Int) -> String {
        switch state {
        case .next(let from): "next, current from \(from.formatted(.iso8601))"
        case .active(let since?): "active since \(since.formatted(.iso8601))"
        case .active(nil): "active"
        case .retiring: "retiring, \(left) values to be rekeyed"
        case .revoked: "revoked, verifies the audit"
        }
    }
}
