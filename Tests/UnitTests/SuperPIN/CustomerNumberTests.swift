import Testing

@testable import Auth

/// The customer number and its check digit (standards.md 14.1, 14.2).
@Suite struct CustomerNumberTests {
    @Test(arguments: [
        "1000000005", "1234567894", "5723456711", "9041827366", "9876543215", "2500000175",
        "5555555558", "3141592652",
    ])
    func `a number with its check digit is one`(text: String) throws {
        #expect(try CustomerNumber(typed: text).digits == text)
    }

    @Test(arguments: [
        "123 456 7894", " 1234567894 ", "1234-5678-94", "1 2 3 4 5 6 7 8 9 4",
        "１２３４５６７８９４", "1234\u{00A0}567\u{202F}894", "1234567894\n", "123.456.7894",
    ])
    func `spellings of it are the same number`(text: String) throws {
        let number = try CustomerNumber(typed: text)
        #expect(number.digits == "1234567894" && number.printed == "123 456 7894")
    }

    @Test(arguments: [
        ("5732456711", CustomerNumber.Fault.checkDigit), ("5723456771", .checkDigit),
        ("5733456711", .checkDigit), ("1234567849", .checkDigit), ("0000000000", .leadingZero),
        ("123456789", .wrongLength(found: 9)), ("12345678940", .wrongLength(found: 11)),
        ("", .wrongLength(found: 0)), ("anna.smit", .foreignCharacter),
        ("123456789O", .foreignCharacter), ("#1234567894", .foreignCharacter),
    ])
    func `a typing error is named`(text: String, fault: CustomerNumber.Fault) {
        #expect(throws: fault) { try CustomerNumber(typed: text) }
    }

    @Test func `every wrong digit and every swap of neighbours is found`() {
        var missed: [String] = []
        func mustBeFound(_ digits: [Character]) {
            do throws(CustomerNumber.Fault) {
                missed.append(try CustomerNumber(typed: String(digits)).digits)
            } catch {
                if error != .checkDigit, error != .leadingZero { missed.append(String(digits)) }
            }
        }
        for _ in 0..<20 {
            let digits = Array(CustomerNumber.random().digits)
            for place in digits.indices {
                for digit in "0123456789" where digit != digits[place] {
                    var wrong = digits
                    wrong[place] = digit
                    mustBeFound(wrong)
                }
                guard place + 1 < digits.count, digits[place] != digits[place + 1] else { continue }
                var swapped = digits
                swapped.swapAt(place, place + 1)
                mustBeFound(swapped)
            }
        }
        #expect(missed.isEmpty)
    }

    @Test func `random numbers are well formed, differ, and are spread evenly`() throws {
        let numbers = (0..<5_000).map { _ in CustomerNumber.random() }
        let read = numbers.prefix(500).map { try? CustomerNumber(typed: $0.digits) }
        #expect(read == numbers.prefix(500).map(Optional.some))
        #expect(Set(numbers).count >= 4_990)
        let first = Dictionary(grouping: numbers) { $0.digits.prefix(1) }
        #expect(first.count == 9 && first.values.allSatisfy { (400...720).contains($0.count) })
        let second = Dictionary(grouping: numbers) { $0.digits.dropFirst().prefix(1) }
        #expect(second.count == 10 && second.values.allSatisfy { (350...650).contains($0.count) })
    }
}
