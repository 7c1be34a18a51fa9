// What a person types from a letter, where a body has it. A typing error is refused by name before
// anything is looked up: such a number was never given out, so nothing is told and no try is spent.
extension FieldReader {
    /// Longer than either number with whatever is typed between its groups.
    private static let longestPrinted = 64

    /// A required customer number; nil, and refused, where it is mistyped.
    mutating func customerNumber(_ name: String) -> CustomerNumber? {
        guard let text = printedNumber(name) else { return nil }
        do throws(CustomerNumber.Fault) {
            return try CustomerNumber(typed: text)
        } catch {
            refuse(name, error.code)
            return nil
        }
    }

    /// A required super-PIN; nil, and refused, where it is mistyped.
    mutating func superPIN(_ name: String) -> SuperPIN? {
        guard let text = printedNumber(name) else { return nil }
        do throws(SuperPIN.Fault) {
            return try SuperPIN(typed: text)
        } catch {
            refuse(name, error.code)
            return nil
        }
    }

    private mutating func printedNumber(_ name: String) -> String? {
        takeRequired(name).flatMap {
            text($0, name, max: Self.longestPrinted, characters: .any)
        }
    }
}

extension CustomerNumber.Fault {
    var code: Problem.Fault.Code {
        switch self {
        case .foreignCharacter, .wrongLength: .wrongFormat
        case .leadingZero, .checkDigit: .checkDigit
        }
    }
}

extension SuperPIN.Fault {
    var code: Problem.Fault.Code {
        switch self {
        case .foreignCharacter, .wrongLength: .wrongFormat
        case .checkSymbol: .checkDigit
        }
    }
}
