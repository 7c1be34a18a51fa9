import Foundation
import Synchronization

/// A PostgreSQL server of our own on this machine, reached by a Unix socket only.
///
/// It ends with the process that started it, however that ends. For tests and development.
package final class LocalCluster: Sendable {
    /// Why the server could not be made or started.
    package enum Failure: Error, Equatable {
        /// Neither `pg_config` nor Debian's folder has the server's programs.
        case noServerPrograms
        /// A program ended with an error; its words are in the log file.
        case failed(program: String, log: String)
        /// The server ended, or took no connection in time.
        case notReady(log: String)
        /// Root can't run a server, and there is no such account to run it as.
        case noAccount(String)
    }

    /// The folder of the data, the log and nothing else.
    package let directory: URL
    /// The server's first role.
    package static let superuser = "postgres"
    /// The account that the server runs as where we are root, which it refuses.
    static let account = "postgres"

    private struct State {
        var server: SupervisedProcess?
        var socketDirectory: URL?
    }
    private let state = Mutex(State())
    private let settings: [String: String]
    private let launcher: [String]

    /// - Parameters:
    ///   - directory: made where it is not there; data that is there is used.
    ///   - socketDirectory: of at most 90 bytes; a new one below /tmp where nil.
    ///   - settings: of the server, beyond those that make it ours.
    ///   - launcher: a command that becomes the server's, which is appended to it.
    package init(
        directory: URL, socketDirectory: URL? = nil, settings: [String: String] = [:],
        launcher: [String] = []
    ) {
        self.directory = directory
        self.settings = settings
        self.launcher = launcher
        state.withLock { $0.socketDirectory = socketDirectory }
    }

    /// Makes the data where there is none, starts the server and waits until it can be used.
    package func start() async throws {
        try await Blocking.run("cluster") { [self] in
            let programs = try Programs()
            try prepareFolders(programs)
            try makeData(programs)
            try startServer(programs)
        }
    }

    /// Makes the data anew, as a copy of another server's that it follows from its start on.
    ///
    /// - Parameter name: what the other's `synchronous_standby_names` may call it.
    package func follow(_ primary: LocalCluster, as name: String) async throws {
        try await Blocking.run("cluster") { [self] in
            let programs = try Programs()
            try prepareFolders(programs)
            try? FileManager.default.removeItem(at: data)
            let source =
                "host=\(primary.host) user=\(Self.superuser) application_name=\(name)"
            try run(
                programs, "pg_basebackup",
                [
                    "--pgdata", data.path, "--dbname", source, "--checkpoint", "fast",
                    "--wal-method", "stream", "--write-recovery-conf", "--no-sync",
                ])
        }
    }

    /// Ends the server in an orderly way; its clients are disconnected.
    package func stop() async throws {
        try await Blocking.run("cluster") { [self] in end(SIGINT) }
    }

    package func restart() async throws {
        try await stop()
        try await start()
    }

    /// Ends the server as a crash would, all its processes at once.
    package func kill() async throws {
        try await Blocking.run("cluster") { [self] in end(SIGKILL) }
    }

    /// Stops all its processes where they are; connections stay open and nothing answers.
    package func freeze() {
        var frozen: Set<pid_t> = []
        // The first to stop is the one that starts others; some may have started until then.
        while let process = processes().first(where: { !frozen.contains($0) }) {
            _ = Glibc.kill(process, SIGSTOP)
            frozen.insert(process)
        }
    }

    /// Lets a frozen server go on.
    package func thaw() {
        signalAll(SIGCONT)
    }

    /// Ends the server at once and removes its folders; for the end of the process.
    package func discard() {
        end(SIGQUIT)
        let socketDirectory = state.withLock { $0.socketDirectory }
        for folder in [socketDirectory, directory].compactMap({ $0 }) {
            try? FileManager.default.removeItem(at: folder)
        }
    }

    /// A `postgresql://` URL of one of its databases.
    package func url(database: String, role: String) -> String {
        let plain = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "/-._~"))
        let host = host.addingPercentEncoding(withAllowedCharacters: plain) ?? host
        return "postgresql://\(role)@/\(database)?host=\(host)"
    }

    /// The folder of its socket, as `host` in a connection string.
    package var host: String { state.withLock { $0.socketDirectory?.path ?? "" } }

    /// - Parameter attributes: as `login in role practice_auth_service`.
    package func createRole(_ name: String, attributes: String) async throws {
        try await execute("create role \(Self.quoted(name)) \(attributes)")
    }

    package func createDatabase(
        _ name: String, template: String? = nil, owner: String
    ) async throws {
        let template = template.map { " template \(Self.quoted($0))" } ?? ""
        try await execute(
            "create database \(Self.quoted(name)) owner \(Self.quoted(owner))\(template)")
    }

    /// Executes SQL as the superuser; the rows of the last statement as text.
    @discardableResult
    package func execute(
        _ sql: String, database: String = "postgres"
    ) async throws -> [[String?]] {
        try await execute(sql, url: url(database: database, role: Self.superuser))
    }

    /// Executes SQL on a connection of its own.
    @discardableResult
    package func execute(_ sql: String, url: String) async throws -> [[String?]] {
        try await Blocking.run("cluster") {
            let deadline = ContinuousClock.now + Self.statementLimit
            return try Self.connect(url).get().execute(sql, before: deadline)
        }
    }

    private static let statementLimit: Duration = .seconds(60)
    private static let connectLimit: Duration = .seconds(5)

    private static func quoted(_ name: String) -> String {
        "\"\(name.replacing("\"", with: "\"\""))\""
    }

    static func connect(_ url: String) throws -> Swift.Result<Connection, ConnectFailure> {
        let servers = try ConnectionString(url, defaults: [:], sessionOptions: [:]).servers
        return Connecting.connect(to: servers, label: "practice-auth-cluster", within: connectLimit)
    }
}

