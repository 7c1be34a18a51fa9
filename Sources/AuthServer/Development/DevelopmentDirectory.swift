import Foundation

/// The folder of one development install: its cluster, keys, log and what `docker/dev env` prints.
///
/// One process at a time has it; a lock says so that ends with the process, however that ends.
final class DevelopmentDirectory: Sendable {
    let url: URL
    private let lock: Int32

    var cluster: URL { url.appending(path: "postgres") }
    /// A socket's path has at most 107 bytes; nil where this folder's own is longer than that allows.
    var socket: URL? {
        let socket = url.appending(path: "socket")
        return socket.path.utf8.count <= 90 ? socket : nil
    }
    var log: URL { url.appending(path: "practice-auth.log") }
    var environment: URL { url.appending(path: "env") }

    enum Fault: Error, CustomStringConvertible {
        case taken(String)
        case unusable(String)

        var description: String {
            switch self {
            case .taken(let path): "another practice-auth dev is running in \(path)"
            case .unusable(let path): "the folder \(path) cannot be written"
            }
        }
    }

    init(path: String) throws {
        url = URL(filePath: path, directoryHint: .isDirectory).absoluteURL
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            throw Fault.unusable(path)
        }
        lock = open(url.appending(path: "lock").path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw Fault.unusable(path) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw Fault.taken(path)
        }
    }

    deinit {
        close(lock)
    }

    /// Deletes data and keys and empties the log; whoever started the cluster has stopped it.
    func clear() throws {
        // This run's own log is open already: a new file in its place would stay empty.
        truncate(log.path, 0)
        for name in ["postgres", "socket", "install.json", "env"] {
            let item = url.appending(path: name)
            if FileManager.default.fileExists(atPath: item.path) {
                try FileManager.default.removeItem(at: item)
            }
        }
    }
}
