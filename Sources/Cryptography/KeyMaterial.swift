import CLibSSL

/// The bytes of a key in memory of their own, wiped when nobody holds them any longer.
///
/// An array would be copied behind our back, and freed as it is.
final class KeyMaterial: @unchecked Sendable {
    // Written by the initializers and deinit only: any thread may read.
    private let buffer: UnsafeMutableBufferPointer<UInt8>

    /// Holds that many bytes, which the closure writes over zeros.
    init(count: Int, writing write: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
        buffer = .allocate(capacity: count)
        buffer.initialize(repeating: 0)
        write(buffer)
    }

    /// Holds a copy of the bytes.
    convenience init(_ bytes: [UInt8]) {
        self.init(count: bytes.count) { _ = $0.update(from: bytes) }
    }

    deinit {
        OPENSSL_cleanse(buffer.baseAddress, buffer.count)
        buffer.deallocate()
    }

    /// Whether both hold the same bytes, in constant time.
    func isSame(as other: KeyMaterial) -> Bool {
        buffer.count == other.buffer.count
            && CRYPTO_memcmp(buffer.baseAddress, other.buffer.baseAddress, buffer.count) == 0
    }

    /// Lends the bytes.
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        body(UnsafeBufferPointer(buffer))
    }
}
