import Foundation

/// The files that ship beside the binary.
package enum Resources {
    /// The plain SQL files of `db/migrations`.
    package static let migrations = Bundle.module.bundleURL.appending(path: "migrations")
    /// The contract, `openapi.yaml`.
    package static let contract = Bundle.module.bundleURL.appending(path: "openapi.yaml")
}
