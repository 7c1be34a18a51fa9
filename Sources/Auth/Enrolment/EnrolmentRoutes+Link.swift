import Cryptography
import Foundation
import Postgres

// Joining an account that the person has already, here or at another practice (Z-15).
extension EnrolmentRoutes {
    struct LinkedAccount: RequestBody {
        /// Nil where the person is signed in here.
        let code: LinkingCode?
        /// As it is compared; nil where the person wants none of their own for here.
        let username: String?

        init(_ fields: inout FieldReader) throws {
            let isElsewhere = fields.peek("linking_code") != nil
            code = fields.linkingCode("linking_code")
            username = fields.optionalString("username", max: 64).map(Identifier.normalized)
            if let username, !Identifier.isUsername(username) {
                fields.refuse("username", .wrongFormat)
            }
            // Whoever is signed in here has a name here.
            if username != nil, !isElsewhere { fields.refuse("username", .notAllowed) }
        }
    }

    /// Whose account it is, and what showed that.
    private struct Owner: Sendable {
        let account: UUID
        /// Nil where the person is signed in here.
        var entry: LinkAccount.Entry?
        var codeHashes: [[UInt8]]?
        /// The sign-in here; nil where the person is signed in elsewhere.
        var signedIn: SignedIn?
    }

    /// By the access token of a fresh sign-in at the account's highest level, or by the linking code that
    /// was made from one at another practice.
    @Sendable func link(
        _ body: LinkedAccount, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        let act = try context.act(keys)
        let owner = try await owner(by: body, context)
        try await step(.link, context) { enrolment, revision -> Void? in
            guard let owner else { throw Problem(.linkingCodeRefused) }
            try owner.signedIn?.demand(.fresh, now: tokens.now())
            let linking = LinkAccount(
                act: act, enrolment: enrolment.id, revision: revision,
                patient: enrolment.patient.version, account: owner.account,
                link: PatientRole(
                    birth: enrolment.birth(in: caller.practice), now: Date(),
                    in: caller.practice.timeZone),
                entry: owner.entry)
            let linked = try await run(linking, by: owner, of: enrolment, context)
            switch try linked.unlessReused() {
            case .linked: break
            case .usernameTaken: throw Problem(.usernameTaken)
            case .usernameNeeded:
                throw Problem(
                    .fieldInvalid, faults: [.init(.pointer("/username"), .required)])
            case .overtaken: return nil
            }
            if case .now = linked { dispatcher.nudge() }
            return ()
        }
        return try await summary(context)
    }

    /// Nil where nobody's is the code.
    private func owner(
        by body: LinkedAccount, _ context: AuthRequestContext
    ) async throws -> Owner? {
        guard let code = body.code else {
            let patients = PatientAuthenticator(database: database, tokens: tokens)
            let patient = try await patients.strictly(patients.patient(context, .alive))
            return Owner(account: patient.accountID, signedIn: patient)
        }
        let hashes = code.hashes(keys: keys)
        // One that was used is looked at again where the same request may come twice.
        guard let found = try await database.run(FindLinkingCode(hashes: hashes)),
            found.isGood || context.idempotencyKey != nil
        else { return nil }
        let practice = try context.caller.practice.id
        func sealed(_ name: String) -> SealedIdentifier {
            SealedIdentifier(
                Identifier(typed: name), of: found.account, practice: practice, keys: keys)
        }
        let username = try body.username ?? found.username(keys: keys)
        return Owner(
            account: found.account,
            entry: LinkAccount.Entry(
                mailbox: found.mailbox.map { sealed($0.typed) },
                address: found.mailbox?.registered.lowercased(),
                username: username.map(sealed), choseUsername: body.username != nil),
            codeHashes: hashes)
    }

    /// In the commit of the link whom the register knows and the account's owner are told (Z-16).
    private func run(
        _ linking: LinkAccount, by owner: Owner, of enrolment: Enrolment,
        _ context: AuthRequestContext
    ) async throws -> Answered<LinkAccount.Outcome> {
        let caller = try context.caller
        let details = enrolment.patient.details
        let telling = try TellRegistered(
            .patientLinked, of: .account(linking.account), to: details,
            locale: details.locale ?? caller.practice.locale, act: linking.act,
            by: SendCode.Sender(
                caller: caller, network: context.patientNetwork, keys: keys, ceilings: ceilings))
        return try await database.transaction(
            of: linking.act, rerunningOn: LinkAccount.retryableConstraints
        ) { transaction in
            let linked = try await transaction.run(linking)
            if case .now(.linked) = linked {
                if let hashes = owner.codeHashes {
                    let isUsed = try await transaction.run(
                        UseLinkingCode(hashes: hashes, account: owner.account))
                    guard isUsed else { throw Problem(.linkingCodeRefused) }
                }
                if let telling { try await transaction.run(telling) }
                try await notices.tell(
                    .changed(.patientLinked), of: linking.account, act: linking.act,
                    in: caller.practice, by: transaction)
            }
            return linked
        }
    }
}
