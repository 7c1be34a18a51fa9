import Foundation
import Postgres

/// Acceptances of a practice's documents, as the statements of every flow judge and store them (IN-5).
///
/// What has to be accepted is what is in force when the statement begins. A version that is published
/// later is asked at the next sign-in.
enum Consents {
    /// Whether somebody has yet to accept something that is in force; `$1` is the practice.
    ///
    /// - Parameter account: SQL of the account's id.
    static func areDue(for account: String) -> String {
        """
        exists (
                       select from current_document
                       where current_document.practice_id = $1::uuid
                         and not \(isAccepted(by: account)))
        """
    }

    /// The arms `given`, `required` and `judged`; the last has one row with `verdict`, which is `agreed`,
    /// `superseded` or `required`, and `documents`, JSON of what is left to be accepted.
    ///
    /// - Parameters:
    ///   - kinds: an array; what was accepted, with the array `versions` beside it.
    ///   - account: SQL of the account's id; null where the person has none yet.
    static func judgedArms(kinds: String, versions: String, account: String) -> String {
        """
        given as (
                select given.kind, given.version
                from unnest(\(kinds)::text[], \(versions)::text[]) as given (kind, version)
            ),
            required as (  -- What is in force, and whether the person has accepted it before.
                select current_document.kind, current_document.version,
                       \(isAccepted(by: account)) as accepted
                from current_document
                where current_document.practice_id = $1::uuid
            ),
            judged as (
                select case
                           when exists (
                               select from given
                               join document on document.practice_id = $1::uuid
                                   and document.kind = given.kind
                                   and document.version = given.version
                               where not exists (\(requiredAsGiven))) then 'superseded'
                           when exists (select from given where not exists (\(requiredAsGiven)))
                               or exists (
                                   select from required
                                   where not required.accepted
                                     and not exists (
                                         select from given
                                         where given.kind = required.kind
                                           and given.version = required.version))
                           then 'required'
                           else 'agreed'
                       end as verdict,
                       (
                           select json_agg(
                                      json_build_object(
                                          'kind', required.kind, 'version', required.version)
                                      order by required.kind desc)
                           from required
                           where not required.accepted
                       )::text as documents
            )
        """
    }

    /// The arm `consented`: what was given, each in the first of the languages that it has.
    ///
    /// - Parameters:
    ///   - languages: an array, from ``Document/languages(wanted:in:)``.
    ///   - agreed: an arm with the account's `account_id`, which has a row where all is well.
    static func storedArm(languages: String, agreed: String) -> String {
        """
        consented as (  -- Who, which, when, in which language; what was accepted before stays.
                insert into consent (practice_id, account_id, kind, version, locale, text_hash)
                select $1::uuid, \(agreed).account_id, shown.kind, shown.version, shown.locale,
                       shown.text_hash
                from \(agreed)
                cross join given
                cross join lateral (
                    select document.kind, document.version, document.locale, document.text_hash
                    from document
                    where document.practice_id = $1::uuid
                      and document.kind = given.kind
                      and document.version = given.version
                    order by array_position(\(languages)::text[], document.locale)
                    limit 1
                ) as shown
                order by shown.kind
                on conflict (practice_id, account_id, kind, version) do nothing
                returning account_id, kind, version, locale
            )
        """
    }

    private static let requiredAsGiven = """
        select from required
                                   where required.kind = given.kind
                                     and required.version = given.version
        """

    private static func isAccepted(by account: String) -> String {
        """
        exists (
                           select from consent
                           where consent.practice_id = $1::uuid
                             and consent.account_id = \(account)
                             and consent.kind = current_document.kind
                             and consent.version = current_document.version)
        """
    }
}

extension Document {
    /// A document whatever its language, as callers name it.
    struct Reference: Hashable, Codable, Sendable {
        let kind: String
        let version: String

        /// What ``Consents/judgedArms(kinds:versions:account:)`` left in the column `documents`.
        static func listed(in row: Row) throws -> [Self] {
            let json = try row.textIfPresent("documents") ?? "[]"
            return try JSONDecoder().decode([Self].self, from: Data(json.utf8))
        }

        var value: JSONValue {
            .object([
                JSONMember("kind", .string(kind)), JSONMember("version", .string(version)),
            ])
        }
    }
}

/// What somebody accepts, in a request.
struct GivenConsents: RequestBody {
    /// One of each kind at most.
    let documents: [Document.Reference]

    init(_ fields: inout FieldReader) throws {
        let kinds = 1...Document.Kind.allCases.count
        documents = fields.objects("documents", count: kinds) { fields in
            let kind = try fields.choice("kind", of: Document.Kind.self)
            let version = fields.string("version", max: Document.Version.longest)
            if !version.isEmpty, Document.Version(version) == nil {
                fields.refuse("version", .wrongFormat)
            }
            return Document.Reference(kind: kind.rawValue, version: version)
        }
        if Set(documents.map(\.kind)).count < documents.count {
            fields.refuse("documents", .duplicate)
        }
    }
}
