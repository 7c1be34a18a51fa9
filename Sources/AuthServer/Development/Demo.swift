import Auth
import Cryptography
import Foundation
import Logging
import Postgres
import Resources
import ServiceLifecycle

/// The whole of development mode: a cluster, its data, and the service on top, for as long as it runs.
struct Demo: Service {
    static let database = "practice_auth"
    static let ownerRole = "practice_auth_owner"
    static let loginRole = "practice_auth_login"

    let directory: DevelopmentDirectory
    /// Whether data and keys of earlier runs are deleted first.
    let reset: Bool
    let settings: DevelopmentSettings
    let logger: Logger

    func run() async throws {
        try await StaleServer(data: directory.cluster.appending(path: "data")).end()
        let install = try prepareInstall()
        let cluster = LocalCluster(
            directory: directory.cluster, socketDirectory: directory.socket)
        try await cluster.start()
        do {
            try await serve(install, on: cluster)
        } catch {
            try? await cluster.stop()
            throw error
        }
        try await cluster.stop()
    }

    /// An install whose data were never finished is begun again, so that what is there is whole.
    private func prepareInstall() throws -> Install {
        if !reset, let install = try Install.load(from: directory.url), install.apiKeys != nil {
            return install
        }
        try directory.clear()
        let install = Install.generate()
        try install.save(to: directory.url)
        return install
    }

    private func serve(_ install: Install, on cluster: LocalCluster) async throws {
        var install = install
        let ownerURL = cluster.url(database: Self.database, role: Self.ownerRole)
        let loginURL = cluster.url(database: Self.database, role: Self.loginRole)
        let isNew = install.apiKeys == nil
        if isNew {
            try await cluster.createRole(Self.ownerRole, attributes: "login createrole")
            try await cluster.createDatabase(Self.database, owner: Self.ownerRole)
        }
        _ = try await Migrations(directory: Resources.migrations)
            .apply(ownerURL: ownerURL, logger: logger)
        if isNew {
            try await cluster.createRole(
                Self.loginRole, attributes: "login in role \(Migrations.serviceRole)")
        }
        let apiKeys = try await apiKeys(of: &install, loginURL)
        try Task.checkCancellation()
        if Task.isShuttingDownGracefully { return }
        let configuration = settings.configuration(
            install: install, databaseURL: loginURL, log: directory.log)
        let announcement = Announcement(
            url: configuration.publicURL, internalURL: "http://\(configuration.internalListen)",
            ownerURL: ownerURL, log: directory.log.path, apiKeys: apiKeys,
            identifier: DemoData.identifier, password: install.password)
        try PrivateFile.write(Data(announcement.environment.utf8), to: directory.environment)
        let service = try await AuthService(configuration: configuration, logger: logger)
        try await run(service, announcing: announcement)
    }

    private func apiKeys(of install: inout Install, _ url: String) async throws -> Install.APIKeys {
        if let apiKeys = install.apiKeys { return apiKeys }
        let password = install.password
        let apiKeys = try await Errand.run(
            url: url, keys: try KeyRing(parsing: install.keys), logger: logger
        ) { administration in
            try await DemoData(administration: administration, password: password).make()
        }
        install.apiKeys = apiKeys
        try install.save(to: directory.url)
        return apiKeys
    }

    /// Signals are the outer group's, which passes the end on to the service.
    private func run(_ service: AuthService, announcing announcement: Announcement) async throws {
        let address = settings.listen
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await service.run(endingOn: [])
                return true
            }
            group.addTask {
                while !Task.isCancelled {
                    if Probe(address: address).isHealthy(path: "/readyz") {
                        FileHandle.standardOutput.write(Data(announcement.block.utf8))
                        break
                    }
                    try? await Task.sleep(for: .milliseconds(50))
                }
                return false
            }
            while let hasEnded = try await group.next() {
                if hasEnded { group.cancelAll() }
            }
        }
    }
}
