import Foundation

/// The words of problems in one language, written for somebody who is old, ill or in a hurry: what
/// happened, and the one thing to do now.
///
/// Each language is an exhaustive switch, so a new kind cannot be half added.
protocol ProblemTexts: Sendable {
    /// A few words that name the kind; the same in every document of it.
    func title(_ kind: Problem.Kind) -> String
    /// What to tell the person. Any fact may be missing: the explaining page has none.
    func detail(_ kind: Problem.Kind, _ facts: ProblemFacts) -> String
    /// What is wrong with one field, header or parameter.
    func detail(_ code: Problem.Fault.Code) -> String
    /// The fixed words of the explaining page.
    var page: ProblemPageWords { get }
}

extension Language {
    var problemTexts: any ProblemTexts {
        switch self {
        case .dutch: DutchProblemTexts()
        case .bokmål: BokmålProblemTexts()
        case .english: EnglishProblemTexts()
        }
    }
}

/// The headings of the explaining page.
struct ProblemPageWords: Sendable {
    let whatToDo: String
    let status: String
    let forDevelopers: String
}

/// What a sentence may say of this one case.
struct ProblemFacts: Sendable {
    var attemptsLeft: Int?
    var digitsFound: Int?
    var digitsExpected: Int?
    var newestCode: Problem.NewestCode?
    /// Whom to turn to, in the practice's own words (SC-10).
    var contact: String?
    var wait = Wait.unknown
    /// Whether an app alone is sure enough, and no phone.
    var needsApp = false

    /// When it is worth trying again, in the words of a clock.
    enum Wait: Sendable, Equatable {
        case unknown
        /// The time has come.
        case over
        case seconds(Int)
        case minutes(Int)
        /// The practice's clock, today.
        case today(String)
        /// The practice's clock, tomorrow.
        case tomorrow(String)
        /// The practice's day and clock, after that.
        case later(Date, TimeZone, String)
    }
}

extension ProblemFacts {
    init(_ problem: Problem, practice: Practice?, now: Date) {
        self.init(
            attemptsLeft: problem.attemptsLeft, digitsFound: problem.digitsFound,
            digitsExpected: problem.digitsExpected, newestCode: problem.newestCode,
            contact: practice.flatMap { $0.supportContact.isEmpty ? nil : $0.supportContact },
            wait: Wait(until: problem.retryAt, practice: practice, now: now),
            needsApp: problem.factorTypes == [.totp])
    }
}

extension ProblemFacts.Wait {
    /// Up to here a wait is told in seconds; a clock without seconds would be off by too much.
    private static let longestCountdown = 90

    init(until instant: Date?, practice: Practice?, now: Date) {
        guard let instant else {
            self = .unknown
            return
        }
        let seconds = Int(instant.timeIntervalSince(now).rounded(.up))
        // The next full minute: whoever comes when the clock shows it must not be early.
        let minute = Date(
            timeIntervalSince1970: (instant.timeIntervalSince1970 / 60).rounded(.up) * 60)
        switch (seconds, practice) {
        case (...0, _): self = .over
        case (...Self.longestCountdown, _): self = .seconds(seconds)
        case (_, nil): self = .minutes((seconds + 59) / 60)
        case (_, let practice?):
            let clock = practice.clockTime(minute)
            let days = Self.day(minute, practice.timeZone) - Self.day(now, practice.timeZone)
            self =
                switch days {
                case ...0: .today(clock)
                case 1: .tomorrow(clock)
                default: .later(minute, practice.timeZone, clock)
                }
        }
    }

    /// Days since 1970 on the practice's calendar.
    private static func day(_ instant: Date, _ zone: TimeZone) -> Int {
        let local = instant.timeIntervalSince1970 + Double(zone.secondsFromGMT(for: instant))
        return Int((local / 86_400).rounded(.down))
    }
}
