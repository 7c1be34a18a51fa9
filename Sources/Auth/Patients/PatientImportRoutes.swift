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
        var patients = PatientImport(
            database: database, notices: notices, practice: try context.caller.practice,
            act: try context.act(keys), isDryRun: isDryRun)
        let deadline = ContinuousClock.now + ImportLimits.processing
        var results: [PatientImport.Result] = []
        var left: [PatientImport.Result] = []
        var count = 0
        // What was written is told even where the service can't go on: the rest is sent again.
        var goesOn = true
        for try await line in lines {
            count += 1
            // The first line too many stands for those after it, which are read and left.
            guard count <= ImportLimits.lines + 1 else { continue }
            goesOn = goesOn && count <= ImportLimits.lines && ContinuousClock.now < deadline
            guard goesOn else {
                left.append(.notProcessed(line.number))
                continue
            }
            do {
                results += try await patients.add(line.number, line.bytes)
            } catch is PostgresError where !results.isEmpty {
                goesOn = false
                results += patients.unanswered()
            }
        }
        do {
            results += try await patients.finish()
        } catch is PostgresError where !results.isEmpty {
            results += patients.unanswered()
        }
        results += left
        return try .json(Report(results, dryRun: isDryRun))
    }
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
