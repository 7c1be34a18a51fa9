import Foundation

/// A server that an earlier run of this folder left behind, when even its watcher was killed.
///
/// The folder is locked for us alone by now, so nobody is using it.
struct StaleServer {
    /// The cluster's data folder.
    let data: URL

    /// Seconds until what does not end is killed.
    private static let patience = 10.0

    /// Ends it, if there is one, and waits until it is gone.
    func end() async throws {
        guard let process else { return }
        kill(process, SIGINT)
        let deadline = Date(timeIntervalSinceNow: Self.patience)
        while self.process == process {
            if Date() > deadline { kill(process, SIGKILL) }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// The number in the lock file may be anybody's by now; a server works in its data folder.
    private var process: pid_t? {
        let lockFile = data.appending(path: "postmaster.pid")
        guard let text = try? String(contentsOf: lockFile, encoding: .utf8),
            let process = text.split(separator: "\n").first.flatMap({ pid_t($0) }),
            let folder = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/\(process)/cwd"),
            URL(filePath: folder).standardized.path == data.resolvingSymlinksInPath().path
        else { return nil }
        return process
    }
}
