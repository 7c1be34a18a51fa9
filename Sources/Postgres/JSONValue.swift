import Foundation

/// A value of a stored jsonb document.
enum JSONValue: Sendable, Equatable, Codable {
    case null
    case bool(Bool)
    case int(Int)
    case real(Double)
    case text(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .real(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .real(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    /// The value as JSON text, its members in order of their names; nil for a number JSON has not.
    var encoded: String? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) }
    }
}

extension [UInt8] {
    /// `bytea` as PostgreSQL writes it as text: `\x` and two hexadecimal digits a byte.
    init?(postgresHexadecimal text: String) {
        guard text.hasPrefix("\\x"), text.utf8.count.isMultiple(of: 2) else { return nil }
        let digits = text.utf8.dropFirst(2)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        var high: UInt8?
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        self = bytes
    }
}

extension Date {
    /// An instant as `to_jsonb` and `::text` write it: `2026-03-01T11:50:00.123456+00:00`, the
    /// `T` or a space, the fraction and the zone's minutes there or not, or `infinity`.
    init?(postgresText text: String) {
        switch text {
        case "infinity": self = .distantFuture
        case "-infinity": self = .distantPast
        default:
            guard let microseconds = Self.microseconds(ofPostgresText: text) else { return nil }
            self.init(postgresMicroseconds: microseconds)
        }
    }

    private static func microseconds(ofPostgresText text: String) -> Int64? {
        // Formed here, since a literal in a static would have to be marked unsafe to share.
        let form = /(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(\.\d{1,6})?(Z|[+-]\d\d(:?\d\d)?)/
        guard let match = try? form.wholeMatch(in: text) else { return nil }
        let (_, year, month, day, hour, minute, second, fraction, zone, _) = match.output
        guard let year = Int64(year), let month = Int64(month), let day = Int64(day),
            let hour = Int64(hour), let minute = Int64(minute), let second = Int64(second),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        var seconds = (days(year, month, day) * 24 + hour) * 60 * 60 + minute * 60 + second
        let zoneDigits = zone.filter(\.isNumber)
        if let hours = Int64(zoneDigits.prefix(2)) {
            let offset = (hours * 60 + (Int64(zoneDigits.dropFirst(2)) ?? 0)) * 60
            seconds -= zone.first == "-" ? -offset : offset
        }
        let digits = (fraction ?? "").dropFirst().padding(toLength: 6, withPad: "0", startingAt: 0)
        guard let microseconds = Int64(digits) else { return nil }
        return seconds * 1_000_000 + microseconds
    }

    /// Days from 2000-01-01 to a day of the Gregorian calendar.
    ///
    /// Counted in years that begin on 1 March, so that the leap day comes last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month < 3 ? year - 1 : year
        let monthFromMarch = (month + 9) % 12
        let leapDays = shifted / 4 - shifted / 100 + shifted / 400
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let daysTo2000March = 2000 * 365 + 500 - 20 + 5
        return shifted * 365 + leapDays + dayOfYear - Int64(daysTo2000March) + 60
    }
}
