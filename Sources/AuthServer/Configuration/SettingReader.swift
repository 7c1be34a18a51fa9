import Auth
import Configuration
import Cryptography

/// Takes values out of their sources and gathers what is wrong with them.
///
/// A method that finds a fault answers a stand-in, so that the reading goes on and all faults are
/// named at once; `finish()` throws before anybody uses the stand-ins.
struct SettingReader {
    private let config: ConfigReader
    private let origins: [Setting: String]
    private let files: [Setting: String]
    private var faults: [ConfigurationFaults.Fault]

    /// - Parameter files: paths of the files that hold one value each.
    init(
        layers: [(name: String, values: [Setting: String])], files: [Setting: String] = [:],
        faults: [ConfigurationFaults.Fault]
    ) {
        config = ConfigReader(
            providers: layers.map { layer in
                InMemoryProvider(
                    name: layer.name,
                    values: Dictionary(
                        uniqueKeysWithValues: layer.values.filter { !$0.value.isEmpty }.map {
                            (
                                AbsoluteConfigKey([$0.key.rawValue]),
                                ConfigValue(.string($0.value), isSecret: $0.key.isSecret)
                            )
                        }))
            })
        origins = layers.reversed().reduce(into: [:]) { origins, layer in
            for (setting, value) in layer.values where !value.isEmpty {
                origins[setting] = layer.name
            }
        }
        self.files = files
        self.faults = faults
    }

    /// The file of its own that a setting's value stands in; nil where it came another way.
    func file(of setting: Setting) -> String? { files[setting] }

    /// Which source a setting's value comes from; nil where it has its default.
    func origin(of setting: Setting) -> String? { origins[setting] }

    func text(_ setting: Setting) -> String? {
        config.string(forKey: ConfigKey([setting.rawValue]), isSecret: setting.isSecret)
    }

    mutating func required(_ setting: Setting) -> String {
        if let text = text(setting) { return text }
        reject(setting, "is missing")
        return ""
    }

    mutating func wholeNumber(_ setting: Setting, in range: ClosedRange<Int>) -> Int? {
        guard let text = text(setting) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            reject(
                setting, "is not a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// An address to listen on: `host:port`, with an IPv6 host in brackets.
    mutating func address(
        _ setting: Setting, default address: ServiceConfiguration.ListenAddress
    ) -> ServiceConfiguration.ListenAddress {
        guard let text = text(setting) else { return address }
        guard let parsed = ServiceConfiguration.ListenAddress(parsing: text) else {
            reject(setting, "is not host:port")
            return address
        }
        return parsed
    }

    /// A password that an operator typed; nil where there is none.
    mutating func password(_ setting: Setting) -> Secret<String>? {
        guard let text = text(setting) else { return nil }
        if let weakness = Password.weakness(of: text) { reject(setting, weakness) }
        return Secret(text)
    }

    mutating func reject(_ setting: Setting, _ problem: String) {
        faults.append(.init(name: setting.environmentName, problem: problem))
    }

    /// What is wrong with the files that ship beside the binary, which nobody can set.
    mutating func reject(file: String, _ problem: String) {
        faults.append(.init(name: file, problem: problem))
    }

    /// Throws `ConfigurationFaults` if there is any.
    func finish() throws {
        if !faults.isEmpty { throw ConfigurationFaults(faults: faults) }
    }

    /// What a password of ours to another server must not be.
    enum Password {
        static let minimumCharacters = 12
        private static let wellKnown: Set = [
            "administrator", "changeme", "changemechangeme", "changethis", "default", "example",
            "examplepassword", "mysecretpassword", "passw0rd", "password", "password1234",
            "postgres", "postgresql", "practiceauth", "replaceme", "secret", "supersecret", "test",
        ]

        static func weakness(of password: String) -> String? {
            let plain = password.lowercased().filter { $0.isLetter || $0.isNumber }
            if wellKnown.contains(plain) || Set(password).count < 4 {
                return "has a password that everybody knows"
            }
            if password.count < minimumCharacters {
                return "has a password of fewer than \(minimumCharacters) characters"
            }
            return nil
        }
    }
}

extension ServiceConfiguration.ListenAddress {
    init?(parsing text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: port)
    }
}
