import Foundation
import Testing

@testable import Auth

/// Every route against every scope, and every id against those whose it is not (Z-8, Z-9).
///
/// The routes are the router's own, and what each must demand is the contract's: neither a new route
/// nor a new scope can be forgotten here.
@Suite struct AccessMatrixTests {
    @Test func `a route takes the scope that the contract names, and no other`() async throws {
        let documented = try Self.documented()
        try await TestService.run { service in
            var keys: [Scope: String] = [:]
            for scope in Scope.allCases { keys[scope] = try await service.key(scopes: [scope]) }
            for route in service.service.routes where route.access != .open {
                let name = "\(route.method) \(route.path)"
                let demanded = try #require(documented[name], "\(name)")
                for (scope, key) in keys {
                    let answer = try await service.send(
                        route.method, Self.path(route.path), key: key)
                    let refused = answer.status == 403 && answer.problem == "scope-missing"
                    #expect(refused == !demanded.contains(scope.rawValue), "\(name), \(scope)")
                    // Some calls ask for the patient's token next.
                    #expect(
                        ![401, 405, 500].contains(answer.status)
                            || answer.problem == "token-invalid", "\(name), \(scope)")
                }
            }
        }
    }

    @Test func `what the contract leaves open needs no key, and nothing else is open`()
        async throws
    {
        let documented = try Self.documented()
        let service = try await DetachedService.make()
        for route in service.routes {
            let name = "\(route.method) \(route.path)"
            switch route.access {
            case .open: #expect(documented[name] == nil, "\(name)")
            case .key(let scope):
                #expect(documented[name] == [scope?.rawValue].compactMap(\.self), "\(name)")
            }
        }
    }

    @Test func `an id of another practice or client is answered like one that never was`()
        async throws
    {
        try await TestService.run { service in
            let routes = service.service.routes.filter {
                // Of a call that needs the patient's token that is looked at first.
                $0.access != .open && $0.path.contains("{") && !$0.path.hasSuffix("/link")
                    && !$0.path.hasPrefix("/v1/account/")
                    && !Noun.chosen.contains(where: $0.path.hasPrefix)
            }
            #expect(routes.count >= 5)
            for route in routes {
                let name = "\(route.method) \(route.path)"
                let noun = try #require(
                    Noun.all.first { route.path.hasPrefix($0.path) }, "\(name): whose is it?")
                let id = try await noun.make(service)
                let others = [service.foreignKey] + (noun.isClients ? [service.secondKey] : [])
                for key in others {
                    let never = try await noun.call(
                        route, UUID().uuidString.lowercased(), key, service)
                    let foreign = try await noun.call(route, id, key, service)
                    #expect(foreign.status == 404, "\(name)")
                    #expect(try Self.lasting(foreign) == Self.lasting(never), "\(name)")
                    #expect(Self.names(foreign) == Self.names(never), "\(name)")
                }
                // It is there all the same, and nothing has happened to it.
                let own = try await noun.call(route, id, service.key, service)
                #expect(
                    own.status < 300 || [409, 422].contains(own.status),
                    "\(name): \(own.status)")
            }
        }
    }

    // MARK: - What they share

    /// The scopes of each operation that needs a key.
    private static func documented() throws -> [String: [String]] {
        try Contract.shipped().operations.reduce(into: [:]) { scopes, operation in
            scopes["\(operation.method) \(operation.path)"] = operation.scopes
        }
    }

    /// With ids that nothing has.
    private static func path(_ template: String) -> String {
        template.replacing(/\{\w+\}/) { _ in UUID().uuidString.lowercased() }
    }

    /// The body without what differs in every answer.
    private static func lasting(_ answer: HTTPAnswer) throws -> [String: JSON] {
        try answer.json().members.filter { $0.key != "request_id" }
    }

    private static func names(_ answer: HTTPAnswer) -> [String] {
        answer.headers.map { $0.0.lowercased() }.sorted()
    }
}

/// What the ids in paths name: how one comes to be, and who may use it.
private struct Noun: Sendable {
    /// What its paths begin with.
    let path: String
    /// Whether it belongs to the client that made it, not to the practice.
    let isClients: Bool
    /// What a call of its paths holds, so that only the id can be wrong.
    let bodies: [String: JSON]
    /// Makes one with the first client's key; its id.
    let make: @Sendable (TestService) async throws -> String

    /// What these name is chosen by the caller, and is its own practice's whatever it is.
    static let chosen = ["/v1/practice/texts/", "/v1/patients/", "/v1/documents/"]

    static let all = [
        Noun(
            path: "/v1/logins/{id}", isClients: true,
            bodies: [
                "/verify": ["code": "000000"],
                "/consents": ["documents": [["kind": "terms", "version": "1"]]],
                "/password": ["new_password": .string(TestService.newPassword)],
            ]
        ) { service in
            let id = try await service.begin(try await service.person()).id
            // The first resend has to wait.
            try await service.travel(31)
            return id
        },
        Noun(path: "/v1/codes/{id}", isClients: true, bodies: ["/verify": ["code": "000000"]]) {
            service in
            let answer = try await service.send(
                "POST", "/v1/codes",
                json: [
                    "channel": "email", "to": .string("\(UUID().uuidString)@example.nl"),
                    "purpose": "prescription",
                ])
            try #require(answer.status == 201, "\(answer.text)")
            try await service.travel(31)
            return try #require(try answer.json()["id"].string)
        },
        Noun(path: "/v1/invitations/{id}", isClients: false, bodies: [:]) { service in
            let patient = "P-\(UUID().uuidString)"
            let address = "\(patient.lowercased())@example.nl"
            _ = try await service.putPatient(
                patient, PatientSample.with(["email": .string(address)]))
            let answer = try await service.invite(patient)
            try #require(answer.status == 201, "\(answer.text)")
            return try #require(try answer.json()["id"].string)
        },
        Noun(
            path: "/v1/enrolments/{id}", isClients: true,
            bodies: [
                "/identity": [
                    "customer_number": "123 456 7894", "super_pin": "7K3M-RT9X-Q2WB-V4H0",
                ],
                "/email-confirmation": ["token": "x"], "/profile": TestService.profile,
                "/consents": ["documents": [["kind": "terms", "version": "1"]]],
            ]
        ) { service in
            try await service.opened(
                try await service.invited(try await service.guest()).token)
        },
        Noun(
            path: "/v1/recoveries/{id}", isClients: true,
            bodies: [
                "/verify": ["code": "000000"],
                "/password": ["password": .string(TestService.newPassword)],
                "/factor": ["factor_id": .string(UUID().uuidString.lowercased())],
            ]
        ) { service in
            let id = try await service.recovery(UUID().uuidString)
            _ = try await service.recover(id, "codes", [:])
            try await service.travel(31)
            return id
        },
        Noun(path: "/v1/api-keys/{id}", isClients: false, bodies: [:]) { service in
            let answer = try await service.create(
                ["client": .string("client-\(UUID().uuidString)"), "scopes": ["logins"]])
            return try #require(try answer.json()["id"].string)
        },
    ]

    func call(
        _ route: (method: String, path: String, access: Endpoint.Access), _ id: String,
        _ key: String, _ service: TestService
    ) async throws -> HTTPAnswer {
        try await service.send(
            route.method, route.path.replacing(/\{\w+\}/, with: id),
            json: bodies[String(route.path.dropFirst(path.count))], key: key)
    }
}
