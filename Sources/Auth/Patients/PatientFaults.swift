// What a field of a register entry is refused for.

extension DateOfBirth.Fault {
    var code: Problem.Fault.Code {
        switch self {
        case .wrongFormat: .wrongFormat
        case .noSuchDay, .inFuture, .tooLongAgo: .noSuchDay
        }
    }
}

extension NationalNumber.Fault {
    var code: Problem.Fault.Code {
        switch self {
        case .foreignCharacter, .wrongLength: .wrongFormat
        case .checkDigit: .checkDigit
        case .noSuchDay: .noSuchDay
        case .synthetic: .notAllowed
        }
    }
}

extension PersonName.Fault {
    var code: Problem.Fault.Code {
        switch self {
        case .empty: .tooShort
        case .tooLong: .tooLong
        case .unprintable, .noLetter: .wrongFormat
        }
    }
}

extension Postcode.Fault {
    var code: Problem.Fault.Code { .wrongFormat }
}
