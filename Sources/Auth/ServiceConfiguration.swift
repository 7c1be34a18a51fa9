import Cryptography
import Foundation
import JWTKit

/// What an operator decides about one running service; `AuthServer` parses it, `AuthService` takes it.
///
/// Every value here has been checked: a service made from it can only fail on the outside world.
package struct ServiceConfiguration: Sendable {
    /// Where callers reach the API, `https://auth.example.nl`; without a trailing slash.
    package var publicURL: String
    package var listen: ListenAddress
    /// Metrics and detailed health; never to be reached from outside.
    package var internalListen: ListenAddress
    /// A libpq connection string or URL of the service's login role, with several hosts if there are.
    package var databaseURL: Secret<String>
    /// The key ring's JSON, for `KeyRing(parsing:)`.
    package var keys: Secret<String>
    /// P-256 private keys, for `SigningKeyFile`.
    package var signingKeys: Secret<String>
    /// Where the two came from, to be read again while the service runs.
    package var keyFiles = KeyFiles()
    /// Nil only in development, where the mailbox takes every message.
    package var mail: Mail?
    /// Where gateways of practices may be.
    package var outbound: Outbound
    /// Folder of the operator's own texts for messages, in place of the shipped ones (Z-26).
    package var templatesDirectory: String?
    /// What may be sent, and what it costs.
    package var sending: SendCeilings
    /// Between two recoveries of an account, and before a sensitive change by what one rested on (Z-2).
    package var recoveryWaitHours: Int
    package static let usualRecoveryWaitHours = RecoveryLimits.usualWaitHours
    package static let recoveryWaitHourChoices = RecoveryLimits.waitHourChoices
    /// For how long rows are kept that no rule needs any more.
    package var retention: Retention
    package var log: Log
    package var limits: Limits
    /// Development mode: mailbox on, loopback `Host` demanded, `iss` ends in `/dev` (Z-31).
    package var development: Bool

    /// The `iss` of every token: the public URL; in development it is told apart by its end.
    package var issuer: String { development ? publicURL + "/dev" : publicURL }

    package init(
        publicURL: String, listen: ListenAddress, internalListen: ListenAddress,
        databaseURL: Secret<String>, keys: Secret<String>, signingKeys: Secret<String>,
        mail: Mail?, outbound: Outbound = Outbound(), templatesDirectory: String? = nil,
        sending: SendCeilings = SendCeilings(), recoveryWaitHours: Int = usualRecoveryWaitHours,
        retention: Retention = Retention(),
        log: Log = Log(), limits: Limits = Limits(), development: Bool = false,
        keyFiles: KeyFiles = KeyFiles()
    ) {
        self.publicURL = publicURL
        self.listen = listen
        self.internalListen = internalListen
        self.databaseURL = databaseURL
        self.keys = keys
        self.signingKeys = signingKeys
        self.mail = mail
        self.outbound = outbound
        self.templatesDirectory = templatesDirectory
        self.sending = sending
        self.recoveryWaitHours = recoveryWaitHours
        self.retention = retention
        self.log = log
        self.limits = limits
        self.development = development
        self.keyFiles = keyFiles
    }
}

extension ServiceConfiguration {
    /// Paths of the files that hold keys; nil where a key came another way, and stays as it is.
    package struct KeyFiles: Sendable {
        package var ring: String?
        package var signing: String?

        package init(ring: String? = nil, signing: String? = nil) {
            self.ring = ring
            self.signing = signing
        }
    }

    /// An address to listen on; port 0 lets the system choose one.
    package struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
        package var host: String
        package var port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        package var description: String {
            host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }

    /// The mail server that takes our messages; STARTTLS is always demanded.
    package struct Mail: Sendable {
        package var host: String
        package var port: Int
        package var username: String?
        package var password: Secret<String>?
        /// The envelope and header sender, a bare address.
        package var from: String
        /// Path of a PEM bundle to trust instead of the system's.
        package var certificateAuthorities: String?

        package init(
            host: String, port: Int = 587, username: String? = nil,
            password: Secret<String>? = nil, from: String, certificateAuthorities: String? = nil
        ) {
            self.host = host
            self.port = port
            self.username = username
            self.password = password
            self.from = from
            self.certificateAuthorities = certificateAuthorities
        }
    }

    /// Where requests to gateways may go (Z-25).
    package struct Outbound: Sendable {
        /// Host names in lower case, with a port where it is not 443.
        package var hosts: [String]
        /// Path of a PEM file: loopback can be reached too, and this authority alone is trusted.
        /// For tests, which need peers of their own; no setting leads here.
        var loopbackAuthorities: String?

        package init(hosts: [String] = []) {
            self.hosts = hosts
        }
    }

    package struct Log: Sendable {
        /// A level of swift-log, `info` or `debug` for example.
        package var level: String
        /// Path of the file that lines are appended to; standard output where nil.
        package var file: String?

        package init(level: String = "info", file: String? = nil) {
            self.level = level
            self.file = file
        }
    }

    /// What depends on the machine; the limits that callers meet are constants beside their feature.
    package struct Limits: Sendable {
        /// Threads that hash passwords; half the processors, at least one, where nil.
        package var hashThreads: Int?
        /// Connections of one instance for rare work, beside the one that coalesces commits.
        package var ordinaryConnections: Int
        /// Messages handed over at the same time.
        package var deliveryWorkers: Int
        /// How long the service goes on answering after SIGTERM while `/readyz` already fails, so that
        /// a load balancer has seen it; three of its check intervals.
        package var drainDelay: Duration

        package init(
            hashThreads: Int? = nil, ordinaryConnections: Int = 4, deliveryWorkers: Int = 8,
            drainDelay: Duration = .seconds(2)
        ) {
            self.hashThreads = hashThreads
            self.ordinaryConnections = ordinaryConnections
            self.deliveryWorkers = deliveryWorkers
            self.drainDelay = drainDelay
        }
    }
}

extension ServiceConfiguration {
    /// Why a text is no set of signing keys, in words that hold nothing of it; nil if it is one.
    package static func problem(ofSigningKeys pem: Secret<String>) -> String? {
        do throws(SigningKeyFile.Fault) {
            _ = try SigningKeyFile(parsing: pem)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Whether a text can be the sender of mails: one bare address.
    package static func isMailAddress(_ text: String) -> Bool { EmailAddress(text) != nil }

    /// Whether a text can be an entry of the list of hosts: a name, with a port if it is not 443.
    package static func isOutboundHost(_ text: String) -> Bool {
        guard let url = OutboundURL("https://\(text)") else { return false }
        return url.authority == text
    }

    /// What is wrong with a folder of an operator's own texts, by file.
    package static func problems(ofTemplates folder: String) -> [String] {
        do throws(TemplateFault) {
            _ = try Templates.shipped(operatorsFolder: URL(filePath: folder))
            return []
        } catch {
            return error.faults
        }
    }

    /// A new P-256 private key, PEM, for an install that has none.
    package static func generateSigningKey() -> Secret<String> {
        Secret(ES256PrivateKey().pemRepresentation)
    }
}
