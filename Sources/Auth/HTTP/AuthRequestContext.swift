import Foundation
import HTTPTypes
import Hummingbird
import Logging

/// What a handler knows of its request, beside the body it asked for.
struct AuthRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The account kept of the request for log and metrics.
    var record: RequestRecord
    /// The system that calls, on routes that need a key; see `caller`.
    var identifiedCaller: Caller?
    /// The language of texts: `Accept-Language`, else the practice's, else English.
    var language: Language = .english
    /// Where the patient sits; nil where the caller did not say or is not believed (Z-12).
    var patientAddress: PatientAddress?
    /// The caller's `Idempotency-Key`, 1 to 255 visible ASCII characters.
    var idempotencyKey: String?
    /// The caller's `If-None-Match`, for what is served with an `ETag`.
    var ifNoneMatch: String?
    /// The caller's `If-Match`, for what is changed only as it was read.
    var ifMatch: String?
    /// Who of the practice acts, on routes that demand it (Z-11).
    var actingStaff: ActingStaff?
    /// What the caller takes the answer as, on routes that offer a choice.
    var representation = Representation.json
    /// The patient's access token, unverified.
    var bearerToken: String?
    var method: HTTPRequest.Method = .get
    /// The path without the query.
    var path = "/"
    /// The query as it was sent, without the question mark.
    var rawQuery: String?
    /// The body's bytes as they came, for the fingerprint of a repeated request (Z-24).
    var body: [UInt8] = []
    /// On a route whose body is signed: whether it is a form, and the headers, of which one signs.
    var isForm = false
    var signedHeaders: HTTPFields = [:]

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        record = Self.noRecord
    }

    /// Until the middleware has the connection's own.
    private static let noRecord = RequestRecord(method: "GET")

    /// The id of this request, in its answer, its log line and its audit rows.
    var requestID: UUID { record.id }

    /// The caller of a route that needs a key.
    ///
    /// Throws `api-key-invalid` on a public route, where nobody was identified.
    var caller: Caller {
        get throws(Problem) {
            guard let identifiedCaller else { throw Problem(.apiKeyInvalid) }
            return identifiedCaller
        }
    }

    /// The patient's network for limits and lanes (IPv6 by /64); nil counts as unknown.
    var patientNetwork: [UInt8]? { patientAddress?.network }

    /// The id in the path's segment `{name}`.
    ///
    /// Throws `not-found`, or `kind`, for what is not spelled as an id: nothing has such an id.
    func id(_ name: String, orElse kind: Problem.Kind = .notFound) throws(Problem) -> UUID {
        guard let text = coreContext.parameters.get(name), let id = UUID(strict: text) else {
            throw Problem(kind)
        }
        return id
    }

    /// The text in the path's segment `{name}`, percent-decoded.
    ///
    /// Throws `not-found` for what is no UTF-8 or has control characters.
    func segment(_ name: String) throws(Problem) -> String {
        guard let text = coreContext.parameters.get(name)?.removingPercentEncoding,
            !text.isEmpty, text.unicodeScalars.allSatisfy(\.isFitForALine)
        else { throw Problem(.notFound) }
        return text
    }

    /// The query's parameters, of which only those in `names` may appear, each at most once.
    ///
    /// Throws `query-invalid` that names every fault.
    func query(_ names: Set<String>) throws(Problem) -> [String: String] {
        try QueryReader.parameters(of: rawQuery ?? "", allowing: names)
    }
}

/// Reads a query strictly.
enum QueryReader {
    static func parameters(
        of query: String, allowing names: Set<String>
    ) throws(Problem) -> [String: String] {
        var result: [String: String] = [:]
        var faults: [Problem.Fault] = []
        for pair in query.split(separator: "&") {
            let pieces = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = decode(pieces[0]) ?? ""
            let place = Problem.Fault.Place.parameter(String(name.fitForALine.prefix(64)))
            guard names.contains(name) else {
                faults.append(Problem.Fault(place, .unknown))
                continue
            }
            guard let value = decode(pieces.count > 1 ? pieces[1] : ""),
                value.unicodeScalars.allSatisfy(\.isFitForALine)
            else {
                faults.append(Problem.Fault(place, .wrongFormat))
                continue
            }
            if result.updateValue(value, forKey: name) != nil {
                faults.append(Problem.Fault(place, .duplicate))
            }
        }
        guard faults.isEmpty else { throw Problem(.queryInvalid, faults: faults) }
        return result
    }

    private static func decode(_ text: Substring) -> String? {
        text.replacing("+", with: " ").removingPercentEncoding
    }
}
