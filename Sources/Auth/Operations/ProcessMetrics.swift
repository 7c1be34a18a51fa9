import Foundation

extension MetricsRegistry {
    /// Adds what Prometheus shows of every process: memory, open files, start.
    package func addProcessGauges(startedAt: Date = Date()) {
        gauge("process_start_time_seconds", help: "When the process started, Unix time.") {
            startedAt.timeIntervalSince1970
        }
        gauge("process_resident_memory_bytes", help: "Memory in use, in bytes.") {
            Self.statusBytes("VmRSS:")
        }
        gauge("process_open_fds", help: "Open file descriptors.") {
            try? Double(FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count)
        }
    }

    private static func statusBytes(_ field: String) -> Double? {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
            return nil
        }
        let line = text.split(separator: "\n").first { $0.hasPrefix(field) }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first
            .flatMap { Double($0) }.map { $0 * 1024 }
    }
}
