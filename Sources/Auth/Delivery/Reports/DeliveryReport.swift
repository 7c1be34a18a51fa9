import Cryptography
import Foundation

/// What a gateway says became of a message.
struct DeliveryReport: Equatable, Sendable {
    enum Name: Equatable, Sendable {
        /// The outbox id.
        case ours(UUID)
        /// The gateway's own number.
        case theirs(String)
    }

    let message: Name
    /// `delivered` or `failed`; the network's word, no proof.
    let state: DeliveryState
    let reason: DeliveryFailure.Reason?

    /// What a report says, once it is known to be the gateway's; nil where it says nothing final.
    ///
    /// - Throws: `body-malformed` or `field-invalid` where it can't be read.
    init?(of gateway: Gateway, in form: ReportForm) throws(Problem) {
        let document = try form.document
        switch gateway.settings {
        case .smtp, .mailbox: return nil
        case .twilio: try self.init(twilio: document)
        case .webhook: try self.init(webhook: document)
        case .http(let settings):
            guard let reports = settings.reports else { return nil }
            try self.init(document, settings: settings, reports: reports)
        }
    }

    init(message: Name, delivered: Bool, reason: DeliveryFailure.Reason?) {
        self.message = message
        state = delivered ? .delivered : .failed
        self.reason = delivered ? nil : reason ?? .unknownCause
    }

    /// `MessageSid`, `MessageStatus`, `ErrorCode` of Twilio's status callback.
    private init?(twilio document: JSONValue) throws(Problem) {
        guard let sid = document["MessageSid"]?.string, ProviderID.isPlain(sid) else {
            throw Self.fault("/MessageSid", .wrongFormat)
        }
        let code = document["ErrorCode"]?.string.flatMap { Int($0) }
        switch document["MessageStatus"]?.string {
        case "delivered", "read":
            self.init(message: .theirs(sid), delivered: true, reason: nil)
        case "undelivered", "failed":
            self.init(
                message: .theirs(sid), delivered: false,
                reason: code.flatMap(TwilioError.reason(of:)))
        case nil: throw Self.fault("/MessageStatus", .required)
        default: return nil
        }
    }

    /// `{"type": "message.delivered" | "message.failed", "data": {"id": …, "reason"?: …}}`
    private init?(webhook document: JSONValue) throws(Problem) {
        guard let id = document["data"]?["id"]?.string.flatMap({ UUID(strict: $0) }) else {
            throw Self.fault("/data/id", .wrongFormat)
        }
        switch document["type"]?.string {
        case "message.delivered": self.init(message: .ours(id), delivered: true, reason: nil)
        case "message.failed":
            let word = document["data"]?["reason"]?.string
            self.init(
                message: .ours(id), delivered: false,
                reason: word.flatMap(DeliveryFailure.Reason.init))
        case nil: throw Self.fault("/type", .required)
        default: return nil
        }
    }

    private init?(
        _ document: JSONValue, settings: HTTPGatewaySettings, reports: HTTPGatewaySettings.Reports
    ) throws(Problem) {
        guard let id = reports.messageID.word(in: document), ProviderID.isPlain(id) else {
            throw Self.fault(reports.messageID.text, .wrongFormat)
        }
        guard let word = reports.status.word(in: document) else {
            throw Self.fault(reports.status.text, .required)
        }
        // A gateway that was given our id may report by it.
        let message = UUID(strict: id).map(Name.ours) ?? .theirs(id)
        if reports.delivered.contains(word) {
            self.init(message: message, delivered: true, reason: nil)
        } else if reports.failed.contains(word) {
            let code = settings.errorCode?.word(in: document)
            self.init(
                message: message, delivered: false, reason: code.flatMap { settings.reasons[$0] })
        } else {
            return nil
        }
    }

    private static func fault(_ pointer: String, _ code: Problem.Fault.Code) -> Problem {
        Problem(.fieldInvalid, faults: [Problem.Fault(.pointer(pointer), code)])
    }
}

/// A report as it came: raw, since its signature is over the bytes.
struct ReportForm: Sendable {
    let body: [UInt8]
    let isForm: Bool
    /// Values of the headers that came once, by lower-case name.
    let headers: [String: String]

    /// The body as JSON; a form is one object of texts.
    var document: JSONValue {
        get throws(Problem) {
            let json = isForm ? try FormReader.json(of: body) : body
            do throws(JSONReader.Malformation) {
                return .object(try JSONReader.object(of: json))
            } catch {
                throw Problem(
                    .bodyMalformed, faults: [Problem.Fault(.pointer(""), error.code)])
            }
        }
    }
}
