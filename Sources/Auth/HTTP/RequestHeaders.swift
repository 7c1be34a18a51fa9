import HTTPTypes

/// Reads the headers a caller may send beside its key, and names every one that cannot be read.
enum RequestHeaders {
    /// - Parameter demandsStaff: refuses a request that does not say who acts (Z-11).
    static func read(
        _ headers: HTTPFields, into context: inout AuthRequestContext, demandsStaff: Bool = false
    ) throws(Problem) {
        var faults: [Problem.Fault] = []
        if demandsStaff {
            let text = single(.actingStaff, headers, &faults)
            context.actingStaff = text.flatMap { ActingStaff($0) }
            if context.actingStaff == nil {
                let code = text == nil ? Problem.Fault.Code.required : .wrongFormat
                faults.append(Problem.Fault(.header("X-Acting-Staff"), code))
            }
        }
        if let text = single(.patientIP, headers, &faults) {
            if let address = PatientAddress(text) {
                // Believed only from those who speak for patients (Z-12), refused from all.
                if context.identifiedCaller?.speaksForPatients == true {
                    context.patientAddress = address
                }
            } else {
                faults.append(Problem.Fault(.header("X-Patient-IP"), .wrongFormat))
            }
        }
        if let key = single(.idempotencyKey, headers, &faults) {
            if (1...255).contains(key.utf8.count),
                key.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
            {
                context.idempotencyKey = key
            } else {
                faults.append(Problem.Fault(.header("Idempotency-Key"), .wrongFormat))
            }
        }
        if let authorization = single(.authorization, headers, &faults) {
            context.bearerToken = bearerToken(authorization)
        }
        context.ifMatch = headers[.ifMatch]
        guard faults.isEmpty else { throw Problem(.headerInvalid, faults: faults) }
    }

    /// The value of a header that may come once.
    private static func single(
        _ name: HTTPField.Name, _ headers: HTTPFields, _ faults: inout [Problem.Fault]
    ) -> String? {
        let values = headers[values: name]
        if values.count > 1 {
            faults.append(Problem.Fault(.header(name.rawName), .duplicate))
        }
        return values.first
    }

    /// The token of `Bearer <b64token>` (RFC 6750 2.1), or nil for another scheme or another form.
    static func bearerToken(_ authorization: String) -> String? {
        let pieces = authorization.split(
            separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard pieces.count == 2, pieces[0].lowercased() == "bearer" else { return nil }
        let token = pieces[1].drop { $0 == " " }
        guard !token.isEmpty, token.utf8.allSatisfy(\.isTokenByte) else { return nil }
        return String(token)
    }

    /// The trace id of a valid `traceparent` of version 00 (W3C Trace Context), or nil.
    static func traceID(_ traceparent: String) -> String? {
        let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "00", isHex(parts[1], 32), isHex(parts[2], 16),
            isHex(parts[3], 2), parts[1].contains(where: { $0 != "0" }),
            parts[2].contains(where: { $0 != "0" })
        else { return nil }
        return String(parts[1])
    }

    /// A caller's own id for its request: up to 64 letters, digits, `-`, `_` and `.`, else nil.
    static func clientRequestID(_ value: String) -> String? {
        guard (1...64).contains(value.utf8.count),
            value.utf8.allSatisfy({ $0.isAlphanumeric || "-_.".utf8.contains($0) })
        else { return nil }
        return value
    }

    private static func isHex(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}

extension UInt8 {
    fileprivate var isAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    /// RFC 6750's b64token.
    fileprivate var isTokenByte: Bool { isAlphanumeric || "-._~+/=".utf8.contains(self) }
}
