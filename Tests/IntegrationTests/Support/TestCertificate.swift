import Foundation

/// A certificate authority of a test, and the certificates that it signs.
final class TestAuthority: Sendable {
    /// The authority's own certificate, PEM: what a client is told to trust.
    let certificate: URL
    private let directory: URL
    private let clock: FalseClock?
    private var key: URL { directory.appending(path: "authority.key") }

    /// - Parameter clock: by which certificates are in force; the machine's where nil.
    init(clock: FalseClock? = nil) throws {
        self.clock = clock
        let root =
            ProcessInfo.processInfo.environment["AUTH_TEST_DIRECTORY"].map { URL(filePath: $0) }
            ?? FileManager.default.temporaryDirectory
        directory = root.appending(path: "authority-\(UUID().uuidString)")
        certificate = directory.appending(path: "authority.pem")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try openssl([
            "req", "-x509", "-nodes", "-days", "9", "-subj", "/CN=Test authority",
            "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-addext", "basicConstraints=critical,CA:TRUE",
            "-keyout", key.path, "-out", certificate.path,
        ])
    }

    deinit {
        try? FileManager.default.removeItem(at: directory)
    }

    /// A certificate for a server of that name.
    func certificate(for host: String) throws -> TestCertificate {
        let name = UUID().uuidString
        let made = TestCertificate(
            authority: self, certificate: directory.appending(path: "\(name).pem"),
            key: directory.appending(path: "\(name).key"))
        try openssl([
            "req", "-x509", "-nodes", "-days", "9", "-subj", "/CN=\(host)",
            "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-addext", "subjectAltName=DNS:\(host)",
            "-addext", "basicConstraints=critical,CA:FALSE",
            "-CA", certificate.path, "-CAkey", key.path,
            "-keyout", made.key.path, "-out", made.certificate.path,
        ])
        return made
    }

    private struct Failed: Error {
        let status: Int32
    }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(
            clock?.environment ?? [:]
        ) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failed(status: process.terminationStatus)
        }
    }
}

/// Files of a server's certificate and its private key, PEM.
struct TestCertificate: Sendable {
    /// Whose folder has the files, and removes them when it goes.
    let authority: TestAuthority
    let certificate: URL
    let key: URL
}
