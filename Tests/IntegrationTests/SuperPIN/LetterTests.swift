import Cryptography
import Foundation
import Testing

@testable import Auth

/// The letter as a printer, a screen reader and a telephone's camera see it (AC-1, Z-26).
@Suite struct LetterTests {
    @Test(arguments: Language.allCases)
    func `a letter has both numbers as text, in the patient's language, on one page`(
        language: Language
    ) async throws {
        try await TestService.run { service in
            let emma = PatientSample.with(
                ["locale": .string(language.rawValue)], of: PatientSample.emma)
            _ = try await service.putPatient("P-1", emma)
            let answer = try await service.makeSuperPIN(
                "P-1", accept: "application/pdf", idempotencyKey: "one")
            try #require(answer.status == 201)
            #expect(answer.header("Content-Type") == "application/pdf")
            #expect(answer.header("Content-Language") == language.rawValue)
            #expect(answer.header("Cache-Control") == "no-store")
            // The same request may have the numbers in another form as well.
            let json = try await service.makeSuperPIN("P-1", idempotencyKey: "one").json()
            let number = try CustomerNumber(typed: json["customer_number"].string ?? "")
            let pin = try #require(json["super_pin"].string)

            let page = try ReadLetter(answer.body)
            #expect(page.pages == 1 && page.size == [595, 842])
            #expect(page.language == language.rawValue && page.marked && page.shows_title)
            #expect(!page.embedded.isEmpty && page.embedded.allSatisfy { $0 })
            let lines = page.text.split(separator: "\n").map(String.init)
            #expect(lines.contains(number.printed) && lines.contains(pin))
            #expect(lines.contains("Emma Jansen"))
            #expect(page.text.contains("030 000 00 00"))
            #expect(page.title.map(lines.contains) == true)
            #expect(page.codes == ["https://portal.example/activate"])
            #expect(
                page.elements
                    == ["Document", "P", "P", "P", "H1", "P", "P", "P", "P", "P", "P", "H2", "L"]
                    + (0..<4).flatMap { _ in ["LI", "Lbl", "LBody"] } + ["P", "P"])
        }
    }

    @Test func `a patient without a language gets the practice's, and without a name a letter too`()
        async throws
    {
        try await TestService.run { service in
            _ = try await service.putPatient("P-1", PatientSample.nobody, key: service.foreignKey)
            try await service.database.execute("update patient set first_name = null")
            let answer = try await service.makeSuperPIN(
                "P-1", accept: "application/pdf", key: service.foreignKey)
            let page = try ReadLetter(answer.body)
            #expect(page.language == "nb" && page.title == "Din tilgang til pasientportalen")
            #expect(!page.text.contains("Kok") && page.elements.count { $0 == "P" } == 10)
        }
    }

    @Test(arguments: Language.allCases)
    func `the longest names stay on one page, and are what they are`(language: Language) throws {
        // One word of it is longer than a line.
        let name =
            "Christoffel-Øyvind & <b>Đorđević</b> " + String(repeating: "Wttewaall", count: 20)
        let practice = Sample.longPractice(language)
        let letter = try Letter(
            Sample.made(name: String(name.prefix(201)), language), of: practice)
        let page = try ReadLetter(LetterPage(letter: letter).pdf())
        #expect(page.pages == 1)
        #expect(page.darkest_at_the_edges == 255)
        // A name may go on in the next line wherever it has a hyphen.
        let text = page.text.filter { !$0.isWhitespace }
        for part in ["9041827366", "7K3M-RT9X-Q2WB-V4H0", "Christoffel-Øyvind", "<b>Đorđević</b>"] {
            #expect(text.contains(part), "\(part)")
        }
        #expect(page.codes == [practice.activationURL])
        #expect(page.embedded.allSatisfy { $0 })
    }

    @Test(arguments: Language.allCases)
    func `the letter to keep stays on one page with the longest names, and says when it counts`(
        language: Language
    ) throws {
        let practice = Sample.longPractice(language)
        let name =
            "Christoffel-Øyvind & <b>Đorđević</b> " + String(repeating: "Wttewaall", count: 18)
        let made = MakeOwnSuperPIN.Made(
            name: name, locale: language, number: try CustomerNumber(typed: "9041827366"),
            pin: try SuperPIN(typed: "7K3M-RT9X-Q2WB-V4H0"), createdAt: Date())
        let letter = try Letter(made, of: practice)
        let page = try ReadLetter(LetterPage(letter: letter).pdf())
        #expect(page.pages == 1 && page.language == language.rawValue)
        #expect(page.darkest_at_the_edges == 255)
        let text = page.text.filter { !$0.isWhitespace }
        for part in ["9041827366", "7K3M-RT9X-Q2WB-V4H0", "<b>Đorđević</b>"] {
            #expect(text.contains(part), "\(part)")
        }
        // The code leads to the page for whoever has lost something, and to no activation.
        #expect(page.codes == [practice.recoveryURL])
        #expect(!letter.words.steps.joined().contains("activate"))
        // A name that paper can't show is left out, since an earlier system may have kept it.
        let turned = MakeOwnSuperPIN.Made(
            name: "Emma\u{202E}Jansen", locale: language, number: made.number, pin: made.pin,
            createdAt: made.createdAt)
        #expect(try Letter(turned, of: practice).addressee == nil)
    }

    @Test(arguments: [
        "Łucja Đặng-Nguyễn Thị Ánh", "STRAẞE Zoë Çelik-Şahin", "Þórður Guðjónsson Ægir",
        "Ĳsbrand Ŀlull Șerban Țuțea", "Ивана Ђорђевић Їжакевич", "Ελένη Παπαδοπούλου",
        "Áhkká Sárá Ŋŋuđđa Čáhci",
    ])
    func `each letter of a name is printed, and can be read out`(name: String) throws {
        let letter = try Letter(Sample.made(name: name, .dutch), of: Sample.practice(.dutch))
        let page = try ReadLetter(LetterPage(letter: letter).pdf())
        // A letter that no font has would be drawn as a box, and be no text.
        let text = page.text.filter { !$0.isWhitespace }.precomposedStringWithCanonicalMapping
        let wanted = name.filter { !$0.isWhitespace }.precomposedStringWithCanonicalMapping
        #expect(text.contains(wanted), "\(page.text)")
        #expect(page.embedded.allSatisfy { $0 })
    }

    @Test(arguments: ["\u{202E}", "\n", "\u{0}", "\u{2028}", "\u{200F}", "\u{85}"])
    func `a name that prints something else than it holds is refused`(intruder: String) throws {
        #expect(throws: Letter.Unprintable.self) {
            try Letter(
                Sample.made(name: "Emma\(intruder)Jansen", .dutch), of: Sample.practice(.dutch))
        }
        var practice = Sample.practice(.dutch)
        practice.supportContact += intruder
        #expect(throws: Letter.Unprintable.self) {
            try Letter(Sample.made(name: nil, .dutch), of: practice)
        }
    }

    @Test func `a page for a browser needs nothing else, and shows a name as it is`()
        async throws
    {
        try await TestService.run { service in
            let details = PatientSample.with(
                ["last_name": "<script>alert(1)</script> & Zn"], of: PatientSample.emma)
            _ = try await service.putPatient("P-1", details)
            let answer = try await service.makeSuperPIN("P-1", accept: "text/html")
            try #require(answer.status == 201, "\(answer.text)")
            #expect(answer.header("Content-Type") == "text/html; charset=utf-8")
            #expect(
                answer.header("Content-Security-Policy")?.contains("default-src 'none'") == true)
            let pin = try #require(answer.text.firstMatch(of: /([0-9A-Z]{4}-){3}[0-9A-Z]{4}/))
            #expect(try await service.holds(String(pin.0), "P-1"))
            #expect(answer.text.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; Zn"))
            #expect(answer.text.contains("<html lang=\"nl\">"))
            for foreign in ["<script", "src=", "href=", "url(", "@import"] {
                #expect(!answer.text.contains(foreign), "\(foreign)")
            }
        }
    }

    @Test func `who finds too many letters waiting has made nothing`() async throws {
        let press = LetterPress()
        let gate = AsyncStream<Void>.makeStream()
        await withTaskGroup(of: Void.self) { group in
            let places = AsyncStream<Void>.makeStream()
            for _ in 0..<LetterPress.longestQueue {
                group.addTask {
                    try? await press.withPlace {
                        places.continuation.yield()
                        for await _ in gate.stream {}
                    }
                }
            }
            var taken = 0
            for await _ in places.stream {
                taken += 1
                if taken == LetterPress.longestQueue { break }
            }
            await #expect(throws: LetterPress.Overloaded.self) {
                try await press.withPlace { Issue.record("there was no place") }
            }
            gate.continuation.finish()
        }
        try await press.withPlace {}
    }
}

