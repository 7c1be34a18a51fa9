import ArgumentParser
import Auth
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// `dev`: the service with a database and people of its own, for this machine only.
struct DevelopmentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev",
        abstract: "Run a demo with its own database, made-up patients and a mailbox to read.",
        discussion: "Data and keys are kept in AUTH_DEV_DIRECTORY, or else in .dev.")

    @Flag(help: "Delete the data and keys of earlier runs first.")
    var reset = false

    @OptionGroup var settings: SettingOptions
    @OptionGroup var machine: MachineOptions

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let path = environment[OtherVariable.developmentDirectory] ?? ".dev"
        let reader = settings.reader(machine.values)
        try await ExitStatus.reporting {
            let settings = try DevelopmentSettings(from: reader)
            try settings.demandFree()
            let directory = try DevelopmentDirectory(path: path)
            let logger = try Logger.ofService(
                .init(level: settings.logLevel, file: directory.log.path))
            let demo = Demo(
                directory: directory, reset: reset, settings: settings, logger: logger)
            // The demo is the group's one service, so that a signal finds it at any stage and it can
            // end its cluster.
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: [
                        .init(
                            service: demo,
                            successTerminationBehavior: .gracefullyShutdownGroup,
                            failureTerminationBehavior: .gracefullyShutdownGroup)
                    ],
                    gracefulShutdownSignals: [.sigint, .sigterm, .sighup], logger: logger))
            try await group.run()
        }
    }
}
