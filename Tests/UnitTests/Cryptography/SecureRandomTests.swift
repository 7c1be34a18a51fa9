import Foundation
import Testing

@testable import Cryptography

@Suite struct SecureRandomTests {
    /// Pearson's statistic of counts that should all be alike.
    private func chiSquare(_ counts: [Int]) -> Double {
        let expected = Double(counts.reduce(0, +)) / Double(counts.count)
        return counts.reduce(0) {
            $0 + (Double($1) - expected) * (Double($1) - expected) / expected
        }
    }

    // Exceeded by uniform values once in 10^9 runs, for 9 and 99 degrees of freedom.
    private let limitOf10 = 60.7
    private let limitOf100 = 207.9

    @Test func `20,000 codes are uniform, with their leading zeros`() {
        let codes = (0..<20_000).map { _ in SecureRandom.digits(6) }
        #expect(codes.allSatisfy { $0.wholeMatch(of: /[0-9]{6}/) != nil })

        let digits = codes.map { $0.utf8.map { Int($0 - UInt8(ascii: "0")) } }
        for position in 0..<6 {
            var counts = [Int](repeating: 0, count: 10)
            for code in digits { counts[code[position]] += 1 }
            #expect(chiSquare(counts) < limitOf10, "position \(position)")
        }
        for position in 0..<5 {
            var pairs = [Int](repeating: 0, count: 100)
            for code in digits { pairs[code[position] * 10 + code[position + 1]] += 1 }
            #expect(chiSquare(pairs) < limitOf100, "positions \(position) and \(position + 1)")
        }
        var successors = [Int](repeating: 0, count: 100)
        for (code, next) in zip(digits, digits.dropFirst()) {
            successors[code[5] * 10 + next[0]] += 1
        }
        #expect(chiSquare(successors) < limitOf100)
        // Of 20,000 among 10^6, about 19,800 differ.
        #expect(Set(codes).count > 19_500)
    }

    @Test func `no digit is likelier for being a remainder of 256`() {
        // Folding 256 values into ten would give the first six a share of 26 in 256 each. That is
        // too little for 20,000 codes to show, not for a million digits.
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<100 {
            for byte in SecureRandom.digits(10_000).utf8 { counts[Int(byte - 48)] += 1 }
        }
        #expect(counts.reduce(0, +) == 1_000_000)
        #expect(chiSquare(counts) < limitOf10)
    }

    @Test(arguments: [0, 1, 12, 16, 32, 1000])
    func `as many bytes come as were asked for`(count: Int) {
        #expect(SecureRandom.bytes(count).count == count)
    }

    @Test func `bytes differ from call to call and take every value`() {
        #expect(Set((0..<1000).map { _ in SecureRandom.bytes(16) }).count == 1000)
        #expect(Set(SecureRandom.bytes(10_000)).count == 256)
    }

    @Test func `letters leave out those that look like digits`() {
        let letters = SecureRandom.letters(10_000)
        #expect(letters.count == 10_000)
        #expect(Set(letters) == Set("ABCDEFGHJKLMNPQRSTUVWXYZ"))
        #expect(SecureRandom.letters(2).count == 2)
    }

    @Test func `an element is any of those given`() {
        let elements = ["a", "b", "c"]
        #expect(Set((0..<200).compactMap { _ in SecureRandom.element(of: elements) }).count == 3)
        #expect(SecureRandom.element(of: elements[1...1]) == "b")
        #expect(SecureRandom.element(of: [Int]()) == nil)
        #expect(Set((0..<200).map { _ in SecureRandom.below(3) }) == [0, 1, 2])
        #expect(SecureRandom.below(1) == 0)
    }

    @Test func `a random UUID is of version 4 and has 122 random bits`() {
        let ids = (0..<1000).map { _ in SecureRandom.uuid() }
        #expect(Set(ids).count == 1000)
        #expect(ids.allSatisfy { $0.bytes[6] >> 4 == 4 && $0.bytes[8] >> 6 == 0b10 })
        for index in 0..<16 {
            let values = Set(ids.map { $0.bytes[index] }).count
            #expect(values > (index == 6 ? 12 : index == 8 ? 48 : 200), "byte \(index)")
        }
    }
}
