import Auth
import Foundation

/// One GET over a blocking socket; a command that ends at once needs no event loop.
struct Probe {
    let address: ServiceConfiguration.ListenAddress
    /// Seconds for the connection and for each wait after it.
    private static let patience = 3

    init(address: ServiceConfiguration.ListenAddress) {
        // What listens on every address answers on the loopback one too.
        switch address.host {
        case "0.0.0.0": self.address = .init(host: "127.0.0.1", port: address.port)
        case "::": self.address = .init(host: "::1", port: address.port)
        default: self.address = address
        }
    }

    /// Whether anything at all listens there.
    var isAnswered: Bool {
        guard let descriptor = connected() else { return false }
        close(descriptor)
        return true
    }

    /// Whether the answer's status is 200.
    func isHealthy(path: String) -> Bool {
        guard let descriptor = connected() else { return false }
        defer { close(descriptor) }
        let request = Array(
            "GET \(path) HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n".utf8)
        guard
            send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count
        else { return false }
        return statusLine(descriptor).hasPrefix("HTTP/1.1 200 ")
    }

    private func connected() -> Int32? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address.host, String(address.port), &hints, &found) == 0, let found
        else { return nil }
        defer { freeaddrinfo(found) }
        let descriptor = socket(
            found.pointee.ai_family, found.pointee.ai_socktype, found.pointee.ai_protocol)
        guard descriptor >= 0 else { return nil }
        var patience = timeval(tv_sec: Self.patience, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        guard connect(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private func statusLine(_ descriptor: Int32) -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < 64, recv(descriptor, &byte, 1, 0) == 1, byte != UInt8(ascii: "\r") {
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }
}
