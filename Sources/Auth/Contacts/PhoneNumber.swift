import CPhoneNumber
import Foundation

/// A mobile number that a code can be sent to, in the one form in which numbers are kept and
/// compared (E.164, AC-6, NO-3, H11).
struct PhoneNumber: Sendable, Hashable {
    /// `+31612345678`.
    let e164: String
    /// The country whose numbering plan it belongs to, in two letters (ISO 3166): `NL`.
    let country: String

    /// Reads a number as people type it, with or without its country code, which may also have been
    /// typed apart.
    ///
    /// - Parameters:
    ///   - countryCode: `31`, `+31`, `0031`, where it was typed apart.
    ///   - home: the country of a number without any country code; the practice's.
    ///   - allowed: the countries that codes may be sent to, in two letters each.
    /// - Throws: why no code can go there.
    init(
        parsing typed: String, countryCode: String? = nil, home: Practice.Country,
        allowed: Set<String>
    ) throws(Fault) {
        guard let spelling = PhoneSpelling(typed) else { throw .notANumber }
        let apart = try countryCode.map(CountryCode.init(typed:))
        let number = DialledNumber(spelling, from: apart?.region ?? home.rawValue)
        if let apart, number.countryCode != 0, number.countryCode != apart.value {
            throw .countryCodesDiffer
        }
        if !number.country.isEmpty, !allowed.contains(number.country) {
            throw .countryNotAllowed
        }
        if let fault = number.fault { throw fault }
        e164 = number.e164
        country = number.country
    }

    /// As answers show it: enough for its owner, too little for anybody else.
    var masked: String { MaskedDestination.phone(e164) }

    /// The country of a number that was kept in E.164, in two letters; empty where it is nobody's.
    static func country(of e164: String) -> String {
        PhoneSpelling(e164).map { DialledNumber($0, from: "").country } ?? ""
    }

    /// Whether two letters name a country that has telephone numbers.
    static func isCountry(_ code: String) -> Bool { cphone_country_code(code) != 0 }

    /// Reads the numbering plans of all countries, some 10 ms, on a thread of its own: neither a start nor a
    /// request is to wait for it.
    static func loadPlans() {
        Thread.detachNewThread { _ = cphone_read("612345678", "NL") }
    }
}

extension PhoneNumber {
    /// Why no code can be sent to what was typed; a closed list.
    enum Fault: Error, Hashable, Sendable, CaseIterable {
        /// Not written as a telephone number at all.
        case notANumber
        case tooShort
        case tooLong
        /// As long as a mobile number, but no such number has been given out.
        case unassigned
        /// The country code is nobody's.
        case countryUnknown
        /// One country code was typed apart and another one in the number.
        case countryCodesDiffer
        /// The practice sends no codes to that country.
        case countryNotAllowed
        case landline
        case tollFree
        case premiumRate
        /// A number of a device, where nobody reads messages.
        case machine
        /// A pager, a company's or a personal number, internet telephony, voicemail.
        case otherService

        /// What a field that holds such a number is refused for.
        var code: Problem.Fault.Code {
            switch self {
            case .notANumber: .notANumber
            case .tooShort: .tooShort
            case .tooLong: .tooLong
            case .unassigned: .unassignedNumber
            case .countryUnknown: .countryUnknown
            case .countryCodesDiffer: .countryCodesDiffer
            case .countryNotAllowed: .countryNotAllowed
            case .landline: .landline
            case .tollFree: .tollFreeNumber
            case .premiumRate: .premiumRateNumber
            case .machine: .machineNumber
            case .otherService: .notMobile
            }
        }
    }
}

extension MaskedDestination {
    /// `+31612345678` becomes `•••78`.
    static func phone(_ number: String) -> String { "•••\(number.suffix(2))" }
}

/// A country code that was typed apart from the number.
private struct CountryCode {
    let value: Int32
    /// The main country that it is dialled for.
    let region: String

    /// Reads `31`, `+31`, `0031` and `(31)`.
    init(typed: String) throws(PhoneNumber.Fault) {
        guard let spelling = PhoneSpelling(typed), spelling.digits.utf8.count <= 3,
            let value = Int32(spelling.digits)
        else { throw .countryUnknown }
        var letters: (CChar, CChar, CChar, CChar) = (0, 0, 0, 0)
        let isKnown = withUnsafeMutablePointer(to: &letters) { letters in
            letters.withMemoryRebound(to: CChar.self, capacity: 4) { cphone_region(value, $0) != 0 }
        }
        guard isKnown else { throw .countryUnknown }
        self.value = value
        region = withUnsafeBytes(of: letters) { String(bytesToNull: $0) }
    }
}

/// What the library and our overlay say of digits dialled in a country.
private struct DialledNumber {
    let e164: String
    /// 0 where there is none.
    let countryCode: Int32
    /// Empty where the number could not be read, `001` where it is of no country.
    let country: String
    /// Nil for a mobile number.
    let fault: PhoneNumber.Fault?

    init(_ spelling: PhoneSpelling, from region: String) {
        let read = cphone_read((spelling.isInternational ? "+" : "") + spelling.digits, region)
        e164 = withUnsafeBytes(of: read.e164) { String(bytesToNull: $0) }
        countryCode = read.country_code
        let home = withUnsafeBytes(of: read.region) { String(bytesToNull: $0) }
        country = NumberingPlanChange.country(home)
        fault = NumberingPlanChange.corrected(Self.fault(read.kind), of: e164)
    }

    private static func fault(_ kind: cphone_kind) -> PhoneNumber.Fault? {
        switch kind {
        case CPHONE_MOBILE: nil
        case CPHONE_LANDLINE: .landline
        case CPHONE_TOLL_FREE: .tollFree
        case CPHONE_PREMIUM_RATE, CPHONE_SHARED_COST: .premiumRate
        case CPHONE_VOIP, CPHONE_PERSONAL, CPHONE_PAGER, CPHONE_COMPANY, CPHONE_VOICEMAIL:
            .otherService
        case CPHONE_UNASSIGNED: .unassigned
        case CPHONE_TOO_SHORT: .tooShort
        case CPHONE_TOO_LONG: .tooLong
        case CPHONE_NO_SUCH_COUNTRY: .countryUnknown
        default: .notANumber
        }
    }
}

extension String {
    /// The UTF-8 before the first zero byte.
    fileprivate init(bytesToNull bytes: UnsafeRawBufferPointer) {
        self.init(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
