import Foundation

/// The parts of which hashes are written.
enum HashText {
    /// Bytes of a salt.
    static let saltCounts = 8...64
    /// Bytes of a tag.
    static let tagCounts = 16...64

    /// What stands between the dollar signs. By bytes: a combining mark behind one would hide it from a
    /// comparison of characters.
    static func parts(of text: String) -> [ArraySlice<UInt8>] {
        Array(text.utf8).split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
    }

    /// The numbers of `m=19456,t=2,p=1`: these names, in this order.
    static func numbers(
        _ names: [String], in part: ArraySlice<UInt8>
    ) throws(HashRefusal) -> [UInt32] {
        let settings = part.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard settings.count == names.count else { throw .malformed }
        var numbers: [UInt32] = []
        for (name, setting) in zip(names, settings) {
            guard setting.starts(with: "\(name)=".utf8) else { throw .malformed }
            numbers.append(try number(in: setting.dropFirst(name.utf8.count + 1)))
        }
        return numbers
    }

    /// In decimal without sign or leading zero.
    static func number(in digits: ArraySlice<UInt8>) throws(HashRefusal) -> UInt32 {
        guard let first = digits.first,
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            first != UInt8(ascii: "0") || digits.count == 1,
            let number = UInt32(String(decoding: digits, as: UTF8.self))
        else { throw .malformed }
        return number
    }

    /// What unpadded base64 holds; padding and stray bits at its end are refused, as libsodium does.
    ///
    /// - Parameter plus: the symbol for 62; passlib writes some hashes with a dot.
    static func bytes(
        ofBase64 part: ArraySlice<UInt8>, plus: Character = "+"
    ) throws(HashRefusal) -> [UInt8] {
        guard part.last != UInt8(ascii: "=") else { throw .malformed }
        let plain = UInt8(ascii: "+")
        let dot = plus.asciiValue ?? plain
        guard dot == plain || !part.contains(plain) else { throw .malformed }
        let padding = [UInt8](repeating: UInt8(ascii: "="), count: (4 - part.count % 4) % 4)
        return try bytes(ofPaddedBase64: part.map { $0 == dot ? plain : $0 } + padding)
    }

    static func bytes(
        ofPaddedBase64 part: some Sequence<UInt8>
    ) throws(HashRefusal) -> [UInt8] {
        let text = Data(part)
        guard let bytes = Data(base64Encoded: text), bytes.base64EncodedData() == text else {
            throw .malformed
        }
        return Array(bytes)
    }

    static func judge(salt: Int, tag: Int) throws(HashRefusal) {
        guard saltCounts.contains(salt) else { throw .saltLength(salt) }
        guard tagCounts.contains(tag) else { throw .tagLength(tag) }
    }
}
