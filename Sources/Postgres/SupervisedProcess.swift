import CLibPQ
import Foundation
import Synchronization

/// A program that ends with the process that started it, however that ends.
///
/// Foundation's `Process` waits until all that a program has started are gone as well, and hands
/// on the signal mask of the thread that asked; a server can do with neither.
final class SupervisedProcess: Sendable {
    /// The program could not be started, with the system's error number.
    struct StartFailure: Error {
        let errorNumber: Int32
    }

    let identifier: pid_t
    /// Held open by us alone; the program is ended when it closes, as with our end.
    private let lifeline: FileHandle
    private let hasEnded = Mutex(false)

    /// Leaves a shell behind, as nobody's child, that waits for our end; then becomes the program.
    private static let script = """
        exec 3<&0
        ( (read -r _; kill -QUIT $$; kill -CONT $$) <&3 >/dev/null 2>&1 & )
        log=$1; shift; cd /
        exec "$@" </dev/null >>"$log" 2>&1 3<&-
        """

    /// - Parameter log: the file that the program's output is added to.
    init(_ command: [String], log: URL) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw StartFailure(errorNumber: errno) }
        lifeline = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
        defer { close(ends[0]) }

        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        posix_spawn_file_actions_adddup2(&files, ends[0], STDIN_FILENO)
        posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO)
        posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        // A group of its own: an interrupt from the keyboard is ours to handle.
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

        let arguments = ["/bin/sh", "-c", Self.script, "sh", log.path] + command
        let copies = arguments.map { strdup($0) } + [nil]
        defer { for copy in copies { free(copy) } }
        var identifier = pid_t()
        let failure = posix_spawn(&identifier, "/bin/sh", &files, &attributes, copies, environ)
        guard failure == 0 else { throw StartFailure(errorNumber: failure) }
        self.identifier = identifier
    }

    var isRunning: Bool { !wait(WNOHANG) }

    /// Waits until the program has ended.
    func waitUntilExit() {
        while !wait(0) {}
    }

    /// True once it has ended; asked under a lock, since the number may be another's afterwards.
    private func wait(_ options: Int32) -> Bool {
        hasEnded.withLock { hasEnded in
            if hasEnded { return true }
            var status: Int32 = 0
            let outcome = waitpid(identifier, &status, options)
            hasEnded = outcome == identifier || (outcome == -1 && errno == ECHILD)
            return hasEnded
        }
    }
}
