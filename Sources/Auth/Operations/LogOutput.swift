import Foundation
import Synchronization

/// Where log lines go: a file that is appended to, or one of the standard streams.
///
/// Each line is one `write` of at most 4 KiB, which neither a file opened for appending nor a pipe
/// (PIPE_BUF) ever mixes with another's; so there is no lock, and two processes may share a file.
package final class LogOutput: Sendable {
    /// Bytes of one line, its end counted.
    package static let lineLimit = 4096

    private let descriptor: Int32
    private let ownsDescriptor: Bool
    private let lost = Atomic<Int>(0)

    /// Standard error.
    package static let standardError = LogOutput(descriptor: STDERR_FILENO)
    /// Standard output.
    package static let standardOutput = LogOutput(descriptor: STDOUT_FILENO)

    /// Opens the file at `path` for appending; makes it, readable by its owner and group, where
    /// there is none. Throws the system's error.
    package init(path: String) throws {
        descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        ownsDescriptor = true
    }

    private init(descriptor: Int32) {
        self.descriptor = descriptor
        ownsDescriptor = false
    }

    deinit { if ownsDescriptor { close(descriptor) } }

    /// Lines that could not be written: disk full, reader gone.
    package var lostLines: Int { lost.load(ordering: .relaxed) }

    /// Writes one line, its end included. A line that cannot be written is counted and given up,
    /// since nobody should be kept from signing in by a full disk.
    func write(_ line: [UInt8]) {
        var rest = line[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { bytes in
                Foundation.write(descriptor, bytes.baseAddress, bytes.count)
            }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR {
                lost.add(1, ordering: .relaxed)
                return
            }
        }
    }
}
