import Foundation
import Postgres

/// Makes a linking code for whoever is signed in; the one before it opens nothing any more.
struct MakeLinkingCode: IdempotentStatement {
    let act: Act
    let account: UUID
    /// The sign-in that it is made from.
    let session: UUID
    let codeID: UUID
    let hash: [UInt8]
    /// The code itself, sealed for a request that is repeated (Z-24); nil where none can be.
    let sealed: [UInt8]?

    static let lane = Lane.ordinary

    enum Outcome: Sendable {
        case made(Made)
        /// The sign-in has ended meanwhile.
        case signedOut
    }

    struct Made: Sendable {
        let id: UUID
        let createdAt: Date
        let expiresAt: Date
        let sealed: [UInt8]?
    }

    static let arms = """
        signed_in as (
            select session.account_id, session.session_id, session.authenticated_at
            from session
            where session.practice_id = $1::uuid
              and session.session_id = $7::uuid
              and session.account_id = $6::uuid
              and session.ended_at is null
              and not exists (select from stored)
            for update
        ),
        voided as (
            update linking_code
            set expires_at = clock_timestamp()
            from signed_in
            where linking_code.practice_id = $1::uuid
              and linking_code.account_id = signed_in.account_id
              and linking_code.used_at is null
              and linking_code.expires_at > clock_timestamp()
        ),
        made as (
            insert into linking_code
                (practice_id, account_id, code_id, session_id, code_hash, expires_at)
            select $1::uuid, signed_in.account_id, $8::uuid, signed_in.session_id, $9::bytea,
                   signed_in.authenticated_at
                       + interval '\(LinkingCode.signInMinutes) minutes'
            from signed_in
            returning code_id, created_at, expires_at
        ),
        outcome as (
            select made.*, made.code_id is not null as lasting, $10::bytea as sealed_code
            from (values (1)) as always_one_row
            left join made on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.linkingCodeMade.rawValue)', 'done', $2::uuid, $6::uuid,
                   made.code_id, $5::uuid
            from made
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(account), .uuid(session), .uuid(codeID), .bytes(hash),
            sealed.map(Parameter.bytes) ?? .null,
        ]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        guard let id = try row.uuidIfPresent("code_id") else { return .signedOut }
        return .made(
            Made(
                id: id, createdAt: try row.instant("created_at"),
                expiresAt: try row.instant("expires_at"),
                sealed: try row.bytesIfPresent("sealed_code")))
    }
}
