import Foundation

/// HAProxy in front of two instances, with the configuration that operators get.
final class LoadBalancer: Sendable {
    let client: HTTPClient
    private let process: Process

    init(_ instances: [Instance]) throws {
        let port = try RunningDemo.freePort()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "haproxy", "-f", Program.project.appending(path: "docker/haproxy.cfg").path,
        ]
        process.environment = Program.environment([
            // Debian keeps it where only root looks.
            "PATH": "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/bin",
            "PROXY_LISTEN": "127.0.0.1:\(port)",
            "FIRST_INSTANCE": "127.0.0.1:\(instances[0].port)",
            "SECOND_INSTANCE": "127.0.0.1:\(instances[1].port)",
        ])
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        client = HTTPClient(port: port, isRecorded: false)
    }

    deinit {
        // Its worker ends with it.
        process.terminate()
    }

    /// Whether it passes requests on.
    var isReady: Bool {
        get async {
            (try? await client.send("GET", "/readyz", within: .seconds(1)).status) == 200
        }
    }
}
