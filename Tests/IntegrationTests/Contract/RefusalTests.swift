import Cryptography
import Foundation
import Testing

@testable import Auth

/// What every operation refuses, in the order of api.md; the contract says which operations there are.
@Suite struct RefusalTests {
    @Test func `every operation refuses for the first thing that is wrong`() async throws {
        try await TestService.run { service in
            let client = try await service.service.administration.createClient(
                practice: service.practice, name: "without scopes")
            let poorKey = try await service.service.administration.createKey(
                practice: service.practice, client: client, scopes: [Scope.audit.rawValue])
            for operation in try Contract.shipped().operations where operation.scopes != nil {
                var call = Call(operation)
                for step in Step.allCases where step.applies(to: operation) {
                    let answer = try await call.send(to: service.client)
                    #expect(answer.problem == step.problem(operation), "\(operation.id), \(step)")
                    #expect(answer.status == step.status, "\(operation.id), \(step)")
                    call.mend(step, key: service.key, poorKey: poorKey.expose())
                }
            }
        }
    }

    @Test func `every path names the methods it knows`() async throws {
        try await TestService.run { service in
            let all = try Contract.shipped().operations
            for (path, operations) in Dictionary(grouping: all, by: \.path) {
                let known = Set(operations.map(\.method))
                let stranger = known.contains("PATCH") ? "POST" : "PATCH"
                let answer = try await service.send(stranger, Call.path(path))
                #expect(answer.problem == "method-not-allowed", "\(path)")
                let allowed = Set(
                    (answer.header("Allow") ?? "").split(separator: ", ").map(String.init))
                #expect(allowed.subtracting(["HEAD"]) == known, "\(path)")
            }
        }
    }

    @Test func `what needs no key needs no database either`() async throws {
        try await DetachedService.run { client in
            for operation in try Contract.shipped().operations where operation.scopes == nil {
                // Those two speak of it; a report is signed with what is stored there.
                let others = ["readReadiness", "readStartup", "reportDelivery"]
                guard !others.contains(operation.id) else { continue }
                let answer = try await client.send(operation.method, Call.path(operation.path))
                // Whoever has only the address is led to the reference.
                let leads = ["/", "/problems"].contains(operation.path)
                #expect(answer.status == (leads ? 303 : 200), "\(operation.id)")
            }
            #expect(try await client.send("GET", "/problems/none").problem == "not-found")
        }
    }

    @Test func `beyond the limit of requests every further one is refused at once`() async throws {
        var limits = ServerLimits()
        limits.requestsInFlight = 0
        try await DetachedService.run(limits) { client in
            let answer = try await client.send("GET", "/livez")
            #expect(answer.status == 503)
            #expect(answer.problem == "overloaded")
        }
    }
}

/// What callers hear while the database is away ("Nothing hangs").
@Suite struct UnreachableDatabaseTests {
    @Test func `without a database every operation says when to come back`() async throws {
        // Well spelled, so that only the database could say whose it is.
        let key = APIKey.random(id: UUID()).text.expose()
        let operations = try Contract.shipped().operations.filter { $0.scopes != nil }
        try await DetachedService.run { client in
            let answers = try await parallel(operations.count) { number in
                var call = Call(operations[number])
                for step in Step.allCases { call.mend(step, key: key, poorKey: key) }
                return (operations[number].id, try await call.send(to: client))
            }
            for (operation, answer) in answers {
                #expect(answer.status == 503, "\(operation)")
                #expect(answer.problem == "service-unavailable", "\(operation)")
                #expect(answer.duration < .seconds(2.5), "\(operation)")
            }
            #expect(try await client.send("GET", "/livez").status == 200)
            #expect(try await client.send("GET", "/readyz").status == 503)
            #expect(try await client.send("GET", "/startupz").status == 503)
        }
    }
}

/// One fault after the other, as api.md orders them; a call begins with all of them.
private enum Step: CaseIterable {
    case noKey, noScope, mediaType, tooLarge, header, syntax, field, unknown

    var status: Int {
        switch self {
        case .noKey: 401
        case .noScope: 403
        case .mediaType: 415
        case .tooLarge: 413
        case .header, .syntax: 400
        case .field: 422
        case .unknown: 404
        }
    }

    func problem(_ operation: Contract.Operation) -> String {
        switch self {
        case .noKey: "api-key-invalid"
        case .noScope: "scope-missing"
        case .mediaType: "media-type-unsupported"
        case .tooLarge: "body-too-large"
        case .header: "header-invalid"
        case .syntax: "body-malformed"
        case .field: "field-invalid"
        case .unknown:
            operation.id == "verifyCode" || operation.path.hasPrefix("/v1/codes/")
                ? "code-unknown" : "not-found"
        }
    }

    func applies(to operation: Contract.Operation) -> Bool {
        switch self {
        case .noKey, .noScope, .header: true
        case .mediaType, .tooLarge: operation.mediaType != nil
        case .syntax, .field: operation.mediaType == "application/json"
        // What a PUT names, it makes.
        // Nor is it looked for before the patient's token.
        case .unknown:
            operation.path.contains("{") && !operation.path.hasPrefix("/v1/account/")
                && !["writePatient", "linkAccount"].contains(operation.id)
                && !operation.path.hasPrefix("/v1/account/")
        }
    }
}

/// A call of an operation in which everything is wrong until it is mended.
private struct Call {
    let operation: Contract.Operation
    private var key: String?
    private var mediaType = "text/plain"
    private var address = "nowhere"
    private var body: [UInt8]

    init(_ operation: Contract.Operation) {
        self.operation = operation
        let limits =
            operation.mediaType == "application/x-ndjson"
            ? ImportLimits.request
            : operation.id == "publishDocument" ? NewDocument.request : .ordinary
        body = Array(repeating: UInt8(ascii: "{"), count: limits.bodyBytes + 1)
    }

    mutating func mend(_ step: Step, key: String, poorKey: String) {
        switch step {
        case .noKey: self.key = poorKey
        case .noScope: self.key = key
        case .mediaType: mediaType = operation.mediaType ?? ""
        case .tooLarge: body = Array("{".utf8)
        case .header: address = "198.51.100.24"
        case .syntax: body = Array(#"{"surprise": 1}"#.utf8)
        case .field: body = operation.example
        case .unknown: break
        }
    }

    func send(to client: HTTPClient) async throws -> HTTPAnswer {
        var headers = [("X-Patient-IP", address), TestService.staff]
        if let key { headers.append(("X-API-Key", key)) }
        if operation.mediaType != nil { headers.append(("Content-Type", mediaType)) }
        return try await client.send(
            operation.method, Self.path(operation.path), headers: headers,
            body: operation.mediaType == nil ? nil : body)
    }

    /// With an id that nothing has.
    static func path(_ template: String) -> String {
        template.replacing("{id}", with: UUID().uuidString.lowercased())
            .replacing("{external_id}", with: UUID().uuidString.lowercased())
            .replacing("{gateway}", with: UUID().uuidString.lowercased())
            .replacing("{slug}", with: "code-incorrect")
            .replacing("{template}", with: "none").replacing("{locale}", with: "nl")
            .replacing("{kind}", with: "none")
    }
}

extension Contract.Operation {
    /// The first media type of its request; nil where it takes none.
    fileprivate var mediaType: String? {
        value["requestBody"]?["content"]?.members.first?.name
    }

    /// The first example of its request.
    fileprivate var example: [UInt8] {
        let content = value["requestBody"]?["content"]?.members.first?.value
        return content?["examples"]?.members.first?.value["value"]?.bytes ?? []
    }
}