/// What letter.py reads out of a PDF.
struct ReadLetter: Decodable {
    let pages: Int
    let size: [Int]
    let language: String?
    let marked: Bool
    let shows_title: Bool
    let title: String?
    let text: String
    let embedded: [Bool]
    let elements: [String]
    let codes: [String]
    /// 255 where the last half inch at the right and at the bottom is white.
    let darkest_at_the_edges: Int

    init(_ pdf: [UInt8]) throws {
        let process = Process()
        process.executableURL = try PeerProcess.python()
        process.arguments = [
            URL(filePath: #filePath).deletingLastPathComponent().appending(path: "letter.py").path
        ]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(pdf))
        try input.fileHandleForWriting.close()
        let read = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        self = try JSONDecoder().decode(ReadLetter.self, from: read)
    }
}

private enum Sample {
    static func practice(_ language: Language) -> Practice {
        Practice(
            id: UUID(), name: "De Linde", country: .netherlands, timeZone: .gmt,
            locale: language, audience: "", portalOrigin: "https://portal.example",
            supportContact: "030 123 45 67", policy: Practice.Policy(of: .netherlands))
    }

    /// Every setting as long as it may be.
    static func longPractice(_ language: Language) -> Practice {
        var practice = practice(language)
        func long(_ text: String, _ count: Int) -> String {
            String(String(repeating: text, count: count).prefix(count))
        }
        practice.name = long("Fysiotherapiepraktijk Sint Willibrordus ", Practice.Longest.name)
        practice.supportContact = long("030 123 45 67 (op werkdagen), ", 200)
        let host = long("zeer-lange-naam-van-een-portaal.", 234)
        practice.portalOrigin = "https://\(host)example"
        return practice
    }

    static func made(name: String?, _ language: Language) throws -> IssueSuperPIN.Made {
        let now = Date()
        let number = try CustomerNumber(typed: "9041827366")
        return IssueSuperPIN.Made(
            holder: FindPINHolder.Holder(
                patientID: UUID(), name: name, locale: language, account: nil,
                registered: PatientDetails(), hasPIN: false, againAt: nil),
            number: number, pin: try SuperPIN(typed: "7K3M-RT9X-Q2WB-V4H0"),
            issued: IssueActivationPIN.Issued(
                customerNumber: number.digits, patientID: UUID(), way: .post, createdAt: now,
                expiresAt: now.addingTimeInterval(30 * 86_400), sealed: nil),
            isFirst: true)
    }
}
