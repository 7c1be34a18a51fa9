import Foundation

/// The files that ship with the binary, in one folder beside it.
///
/// They are looked for there and nowhere else. The accessor that the package manager generates falls
/// back to the folder of the build, and so hides, on the machine that built it, what was not shipped.
package enum Resources {
    /// The plain SQL files of `db/migrations`.
    package static let migrations = folder.appending(path: "migrations")
    /// The contract, `openapi.yaml`.
    package static let contract = folder.appending(path: "openapi.yaml")
    /// The texts of all messages, a folder a language.
    package static let templates = folder.appending(path: "Templates")

    /// The lists that passwords are held against.
    package static let passwordLists = folder.appending(path: "Lists")

    /// Beside the binary itself, also where that was started by a symbolic link.
    package static let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent()
        .appending(path: "practice-auth_Resources.resources", directoryHint: .isDirectory)
}
