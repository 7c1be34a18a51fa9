import Postgres

/// An import that takes a body's lines one by one and answers them in groups, in their order.
protocol LineImport {
    associatedtype Result: Sendable
    /// Takes a line; answers those that are decided by now.
    ///
    /// Throws faults of the service or the database: of the lines taken and not answered none was
    /// written, or it is unknown.
    mutating func add(_ number: Int, _ bytes: [UInt8]?) async throws -> [Result]
    /// Answers the lines taken last; throws like ``add(_:_:)``.
    mutating func finish() async throws -> [Result]
    /// What is said of lines taken and not answered, after a fault.
    mutating func unanswered() -> [Result]
    /// Said of a line that was not looked at: it is sent again.
    static func notProcessed(_ line: Int) -> Result
    /// Whether another line is of use.
    var takesMore: Bool { get }
}

extension BodyLines {
    /// Imports lines within the limits of one request; those beyond them are read and left for another.
    ///
    /// What was written is told even where the service can't go on.
    /// - Throws: a fault before the first line was answered; `body-too-large`.
    func results<Import: LineImport>(
        of lineImport: Import, until deadline: ContinuousClock.Instant
    ) async throws -> [Import.Result] {
        var lineImport = lineImport
        var results: [Import.Result] = []
        var left: [Import.Result] = []
        var count = 0
        var goesOn = true
        for try await line in self {
            count += 1
            // The first line too many stands for those after it.
            guard count <= ImportLimits.lines + 1 else { continue }
            goesOn =
                goesOn && lineImport.takesMore && count <= ImportLimits.lines
                && ContinuousClock.now < deadline
            guard goesOn else {
                left.append(Import.notProcessed(line.number))
                continue
            }
            do {
                results += try await lineImport.add(line.number, line.bytes)
            } catch is PostgresError where !results.isEmpty {
                goesOn = false
                results += lineImport.unanswered()
            }
        }
        do {
            results += try await lineImport.finish()
        } catch is PostgresError where !results.isEmpty {
            results += lineImport.unanswered()
        }
        return results + left
    }
}
