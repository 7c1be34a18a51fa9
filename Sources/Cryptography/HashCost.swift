/// What hashes take on this machine, measured once when first asked.
enum HashCost {
    /// One hash of ours: the shorter of two runs, of which the first also warms the library up.
    static let current = min(measure(Argon2id.current), measure(Argon2id.current))

    /// The dearest hash that ``PHC`` accepts, so the longest that verifying one can take here.
    static let dearest = measure(
        Argon2id.Parameters(
            memory: PHC.memoryCeiling,
            passes: UInt32(PHC.costCeiling / UInt64(PHC.memoryCeiling))))

    private static func measure(_ parameters: Argon2id.Parameters) -> Duration {
        ContinuousClock().measure { _ = try? Argon2id.hash(Secret([]), parameters: parameters) }
    }
}
