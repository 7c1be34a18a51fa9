/// Every feature, one line each.
struct Router: Sendable {
    let health: HealthRoutes
    let logins: LoginRoutes
    let factors: FactorRoutes
    let codes: CodeRoutes
    let sessions: SessionRoutes
    let accounts: AccountRoutes
    let ownAccount: OwnAccountRoutes
    let ownSessions: OwnSessionRoutes
    let devices: DeviceRoutes
    let patients: PatientRoutes
    let patientImport: PatientImportRoutes
    let invitations: InvitationRoutes
    let enrolments: EnrolmentRoutes
    let superPINs: SuperPINRoutes
    let ownSuperPINs: OwnSuperPINRoutes
    let ownData: OwnDataRoutes
    let linkingCodes: LinkingCodeRoutes
    let recoveries: RecoveryRoutes
    let deskCodes: DeskCodeRoutes
    let practices: PracticeRoutes
    let apiKeys: APIKeyRoutes
    let texts: TextRoutes
    let documents: DocumentRoutes
    let passwords: PasswordRoutes
    let reports: DeliveryReportRoutes
    /// In development only.
    let mailbox: MailboxRoutes?
    let metrics: MetricsRegistry

    func add(to endpoints: Endpoints, internal internalEndpoints: Endpoints) throws {
        logins.add(to: endpoints)
        factors.add(to: endpoints)
        codes.add(to: endpoints)
        sessions.add(to: endpoints)
        accounts.add(to: endpoints)
        ownAccount.add(to: endpoints)
        ownSessions.add(to: endpoints)
        devices.add(to: endpoints)
        patients.add(to: endpoints)
        patientImport.add(to: endpoints)
        invitations.add(to: endpoints)
        enrolments.add(to: endpoints)
        superPINs.add(to: endpoints)
        ownSuperPINs.add(to: endpoints)
        ownData.add(to: endpoints)
        linkingCodes.add(to: endpoints)
        recoveries.add(to: endpoints)
        deskCodes.add(to: endpoints)
        practices.add(to: endpoints)
        apiKeys.add(to: endpoints)
        texts.add(to: endpoints)
        documents.add(to: endpoints)
        passwords.add(to: endpoints)
        reports.add(to: endpoints)
        health.add(to: endpoints)
        try DocsRoutes().add(to: endpoints)
        ProblemRoutes().add(to: endpoints)
        mailbox?.add(to: endpoints)
        health.addInternal(to: internalEndpoints, metrics: metrics)
    }
}