// MARK: - Starting and ending

extension LocalCluster {
    private static let startLimit: Duration = .seconds(60)
    private static let pollInterval: UInt32 = 10_000  // microseconds

    var log: URL { directory.appending(path: "server.log") }
    var data: URL { directory.appending(path: "data") }

    private func prepareFolders(_ programs: Programs) throws {
        let files = FileManager.default
        try files.createDirectory(at: directory, withIntermediateDirectories: true)
        let socketDirectory = try state.withLock { state in
            if let known = state.socketDirectory { return known }
            let made = try Self.makeSocketDirectory()
            state.socketDirectory = made
            return made
        }
        try files.createDirectory(at: socketDirectory, withIntermediateDirectories: true)
        if !files.fileExists(atPath: log.path) { try Data().write(to: log) }
        for folder in [directory, socketDirectory, log] { try programs.giveToServer(folder) }
    }

    private func makeData(_ programs: Programs) throws {
        let version = data.appending(path: "PG_VERSION")
        if FileManager.default.fileExists(atPath: version.path) { return }
        try run(
            programs, "initdb",
            [
                "--pgdata", data.path, "--username", Self.superuser, "--auth", "trust",
                "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions",
            ])
    }

    /// Runs one of the server's programs to its end; its words go to the log.
    private func run(_ programs: Programs, _ program: String, _ arguments: [String]) throws {
        let process = programs.process(program, arguments)
        let output = FileHandle(forWritingAtPath: log.path)
        output?.seekToEndOfFile()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure.failed(program: program, log: log.path)
        }
    }

    /// A socket's path has at most 107 bytes, so the folder is not below a long one.
    private static func makeSocketDirectory() throws -> URL {
        var template = Array("/tmp/pg-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
        let path = template.dropLast().map { UInt8(bitPattern: $0) }
        return URL(filePath: String(decoding: path, as: UTF8.self), directoryHint: .isDirectory)
    }

    private func startServer(_ programs: Programs) throws {
        let deadline = ContinuousClock.now + Self.startLimit
        while ContinuousClock.now < deadline {
            let server = try launch(programs)
            while server.isRunning, ContinuousClock.now < deadline {
                let url = url(database: "postgres", role: Self.superuser)
                if case .success = try Self.connect(url) {
                    return state.withLock { $0.server = server }
                }
                usleep(Self.pollInterval)
            }
            // After a crash the old processes may still be leaving: it is tried again.
            _ = Glibc.kill(server.identifier, SIGKILL)
            server.waitUntilExit()
            usleep(Self.pollInterval)
        }
        throw Failure.notReady(log: log.path)
    }

    private func launch(_ programs: Programs) throws -> SupervisedProcess {
        let server = programs.process("postgres", ["-D", data.path] + serverArguments())
        let command = launcher + [server.executableURL?.path ?? ""] + (server.arguments ?? [])
        return try SupervisedProcess(command, log: log)
    }

    private func serverArguments() -> [String] {
        var all = [
            "listen_addresses": "",
            "unix_socket_directories": state.withLock { $0.socketDirectory?.path ?? "" },
            "unix_socket_permissions": "0700",
            "max_connections": "300",
            // No parameter may reach a log (Z-29).
            "log_parameter_max_length": "0",
            "log_parameter_max_length_on_error": "0",
            "log_min_error_statement": "panic",
        ]
        all.merge(settings) { _, given in given }
        return all.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
    }

    /// Sends the signal and waits until all is over.
    private func end(_ signal: Int32) {
        guard let server = state.withLock({ $0.server }), server.isRunning else { return }
        if signal == SIGKILL {
            signalAll(signal)
        } else {
            _ = Glibc.kill(server.identifier, signal)
            signalAll(SIGCONT)
        }
        server.waitUntilExit()
        state.withLock { $0.server = nil }
    }

    private func signalAll(_ signal: Int32) {
        for process in processes() { _ = Glibc.kill(process, signal) }
    }

    /// The server's processes, the one that starts the others first.
    private func processes() -> [pid_t] {
        guard let server = state.withLock({ $0.server })?.identifier else { return [] }
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let children = all.compactMap { pid_t($0) }.filter { process in
            let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
            // "pid (name) state parent ..."; the name may hold anything.
            let fields = status?.split(separator: ")").last?.split(separator: " ")
            return fields.flatMap { $0.count > 1 ? pid_t($0[1]) : nil } == server
        }
        return [server] + children
    }
}
