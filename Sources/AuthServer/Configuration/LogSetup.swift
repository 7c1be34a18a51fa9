import Auth
import Logging

extension Logger {
    /// The logger of a running service: JSON lines, to its file or standard output, for this process
    /// and every library in it.
    ///
    /// - Throws: `ConfigurationFaults` where the file cannot be opened.
    static func ofService(_ log: ServiceConfiguration.Log) throws -> Logger {
        let level = Level(rawValue: log.level) ?? .info
        let output: LogOutput
        do {
            output = try log.file.map(LogOutput.init(path:)) ?? .standardOutput
        } catch {
            throw ConfigurationFaults(faults: [
                .init(name: Setting.logFile.environmentName, problem: "cannot be opened")
            ])
        }
        LoggingSystem.bootstrap { label in
            JSONLogHandler(label: label, output: output, level: level)
        }
        return Logger(label: "practice-auth")
    }

    /// The logger of a command, whose standard output is its answer: warnings, to standard error.
    static var ofCommand: Logger {
        var logger = Logger(label: "practice-auth") { label in
            JSONLogHandler(label: label, output: .standardError, level: .warning)
        }
        logger.logLevel = .warning
        return logger
    }
}
