import Foundation
import Testing
import Yams

@testable import Auth

/// `openapi.yaml` and the code name the same things.
@Suite struct ContractTests {
    let contract: Contract

    init() throws { contract = try Contract.shipped() }

    @Test func `the plain reader reads the contract as a whole YAML parser does`() throws {
        let text = String(decoding: contract.bytes, as: UTF8.self)
        let whole = try #require(try Yams.load(yaml: text))
        let differences = differences(contract.document, whole, at: "")
        #expect(differences.isEmpty, "\(differences.prefix(5))")
    }

    @Test func `its version is read from its head, without the rest`() throws {
        #expect(try Contract.shippedVersion() == contract.document["info"]?["version"]?.string)
    }

    @Test func `every route is in the contract, and nothing else`() async throws {
        let service = try await DetachedService.make()
        let routes = service.routes.map { "\($0.method) \($0.path)" }
        let documented = contract.operations.map { "\($0.method) \($0.path)" }
        #expect(Set(routes) == Set(documented))
        #expect(routes.count == documented.count)
    }

    @Test func `every kind of problem is in the contract, and no other`() {
        let types = contract.schema("ProblemType")["enum"]?.elements.compactMap(\.string)
        #expect(types == Problem.Kind.allCases.map { "/problems/\($0.rawValue)" })
    }

    @Test func `every fault of a field is in the contract, and no other`() {
        let codes = contract.schema("Fault")["properties"]?["code"]?["enum"]?.elements
        #expect(codes?.compactMap(\.string) == Problem.Fault.Code.allCases.map(\.rawValue))
    }

    @Test func `every cause of a failed delivery is in the contract, and no other`() {
        let causes = contract.schema("SentCode")["properties"]?["reason"]?["enum"]?.elements
        #expect(
            causes?.compactMap(\.string) == DeliveryFailure.Reason.allCases.map(\.rawValue))
    }

    @Test func `every kind of activity is in the contract, and no other`() {
        let events = contract.schema("Activity")["properties"]?["event"]?["enum"]?.elements
        #expect(events?.compactMap(\.string) == ActivityKind.allCases.map(\.rawValue))
    }

    @Test func `every rule of passwords is in the contract, and no other`() {
        func names(_ schema: String) -> [String]? {
            contract.schema(schema)["properties"]?["name"]?["enum"]?.elements.compactMap(\.string)
        }
        #expect(names("PasswordRule") == PasswordRule.allCases.map(\.rawValue))
        #expect(names("StrengthReason") == StrengthReason.allCases.map(\.rawValue))
    }

    @Test func `every scope in the contract is one that a key can have`() {
        let known = Set(Scope.allCases.map(\.rawValue))
        for operation in contract.operations {
            #expect(known.isSuperset(of: operation.scopes ?? []), "\(operation.id)")
            #expect(operation.scopes == nil || operation.scopes?.count == 1, "\(operation.id)")
        }
    }

    @Test func `every scope that a key can have is in the contract`() {
        let scopes = contract.schema("Scope")["enum"]?.elements.compactMap(\.string)
        #expect(scopes == Scope.allCases.map(\.rawValue))
    }

    @Test func `every tag is a folder of the service`() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: SourceTree.root.appending(path: "Sources/Auth").path)
        let tags = contract.document["tags"]?.elements.compactMap { $0["name"]?.string } ?? []
        #expect(Set(folders).isSuperset(of: tags))
        #expect(Set(contract.operations.map(\.tag)) == Set(tags))
    }

    @Test func `no two operations have one name`() {
        let names = contract.operations.map(\.id)
        #expect(names.count == Set(names).count)
    }

    @Test func `a body that is sent can hold no field that is not documented`() {
        for member in contract.document["components"]?["schemas"]?.members ?? [] {
            guard requestSchemas.contains(member.name) else { continue }
            let isClosed = member.value["additionalProperties"] == .bool(false)
            let shapes = isClosed ? [member.value] : member.value["oneOf"]?.elements ?? []
            #expect(!shapes.isEmpty, "\(member.name)")
            for shape in shapes {
                #expect(shape["additionalProperties"] == .bool(false), "\(member.name)")
            }
        }
    }

    private var requestSchemas: Set<String> {
        Set(
            contract.operations.flatMap { operation in
                (operation.value["requestBody"]?["content"]?.members ?? [])
                    .compactMap { $0.value["schema"].flatMap(contract.referencedName) }
            })
    }

    /// Where two readings of the file differ.
    private func differences(_ plain: JSONValue, _ whole: Any, at path: String) -> [String] {
        switch plain {
        case .object(let members):
            guard let dictionary = whole as? [String: Any] else { return [path] }
            let missing = Set(dictionary.keys).symmetricDifference(members.map(\.name))
            return missing.map { "\(path)/\($0)" }
                + members.flatMap { member in
                    dictionary[member.name].map {
                        differences(member.value, $0, at: "\(path)/\(member.name)")
                    } ?? []
                }
        case .array(let elements):
            guard let array = whole as? [Any], array.count == elements.count else { return [path] }
            return zip(elements, array).enumerated().flatMap { index, pair in
                differences(pair.0, pair.1, at: "\(path)/\(index)")
            }
        case .string(let text): return whole as? String == text ? [] : [path]
        case .int(let number): return whole as? Int == number ? [] : [path]
        case .bool(let flag): return whole as? Bool == flag ? [] : [path]
        case .double(let number): return whole as? Double == number ? [] : [path]
        case .null: return whole is NSNull ? [] : [path]
        }
    }
}

extension Contract {
    func schema(_ name: String) -> JSONValue {
        document["components"]?["schemas"]?[name] ?? .null
    }
}
