import ArgumentParser
import Auth
import Foundation
import Postgres

/// What a command ends with, as sysexits.h has it.
enum ExitStatus {
    /// EX_CONFIG: the settings have to be put right before a restart helps.
    static let configuration = ExitCode(78)
    /// EX_DATAERR: what was asked for cannot be done.
    static let refused = ExitCode(65)
    /// EX_UNAVAILABLE: the database is not there.
    static let unavailable = ExitCode(69)

    /// Runs a command; what is expected to go wrong is told on standard error in words.
    static func reporting<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let faults as ConfigurationFaults {
            complain("\(faults)")
            throw configuration
        } catch let refusal as Administration.Refusal {
            complain("\(refusal)")
            throw refused
        } catch let refusal as KeysCommand.Refusal {
            complain("\(refusal)")
            throw refused
        } catch let failure as ListenFailure {
            complain("\(failure)")
            throw unavailable
        } catch let failure as Migrations.Failure {
            complain("the schema: \(failure)")
            throw unavailable
        } catch {
            guard let words = DatabaseWords(error) else { throw error }
            complain(words.text)
            throw words.isRefusal ? refused : unavailable
        }
    }

    static func complain(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
