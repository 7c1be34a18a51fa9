import ArgumentParser
import Foundation

/// Where settings come from; every command that has settings takes these.
struct SettingOptions: ParsableArguments {
    @Option(help: "JSON file with settings (AUTH_CONFIG).")
    var config: String?

    @Option(help: "Folder with a file a secret (AUTH_SECRETS_DIRECTORY).")
    var secretsDirectory: String?

    /// The command line over everything else that says something.
    func reader(
        _ commandLine: [Setting: String?] = [:],
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> SettingReader {
        SettingSources(
            commandLine: commandLine.compactMapValues { $0 }, environment: environment,
            configFile: config, secretsDirectory: secretsDirectory
        ).reader()
    }
}

/// What suits the machine that a service runs on, in production and in development.
struct MachineOptions: ParsableArguments {
    @Option(help: "Address of the API, host:port.")
    var listen: String?

    @Option(help: "Address of metrics and detailed health, host:port.")
    var internalListen: String?

    @Option(help: "Least level of a log line: debug, info, warning, …")
    var logLevel: String?

    @Option(help: "Threads that hash passwords.")
    var hashThreads: String?

    @Option(help: "Database connections for rare work.")
    var ordinaryConnections: String?

    @Option(help: "Messages handed over at the same time.")
    var deliveryWorkers: String?

    var values: [Setting: String?] {
        [
            .listen: listen, .internalListen: internalListen, .logLevel: logLevel,
            .hashThreads: hashThreads, .ordinaryConnections: ordinaryConnections,
            .deliveryWorkers: deliveryWorkers,
        ]
    }
}

/// Every setting of `serve` that may stand on a command line; secrets may not (`Setting.isSecret`).
struct ServiceOptions: ParsableArguments {
    @OptionGroup var sources: SettingOptions

    @Option(name: .customLong("public-url"), help: "Where callers reach the API; `iss` of tokens.")
    var publicURL: String?

    @OptionGroup var machine: MachineOptions

    @Option(help: "Mail server; it must offer STARTTLS.")
    var smtpHost: String?

    @Option(help: "Port of the mail server.")
    var smtpPort: String?

    @Option(help: "Name to sign in to the mail server with.")
    var smtpUsername: String?

    @Option(name: .customLong("smtp-ca-file"), help: "Certificates to trust there, PEM.")
    var smtpCAFile: String?

    @Option(help: "Sender address of every mail.")
    var mailFrom: String?

    @Option(help: "Hosts that gateways of practices may be on, with commas between.")
    var outboundHosts: String?

    @Option(help: "Folder of your own texts for messages; see README.")
    var templatesDirectory: String?

    @Option(help: "Codes that one calling system may send in an hour.")
    var clientCodesPerHour: String?

    @Option(help: "What an SMS costs, in hundredths: EUR:NL=8,EUR:*=15,NOK:NO=90")
    var smsPrices: String?

    @Option(help: "Hours between two recoveries of one account.")
    var recoveryWaitHours: String?

    @Option(help: "Days that rows are kept, by table: code=30,login=30")
    var retentionDays: String?

    @Option(help: "File to append log lines to, instead of standard output.")
    var logFile: String?

    @Option(help: "Seconds to go on answering after SIGTERM while /readyz fails.")
    var drainSeconds: String?

    func reader(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> SettingReader {
        let own: [Setting: String?] = [
            .publicURL: publicURL, .smtpHost: smtpHost, .smtpPort: smtpPort,
            .smtpUsername: smtpUsername, .smtpCAFile: smtpCAFile, .mailFrom: mailFrom,
            .outboundHosts: outboundHosts, .templatesDirectory: templatesDirectory,
            .clientCodesPerHour: clientCodesPerHour, .smsPrices: smsPrices,
            .recoveryWaitHours: recoveryWaitHours, .retentionDays: retentionDays,
            .logFile: logFile, .drainSeconds: drainSeconds,
        ]
        return sources.reader(
            own.merging(machine.values) { own, _ in own }, environment: environment)
    }
}
