import Foundation
import Postgres
import Resources

/// Whether the files that ship beside the binary are there and can be used.
package enum ShippedFiles {
    /// The folder that holds them.
    package static var folder: String { Resources.folder.path }

    /// What is wrong with each, in words, looked at once a process; empty where all is well.
    package static let faults: [String] = {
        var faults: [String] = []
        let migrations = Migrations(directory: Resources.migrations)
        if (try? migrations.latestVersion()).map({ $0 > 0 }) != true {
            faults.append("migrations: missing, or not as they were shipped")
        }
        if (try? Contract.shippedVersion()) == nil {
            faults.append("openapi.yaml: missing, or not as it was shipped")
        }
        do throws(TemplateFault) {
            _ = try Templates.shipped()
        } catch {
            faults.append("\(error)")
        }
        do throws(KnownWords.Missing) {
            _ = try KnownWords.shipped()
        } catch {
            faults.append("\(error)")
        }
        return faults
    }()
}
