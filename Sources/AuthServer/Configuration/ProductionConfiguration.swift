import Auth
import Cryptography
import Foundation
import Logging

extension ServiceConfiguration {
    /// The configuration of `serve`: nothing secret has a default, and nothing weak is taken.
    ///
    /// - Throws: `ConfigurationFaults` with every fault there is.
    static func production(
        from reader: SettingReader
    ) throws -> ServiceConfiguration {
        var reader = reader
        let configuration = ServiceConfiguration(
            publicURL: reader.publicURL(),
            listen: reader.address(.listen, default: .init(host: "127.0.0.1", port: 8080)),
            internalListen: reader.address(
                .internalListen, default: .init(host: "127.0.0.1", port: 9090)),
            databaseURL: reader.database(.databaseURL),
            keys: reader.keys(),
            signingKeys: reader.signingKeys(),
            mail: reader.mail(),
            outbound: reader.outbound(),
            templatesDirectory: reader.templatesDirectory(),
            sending: reader.sending(),
            recoveryWaitHours: reader.recoveryWaitHours(),
            retention: reader.retention(),
            log: reader.log(),
            limits: reader.limits(),
            keyFiles: .init(ring: reader.file(of: .keys), signing: reader.file(of: .signingKeys))
        )
        for fault in ShippedFiles.faults { reader.reject(file: ShippedFiles.folder, fault) }
        try reader.finish()
        return configuration
    }
}

extension SettingReader {
    /// An origin without a path: the service answers at its top, and `iss` is compared as text.
    mutating func publicURL() -> String {
        let text = required(.publicURL)
        guard !text.isEmpty else { return "" }
        guard let url = URLComponents(string: text), let host = url.host, !host.isEmpty,
            url.path.isEmpty, url.query == nil, url.fragment == nil, url.user == nil,
            url.scheme == "https" || url.scheme == "http"
        else {
            reject(.publicURL, "is not an origin such as https://auth.example.org")
            return ""
        }
        let isLoopback = ["127.0.0.1", "localhost", "[::1]", "::1"].contains(host)
        if url.scheme == "http", !isLoopback { reject(.publicURL, "is not https") }
        return text
    }

    /// A connection string that neither says its password aloud to everybody nor travels in the open.
    mutating func database(_ setting: Setting) -> Secret<String> {
        let text = required(setting)
        guard !text.isEmpty else { return Secret("") }
        guard let connection = ConnectionSafety(of: text) else {
            reject(setting, "is neither a postgresql:// URL nor a connection string")
            return Secret("")
        }
        if let password = connection.password, let weakness = Password.weakness(of: password) {
            reject(setting, weakness)
        }
        if let weakness = connection.transportWeakness { reject(setting, weakness) }
        return Secret(text)
    }

    mutating func keys() -> Secret<String> {
        let text = required(.keys)
        guard !text.isEmpty else { return Secret("") }
        do {
            _ = try KeyRing(parsing: text)
        } catch {
            reject(.keys, "\(error)")
        }
        return Secret(text)
    }

    mutating func signingKeys() -> Secret<String> {
        let keys = Secret(required(.signingKeys))
        if !keys.expose().isEmpty,
            let problem = ServiceConfiguration.problem(ofSigningKeys: keys)
        {
            reject(.signingKeys, problem)
        }
        return keys
    }

    mutating func mail() -> ServiceConfiguration.Mail {
        let from = required(.mailFrom)
        if !from.isEmpty, !ServiceConfiguration.isMailAddress(from) {
            reject(.mailFrom, "is not a bare mail address")
        }
        let host = required(.smtpHost)
        if host.contains(where: {
            !$0.isASCII || !($0.isLetter || $0.isNumber || ".-:".contains($0))
        }) {
            reject(.smtpHost, "is not a host name or address")
        }
        let username = text(.smtpUsername)
        let password = password(.smtpPassword)
        if username != nil, password == nil { reject(.smtpPassword, "is missing") }
        if username == nil, password != nil { reject(.smtpUsername, "is missing") }
        let authorities = text(.smtpCAFile)
        if let authorities, !FileManager.default.isReadableFile(atPath: authorities) {
            reject(.smtpCAFile, "names a file that cannot be read")
        }
        return ServiceConfiguration.Mail(
            host: host, port: wholeNumber(.smtpPort, in: 1...65535) ?? 587,
            username: username, password: password, from: from,
            certificateAuthorities: authorities)
    }

    /// Hosts by name, with commas between; a practice can send nothing anywhere else (Z-25).
    mutating func outbound() -> ServiceConfiguration.Outbound {
        let hosts = (text(.outboundHosts) ?? "").split(separator: ",").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        if !hosts.allSatisfy(ServiceConfiguration.isOutboundHost) {
            reject(
                .outboundHosts, "is not a list of host names such as api.example.nl,sms.example.no")
        }
        return ServiceConfiguration.Outbound(hosts: hosts)
    }

    /// Ceilings that an operator decides on (SU-6).
    mutating func sending() -> SendCeilings {
        var ceilings = SendCeilings()
        if let codes = wholeNumber(.clientCodesPerHour, in: 1...10_000_000) {
            ceilings.perClientAndHour = codes
        }
        if let text = text(.smsPrices) {
            if let prices = SMSPrices(parsing: text) {
                ceilings.prices = prices
            } else {
                reject(.smsPrices, "is not a list of prices such as EUR:NL=8,EUR:*=15,NOK:NO=90")
            }
        }
        return ceilings
    }

    mutating func recoveryWaitHours() -> Int {
        wholeNumber(.recoveryWaitHours, in: ServiceConfiguration.recoveryWaitHourChoices)
            ?? ServiceConfiguration.usualRecoveryWaitHours
    }

    mutating func retention() -> Retention {
        guard let text = text(.retentionDays) else { return Retention() }
        do throws(Retention.Fault) {
            return try Retention(parsing: text)
        } catch {
            reject(.retentionDays, error.problem)
            return Retention()
        }
    }

    mutating func templatesDirectory() -> String? {
        guard let folder = text(.templatesDirectory) else { return nil }
        for problem in ServiceConfiguration.problems(ofTemplates: folder) {
            reject(.templatesDirectory, problem)
        }
        return folder
    }

    mutating func log() -> ServiceConfiguration.Log {
        let level = text(.logLevel) ?? "info"
        if Logger.Level(rawValue: level) == nil {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            reject(.logLevel, "is none of \(levels)")
        }
        return ServiceConfiguration.Log(level: level, file: text(.logFile))
    }

    mutating func limits() -> ServiceConfiguration.Limits {
        var limits = ServiceConfiguration.Limits()
        limits.hashThreads = wholeNumber(.hashThreads, in: 1...256)
        if let connections = wholeNumber(.ordinaryConnections, in: 1...64) {
            limits.ordinaryConnections = connections
        }
        if let workers = wholeNumber(.deliveryWorkers, in: 1...64) {
            limits.deliveryWorkers = workers
        }
        if let seconds = wholeNumber(.drainSeconds, in: 0...60) {
            limits.drainDelay = .seconds(seconds)
        }
        return limits
    }
}
