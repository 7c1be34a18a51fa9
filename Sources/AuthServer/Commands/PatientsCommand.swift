import ArgumentParser
import Auth
import Foundation

/// `patients import`: a practice's register, of any length.
struct PatientsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "patients", abstract: "Work with a practice's register.",
        subcommands: [Import.self])

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create or replace patients, one JSON object a line.",
            discussion: """
                Members: external_id, first_name, last_name, date_of_birth, postcode, email, mobile, \
                national_number, general_practitioner, locale. Prints one JSON object for each line \
                that was refused or that lacks something; writes the others. Exits 1 if any was \
                refused.
                """)

        @Option(help: "Id of the practice.")
        var practice: UUID

        @Flag(help: "Only say what would become of each line.")
        var dryRun = false

        @Argument(help: "The file; - for standard input.")
        var file: String

        @OptionGroup var settings: SettingOptions

        func run() async throws {
            guard let input = file == "-" ? .standardInput : FileHandle(forReadingAtPath: file)
            else { throw ValidationError("\(file) cannot be read") }
            let (practice, isDryRun) = (practice, dryRun)
            let report = try await Errand.run(settings) { administration in
                try await Self.importAll(
                    input,
                    by: try await administration.importPatients(
                        practice: practice, isDryRun: isDryRun))
            }
            ExitStatus.complain(report.summary)
            if !report.isComplete { throw ExitCode.failure }
        }

        /// In constant memory however long the file is.
        private static func importAll(
            _ input: FileHandle, by patients: PatientImport
        ) async throws -> PatientImportReport {
            var patients = patients
            var lines = InputLines()
            var report = PatientImportReport()
            while let data = try input.read(upToCount: InputLines.chunk), !data.isEmpty {
                for line in lines.add(data) { try await add(line) }
            }
            for line in lines.finish() { try await add(line) }
            for result in try await patients.finish() { report.add(result) }
            return report

            func add(_ line: (number: Int, bytes: [UInt8])) async throws {
                let bytes = line.bytes.count > InputLines.longestLine ? nil : line.bytes
                for result in try await patients.add(line.number, bytes) { report.add(result) }
            }
        }
    }
}

/// Counts, and prints at once what a practice has to look at.
private struct PatientImportReport: Sendable {
    private var counts: [PatientImport.Result.Status: Int] = [:]

    var summary: String {
        PatientImport.Result.Status.allCases.filter { $0 != .notProcessed || counts[$0] != nil }
            .map { "\(counts[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
    }

    /// Whether each line is, or would be, in the register now.
    var isComplete: Bool { counts[.refused] == nil && counts[.notProcessed] == nil }

    mutating func add(_ result: PatientImport.Result) {
        counts[result.status, default: 0] += 1
        let lacksNothing = (result.missing ?? []).isEmpty && (result.notes ?? []).isEmpty
        guard [.refused, .notProcessed].contains(result.status) || !lacksNothing else { return }
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if let data = try? encoder.encode(result) { print(String(decoding: data, as: UTF8.self)) }
    }
}
