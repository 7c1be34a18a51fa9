import Foundation
import Testing

/// A proxy in a process of its own that fails as it is told; see `fault_proxy.py`.
///
/// This machine's kernel cannot delay or drop single packets, so what happens on a network is
/// played between two sockets.
final class FaultProxy: Sendable {
    enum Mode: Sendable, Equatable, CustomStringConvertible {
        case ok, blackhole, refuse, reset, half, nonsense
        case delay(milliseconds: Int)

        var description: String {
            switch self {
            case .ok: "ok"
            case .blackhole: "blackhole"
            case .refuse: "refuse"
            case .reset: "reset"
            case .half: "half"
            case .nonsense: "nonsense"
            case .delay(let milliseconds): "delay \(milliseconds)"
            }
        }
    }

    private let process: PeerProcess

    var port: Int { process.port }

    /// - Parameter target: the path of a Unix socket, or a port of this machine.
    init(to target: String) async throws {
        process = try await PeerProcess("fault_proxy.py", [target])
    }

    /// Returns once the mode is in force; one caller at a time.
    func turn(_ mode: Mode) async throws {
        let before = process.said.count
        try process.tell("\(mode)")
        try await eventually(orElse: "the proxy never became \(mode)") {
            process.said.count > before
        }
    }
}
