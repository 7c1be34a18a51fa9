import Auth
import Cryptography
import Foundation

/// What may be set in development mode: addresses of this machine, and what suits the machine (Z-31).
struct DevelopmentSettings {
    let listen: ServiceConfiguration.ListenAddress
    let internalListen: ServiceConfiguration.ListenAddress
    let logLevel: String
    let templatesDirectory: String?
    let limits: ServiceConfiguration.Limits

    /// - Throws: `ConfigurationFaults` with every fault there is.
    init(from reader: SettingReader) throws {
        var reader = reader
        for setting in Setting.allCases
        where reader.origin(of: setting) != nil && !setting.appliesInDevelopment
            && !OtherVariable.madeInDevelopment.contains(setting)
        {
            reader.reject(setting, "is not taken in development mode, which makes its own")
        }
        listen = reader.loopback(.listen, default: 8080)
        internalListen = reader.loopback(.internalListen, default: 9090)
        logLevel = reader.log().level
        templatesDirectory = reader.templatesDirectory()
        var limits = reader.limits()
        // No load balancer has to notice that a demo ends.
        limits.drainDelay = .zero
        self.limits = limits
        try reader.finish()
    }

    enum Fault: Error, CustomStringConvertible {
        case taken(Setting, ServiceConfiguration.ListenAddress)

        var description: String {
            switch self {
            case .taken(let setting, let address):
                "something else listens on \(address); choose another \(setting.environmentName)"
            }
        }
    }

    /// Tells before anything is started that a port is in use.
    func demandFree() throws {
        for (setting, address) in [(Setting.listen, listen), (.internalListen, internalListen)]
        where Probe(address: address).isAnswered {
            throw Fault.taken(setting, address)
        }
    }

    func configuration(
        install: Install, databaseURL: String, log: URL
    ) -> ServiceConfiguration {
        ServiceConfiguration(
            publicURL: "http://\(listen)", listen: listen, internalListen: internalListen,
            databaseURL: Secret(databaseURL), keys: Secret(install.keys),
            signingKeys: Secret(install.signingKeys), mail: nil,
            templatesDirectory: templatesDirectory,
            sending: SendCeilings(perClientAndHour: 10_000_000),
            log: .init(level: logLevel, file: log.path), limits: limits, development: true)
    }
}

extension SettingReader {
    fileprivate mutating func loopback(
        _ setting: Setting, default port: Int
    ) -> ServiceConfiguration.ListenAddress {
        let address = address(setting, default: .init(host: "127.0.0.1", port: port))
        if !["127.0.0.1", "::1", "localhost"].contains(address.host) {
            reject(setting, "is not of this machine, as development mode has to be")
        } else if address.port == 0 {
            // What is printed and kept for `docker/dev env` has to be known before.
            reject(setting, "names no port")
        }
        return address
    }
}
