/// An HTTP gateway described by data alone: what is sent, and how its answers and reports are read.
struct HTTPGatewaySettings: Equatable, Sendable {
    enum ContentType: String, CaseIterable, Sendable {
        case json, form
    }

    struct Header: Equatable, Sendable {
        let name: String
        let value: GatewayTemplate
    }

    /// How the gateway reports: an HMAC-SHA-256 over the raw body in one header, a JSON or form body.
    struct Reports: Equatable, Sendable {
        let signatureHeader: String
        let messageID: JSONPointer
        let status: JSONPointer
        /// The gateway's words for "arrived" and for "will not arrive"; all others say nothing.
        let delivered: [String]
        let failed: [String]
    }

    let url: OutboundURL
    let method: OutboundRequest.Method
    let contentType: ContentType
    let headers: [Header]
    let body: GatewayBody
    /// What `{{sender}}` stands for; the practice's sender id, else its name, where it is nil.
    let sender: String?
    let messageID: JSONPointer?
    /// Where answers and reports have their error code.
    let errorCode: JSONPointer?
    let reasons: [String: DeliveryFailure.Reason]
    /// Statuses after which another try can help, beside 408, 425, 429 and 5xx.
    let transientStatuses: Set<Int>
    let reports: Reports?

    /// Whether requests carry the secret.
    var needsSecret: Bool {
        body.uses(.secret) || headers.contains { $0.value.uses(.secret) }
    }

    /// Takes every field before it gives up, so that one answer names all that is wrong.
    init(_ fields: inout FieldReader) throws {
        let url = try? fields.outboundURL("url")
        let contentType: ContentType? = try? fields.choice("content_type")
        let body = Self.body(&fields, contentType)
        method = fields.optionalChoice("method") ?? .post
        headers = fields.optionalObjects("headers", count: 0...16) { Self.header(&$0) }
        sender = fields.optionalString("sender", max: 64)
        messageID = fields.optionalPointer("message_id")
        errorCode = fields.optionalPointer("error_code")
        reasons = Self.reasons(&fields)
        transientStatuses = Self.statuses(&fields)
        reports = try fields.optionalObject("reports") { try Self.reports(&$0) }
        guard let url, let contentType, let body else { throw FieldReader.Unreadable() }
        (self.url, self.contentType, self.body) = (url, contentType, body)
    }

    private static func body(
        _ fields: inout FieldReader, _ contentType: ContentType?
    ) -> GatewayBody? {
        guard let value = fields.takeRequired("body") else { return nil }
        guard case .object = value, let body = GatewayBody(value),
            contentType != .form || body.isFlat
        else {
            fields.refuse("body", .wrongFormat)
            return nil
        }
        // A message without its text or destination would be paid for and worth nothing.
        let addressed = body.uses(.to) || body.uses(.toDigits)
        if !addressed || !(body.uses(.text) || body.uses(.html)) {
            fields.refuse("body", .required)
        }
        return body
    }

    private static func header(_ fields: inout FieldReader) -> Header {
        let name = fields.string("name", max: 64)
        let value = fields.string("value", max: 512)
        let template = GatewayTemplate(value)
        // What is put in later is checked again, when the whole line is known.
        if !value.isEmpty,
            template == nil || !OutboundRequest.isHeaderLine("Name: \(value)")
        {
            fields.refuse("value", .wrongFormat)
        }
        if !name.isEmpty, !OutboundRequest.isHeaderName(name) {
            fields.refuse("name", .wrongFormat)
        }
        if ownHeaders.contains(name.lowercased()) { fields.refuse("name", .notAllowed) }
        return Header(name: name, value: template ?? GatewayTemplate.empty)
    }

    /// What the channel or libcurl writes itself.
    private static let ownHeaders: Set = [
        "content-type", "content-length", "transfer-encoding", "host", "connection", "expect",
        "accept", "idempotency-key",
    ]

    /// `{"1201": "unknown_number"}`
    private static func reasons(_ fields: inout FieldReader) -> [String: DeliveryFailure.Reason] {
        guard let value = fields.take("reasons") else { return [:] }
        guard case .object(let members) = value, members.count <= 200 else {
            fields.refuse("reasons", .wrongType)
            return [:]
        }
        var reasons: [String: DeliveryFailure.Reason] = [:]
        for member in members {
            guard case .string(let word) = member.value,
                let reason = DeliveryFailure.Reason(rawValue: word)
            else {
                fields.refuse("reasons", .notAllowed)
                continue
            }
            reasons[member.name] = reason
        }
        return reasons
    }

    private static func statuses(_ fields: inout FieldReader) -> Set<Int> {
        guard let value = fields.take("transient_statuses") else { return [] }
        guard case .array(let elements) = value else {
            fields.refuse("transient_statuses", .wrongType)
            return []
        }
        let numbers = elements.compactMap { element -> Int? in
            if case .int(let number) = element, (300...599).contains(number) { number } else { nil }
        }
        if numbers.count != elements.count { fields.refuse("transient_statuses", .outOfRange) }
        return Set(numbers)
    }

    private static func reports(_ fields: inout FieldReader) throws -> Reports {
        let header = fields.string("signature_header", max: 64)
        if !header.isEmpty, !OutboundRequest.isHeaderName(header) {
            fields.refuse("signature_header", .wrongFormat)
        }
        return Reports(
            signatureHeader: header, messageID: try fields.pointer("message_id"),
            status: try fields.pointer("status"),
            delivered: fields.strings("delivered", max: 64, count: 1...20),
            failed: fields.strings("failed", max: 64, count: 1...20))
    }
}

extension GatewayTemplate {
    fileprivate static let empty = GatewayTemplate(source: "")

    private init(source: String) { self.source = source }
}

extension FieldReader {
    /// A required JSON pointer.
    fileprivate mutating func pointer(_ name: String) throws -> JSONPointer {
        let text = string(name, max: JSONPointer.longest)
        guard let pointer = JSONPointer(text) else {
            if !text.isEmpty { refuse(name, .wrongFormat) }
            throw Unreadable()
        }
        return pointer
    }

    /// A JSON pointer, or nil where the field is absent or null.
    fileprivate mutating func optionalPointer(_ name: String) -> JSONPointer? {
        guard let text = optionalString(name, max: JSONPointer.longest) else { return nil }
        let pointer = JSONPointer(text)
        if pointer == nil { refuse(name, .wrongFormat) }
        return pointer
    }
}
