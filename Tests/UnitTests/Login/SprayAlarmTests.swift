import Foundation
import Logging
import Testing

@testable import Auth

/// When failures look like one password tried on everybody (Z-20).
@Suite struct SprayAlarmTests {
    private func pressure(bits: Int) -> LoginPressure {
        LoginPressure(clientFailures: 0, practiceFailures: 0, identifierBits: bits)
    }

    @Test(arguments: [0, 10, 100, 300, 1000, 3000])
    func `places tell about how many identifiers there were`(count: Int) {
        var generator = SystemRandomNumberGenerator()
        let taken = Set((0..<count).map { _ in Int.random(in: 0..<1024, using: &generator) })
        let guess = pressure(bits: taken.count).identifiers
        #expect(abs(guess - count) <= 10 + count / 5)
    }

    @Test func `when every place is taken there were thousands`() {
        #expect(pressure(bits: LoginPressure.places).identifiers > 5_000)
    }

    @Test func `an identifier has one place of all`() {
        let places = Set(
            (0..<4096).map { LoginPressure.place(of: [UInt8($0 >> 8), UInt8($0 & 255)]) })
        #expect(places == Set(0..<LoginPressure.places))
    }

    @Test func `suspicion begins at three hundred and ends ten minutes after its last sign`() {
        let alarm = SprayAlarm(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let (here, there, client) = (UUID(), UUID(), UUID())
        let start = ContinuousClock.now
        alarm.notice(pressure(bits: 250), practice: here, client: client, at: start)
        #expect(alarm.count(at: start) == 0)
        for second in [0, 500] {
            alarm.notice(
                pressure(bits: 270), practice: here, client: client, at: start + .seconds(second))
        }
        alarm.notice(pressure(bits: 270), practice: there, client: client, at: start)
        #expect(alarm.count(at: start) == 2)
        #expect(alarm.count(at: start + .seconds(601)) == 1)
        #expect(alarm.count(at: start + .seconds(1101)) == 0)
    }
}
