import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// Many entries of a practice's register at once, a line each; or what would become of them.
struct PatientImportRoutes: Sendable {
    let database: Database
    let keys: KeyRing
    let notices: Notices

    func add(to endpoints: Endpoints) {
        endpoints.stream(
            "/v1/patients/import", scope: .patientsWrite, limits: ImportLimits.request, importLines)
    }

    struct Report: Encodable, Sendable {
        let dryRun: Bool
        let created: Int
        let changed: Int
        let unchanged: Int
        let refused: Int
        let results: [PatientImport.Result]

        init(_ results: [PatientImport.Result], dryRun: Bool) {
            func count(_ status: PatientImport.Result.Status) -> Int {
                results.count { $0.status == status }
            }
            self.dryRun = dryRun
            created = count(.created)
            changed = count(.changed)
            unchanged = count(.unchanged)
            refused = count(.refused)
            self.results = results
        }
    }

    @Sendable private func importLines(
        _ lines: BodyLines, _ context: AuthRequestContext
    ) async throws -> Answer {
        let isDryRun = try context.isDryRun
        let patients = PatientImport(
            database: database, notices: notices, practice: try context.caller.practice,
            act: try context.act(keys), isDryRun: isDryRun)
        let results = try await lines.results(
            of: patients, until: ContinuousClock.now + ImportLimits.processing)
        return try .json(Report(results, dryRun: isDryRun))
    }
}

extension PatientImport: LineImport {
    var takesMore: Bool { true }

    static func notProcessed(_ line: Int) -> Result { .notProcessed(line) }
}

extension AuthRequestContext {
    /// `?dry_run=true`
    fileprivate var isDryRun: Bool {
        get throws(Problem) {
            switch try query(["dry_run"])["dry_run"] {
            case nil, "false": return false
            case "true": return true
            default:
                throw Problem(
                    .queryInvalid, faults: [.init(.parameter("dry_run"), .notAllowed)])
            }
        }
    }
}
