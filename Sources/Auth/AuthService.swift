import Cryptography
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Metrics
import Postgres
import Resources
import ServiceLifecycle
import UnixSignals

/// The whole service, put together once; `main` runs it, and so do the tests.
package struct AuthService: Sendable {
    package let database: Database
    package let metrics: MetricsRegistry
    let configuration: ServiceConfiguration
    let keys: KeyRing
    /// Reads the files of the keys again; says whether it could.
    let keyReload: KeyReload
    let hasher: PasswordHasher
    let tokens: Tokens
    let dispatcher: Dispatcher
    let rekeying: Rekeying
    /// Where practices' gateways are reached, and what a ladder may name.
    let gateways: GatewayChannels
    let housekeeper: Housekeeper
    let readiness: Readiness
    /// Method and path of every public route, and who may call it, for the contract test.
    let routes: [(method: String, path: String, access: Endpoint.Access)]
    let publicServer: HTTPServer
    let internalServer: HTTPServer
    private let logger: Logger
    /// `info.version` of openapi.yaml.
    private let contractVersion: String
    /// The newest migration that this binary knows.
    private let schemaVersion: Int

    /// What an operator does, with this service's database and keys.
    package var administration: Administration {
        Administration(
            database: database, hasher: hasher, keys: keys, prices: configuration.sending.prices)
    }

    /// - Parameters:
    ///   - channel: takes every message instead of the configured mail server.
    ///   - now: the time by which keys and tokens go; the database's, as all else, where nil.
    /// - Throws: what is wrong with the keys, the mail settings or the texts, by name.
    package init(
        configuration: ServiceConfiguration, logger: Logger,
        metrics: MetricsRegistry = MetricsRegistry(), limits: ServerLimits = ServerLimits()
    ) async throws {
        try await self.init(
            configuration: configuration, logger: logger, metrics: metrics, limits: limits,
            channel: nil)
    }

    init(
        configuration: ServiceConfiguration, logger: Logger, metrics: MetricsRegistry,
        limits: ServerLimits, channel: (any DeliveryChannel)?,
        now: (@Sendable () -> Date)? = nil
    ) async throws {
        self.configuration = configuration
        self.logger = logger
        self.metrics = metrics
        PhoneNumber.loadPlans()
        var settings = Database.Configuration(url: configuration.databaseURL.expose())
        settings.ordinaryConnections = configuration.limits.ordinaryConnections
        settings.deadline = limits.statementDeadline
        // Sooner, so that the server has given up what its caller no longer waits for.
        settings.statementTimeout = limits.statementDeadline * 3 / 4
        settings.underWayWait = limits.equalRequestWait
        settings.variables[RecoveryLimits.waitVariable] = "\(configuration.recoveryWaitHours)"
        let database = try Database(configuration: settings, logger: logger)
        self.database = database
        let now = now ?? { database.now }
        let keys = try KeyRing(parsing: configuration.keys.expose(), now: now)
        self.keys = keys
        let signing = try await SigningKeys(pem: configuration.signingKeys, now: now)
        tokens = Tokens(keys: keys, signing: signing, issuer: configuration.issuer, now: now)
        keyReload = KeyReload(
            files: configuration.keyFiles, ring: keys, signing: signing, logger: logger)
        let mailbox = configuration.development ? DeveloperMailbox() : nil
        let channels = try Self.channels(configuration, mailbox: mailbox, instead: channel)
        let templates = try Templates.shipped(
            operatorsFolder: configuration.templatesDirectory.map { URL(filePath: $0) })
        let gateways = GatewayChannels(
            channels,
            door: OutboundDoor(
                configuration.outbound, threads: configuration.limits.deliveryWorkers),
            keys: keys, publicURL: configuration.publicURL)
        self.gateways = gateways
        dispatcher = Dispatcher(
            database: database, channels: gateways, templates: templates,
            keys: keys, prices: configuration.sending.prices,
            workers: configuration.limits.deliveryWorkers, logger: logger, metrics: metrics)
        let codeMetrics = CodeMetrics(factory: metrics, logger: logger)
        housekeeper = Housekeeper(
            database: database, retention: configuration.retention, logger: logger,
            metrics: HousekeepingMetrics(factory: metrics), codeMetrics: codeMetrics)
        contractVersion = try Contract.shippedVersion()
        schemaVersion = try Migrations(directory: Resources.migrations).latestVersion()
        readiness = Readiness(
            checks: DatabaseChecks(database: database, logger: logger).all
                + [KeyCheck(database: database, keys: keys).check], logger: logger)
        rekeying = Rekeying(database: database, keys: keys, logger: logger)

        // Late, since it waits for the measurement of a hash.
        hasher = try PasswordHasher(
            threads: configuration.limits.hashThreads ?? PasswordHasher.threadCount)
        // Measured from here on; a command of the command line has no use for it, and none of its memory.
        _ = hasher.dearestCost

        let spray = SprayAlarm(logger: logger)
        let log = RequestLog(logger: logger, metrics: metrics)
        let authenticator = KeyAuthenticator(database: database)
        let publicEndpoints = Endpoints(
            authenticator: authenticator, demandsLoopback: configuration.development,
            now: { database.now })
        let internalEndpoints = Endpoints(demandsLoopback: configuration.development)
        let passwords = PasswordCheck(hasher: hasher, keys: keys)
        let reviewer = PasswordReviewer(words: try .shipped())
        let patients = PatientAuthenticator(database: database, tokens: tokens)
        let pinHasher = SuperPINHasher(hasher: hasher, keys: keys)
        let press = LetterPress()
        let notices = Notices(keys: keys, prices: configuration.sending.prices)
        let confirm = ConfirmPassword(database: database, keys: keys, passwords: passwords)
        try Router(
            health: HealthRoutes(
                readiness: readiness, keyFiles: { [keyReload] in keyReload.findings }),
            logins: LoginRoutes(
                database: database, keys: keys,
                passwords: passwords, reviewer: reviewer, tokens: tokens,
                dispatcher: dispatcher, ceilings: configuration.sending,
                metrics: LoginMetrics(factory: metrics), codeMetrics: codeMetrics,
                notices: notices, spray: spray),
            factors: FactorRoutes(
                database: database, keys: keys, tokens: tokens,
                confirmPassword: ConfirmPassword(
                    database: database, keys: keys, passwords: passwords),
                dispatcher: dispatcher, ceilings: configuration.sending, metrics: codeMetrics,
                notices: notices),
            codes: CodeRoutes(
                database: database, keys: keys, dispatcher: dispatcher,
                ceilings: configuration.sending, metrics: codeMetrics),
            sessions: SessionRoutes(database: database, tokens: tokens),
            accounts: AccountRoutes(
                accounts: AccountImport(database: database, hasher: hasher, keys: keys)),
            ownAccount: OwnAccountRoutes(
                database: database, keys: keys, patients: patients, passwords: passwords,
                reviewer: reviewer, dispatcher: dispatcher, ceilings: configuration.sending,
                codeMetrics: codeMetrics, notices: notices),
            ownSessions: OwnSessionRoutes(database: database, keys: keys, patients: patients),
            devices: DeviceRoutes(
                database: database, keys: keys, patients: patients, dispatcher: dispatcher,
                notices: notices),
            patients: PatientRoutes(database: database, keys: keys, notices: notices),
            patientImport: PatientImportRoutes(
                database: database, keys: keys, notices: notices),
            invitations: InvitationRoutes(
                inviting: Inviting(
                    database: database, keys: keys, dispatcher: dispatcher,
                    ceilings: configuration.sending)),
            enrolments: EnrolmentRoutes(
                database: database, keys: keys, passwords: passwords, reviewer: reviewer,
                tokens: tokens, dispatcher: dispatcher, ceilings: configuration.sending,
                notices: notices),
            superPINs: SuperPINRoutes(
                issuer: IssueSuperPIN(
                    database: database, hasher: pinHasher, ceilings: configuration.sending),
                press: press, dispatcher: dispatcher),
            ownSuperPINs: OwnSuperPINRoutes(
                database: database, tokens: tokens, confirm: confirm,
                maker: MakeOwnSuperPIN(database: database, hasher: pinHasher), press: press,
                dispatcher: dispatcher, notices: notices),
            ownData: OwnDataRoutes(
                database: database, tokens: tokens, confirm: confirm, dispatcher: dispatcher,
                notices: notices),
            linkingCodes: LinkingCodeRoutes(
                database: database, keys: keys,
                patients: PatientAuthenticator(database: database, tokens: tokens)),
            recoveries: RecoveryRoutes(
                database: database, keys: keys, passwords: passwords, reviewer: reviewer,
                dispatcher: dispatcher, ceilings: configuration.sending,
                codeMetrics: codeMetrics, notices: notices),
            deskCodes: DeskCodeRoutes(
                database: database, keys: keys, dispatcher: dispatcher, notices: notices),
            practices: PracticeRoutes(
                database: database, keys: keys, authenticator: authenticator,
                gateways: gateways.rules),
            apiKeys: APIKeyRoutes(database: database, keys: keys, authenticator: authenticator),
            texts: TextRoutes(database: database, keys: keys, templates: templates),
            documents: DocumentRoutes(database: database, keys: keys),
            passwords: PasswordRoutes(reviewer: reviewer),
            reports: DeliveryReportRoutes(
                database: database, channels: gateways, metrics: metrics),
            mailbox: mailbox.map(MailboxRoutes.init), metrics: metrics
        ).add(to: publicEndpoints, internal: internalEndpoints)
        routes = publicEndpoints.routes.map { ($0.method.rawValue, $0.path, $0.access) }
        publicServer = HTTPServer(publicEndpoints, limits: limits, log: log)
        internalServer = HTTPServer(internalEndpoints, limits: limits, log: log)
        addGauges()
        metrics.gauge(
            "auth_login_spray_suspected",
            help: "Practices where failed passwords spread over many identifiers."
        ) { Double(spray.count()) }
    }

    /// Runs until SIGTERM or SIGINT, then drains: not ready at once, no request lost (O6).
    ///
    /// - Parameter onListening: gets the public and the internal port, once each is open.
    package func run(
        onListening: @escaping @Sendable (_ port: Int, _ isInternal: Bool) async -> Void = { _, _ in
        },
        endingOn signals: [UnixSignal] = [.sigterm, .sigint]
    ) async throws {
        logger.notice(
            "starting",
            metadata: [
                "api_version": "\(contractVersion)", "schema_version": "\(schemaVersion)",
                "listen": "\(configuration.listen)",
                "internal_listen": "\(configuration.internalListen)",
            ])
        // Started in this order and stopped in the reverse one.
        let services: [any Service] = [
            database,
            keyReload,
            internalServer.listener(
                on: configuration.internalListen, onListening: { await onListening($0, true) }),
            readiness,
            AuditChain(database: database, keys: keys, logger: logger),
            dispatcher,
            housekeeper,
            rekeying,
            publicServer.listener(
                on: configuration.listen, onListening: { await onListening($0, false) }),
            Drain(
                readiness: readiness, requests: publicServer.requests,
                delay: configuration.limits.drainDelay, logger: logger),
        ]
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0) },
                gracefulShutdownSignals: signals, logger: logger))
        do {
            try await group.run()
        } catch {
            logger.error("ended by an error", error: error)
            throw error
        }
        await hasher.shutdown()
        logger.notice("stopped")
    }

    private static func channels(
        _ configuration: ServiceConfiguration, mailbox: DeveloperMailbox?,
        instead channel: (any DeliveryChannel)?
    ) throws -> [any DeliveryChannel] {
        if let channel { return [channel] }
        if let mail = configuration.mail {
            return [try SMTPChannel(mail, threads: configuration.limits.deliveryWorkers)]
        }
        return mailbox.map { [$0] } ?? []
    }

    private func addGauges() {
        metrics.addProcessGauges()
        metrics.gauge("auth_hash_queue_length", help: "Passwords that wait for a hashing thread.") {
            [hasher] in Double(hasher.gauges.waiting)
        }
        metrics.gauge(
            "auth_key_files_unreadable", help: "Files of keys that can't be taken over."
        ) { [keyReload] in Double(keyReload.findings.count { $0.fault != nil }) }
        metrics.gauge("auth_hash_threads_busy", help: "Hashing threads at work.") {
            [hasher] in Double(hasher.gauges.busy)
        }
        metrics.gauge(
            "auth_gateway_breakers_open",
            help: "Practices' gateways that failed and are not known to be back."
        ) { [dispatcher] in Double(dispatcher.traffic.broken.gateways) }
        metrics.gauge(
            "auth_channel_breakers_open",
            help: "The operator's channels that failed and are not known to be back."
        ) { [dispatcher] in Double(dispatcher.traffic.broken.channels) }
        metrics.gauge("auth_database_connections", help: "Open connections to the database.") {
            [database] in Double(database.gauges.connectionsOpen)
        }
        metrics.gauge("auth_database_queue_length", help: "Statements that wait for a commit.") {
            [database] in Double(database.gauges.queued)
        }
        metrics.gauge("auth_database_statements_total", help: "Statements answered.") {
            [database] in Double(database.gauges.statements)
        }
        metrics.gauge("auth_database_batches_total", help: "Commits shared by statements.") {
            [database] in Double(database.gauges.batches)
        }
    }
}
