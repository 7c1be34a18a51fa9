import Testing

@testable import Auth

@Suite struct MaskedDestinationTests {
    @Test(arguments: [
        ("jansen@example.nl", "j•••@e•••.nl"),
        ("a@b.nl", "a•••@b•••.nl"),
        ("jansen@mail.example.co.uk", "j•••@m•••.uk"),
        ("jansen@localhost", "j•••@l•••"),
        ("øyvind@bryggen.no", "ø•••@b•••.no"),
        ("a@b@example.nl", "a•••@e•••.nl"),
        ("no address at all", "•••"),
        ("", "•••"),
    ])
    func `an address keeps its first letters and its ending`(address: String, masked: String) {
        #expect(MaskedDestination.email(address) == masked)
    }

    @Test func `how long an address is does not show`() {
        let short = MaskedDestination.email("j@example.nl")
        #expect(MaskedDestination.email("jan-willem.jansen@example-hospital.nl") == short)
    }

    @Test func `a number keeps its last two digits`() {
        #expect(MaskedDestination.phone("+31612345678") == "•••78")
        #expect(MaskedDestination.phone("+4741234567") == "•••67")
    }
}
