// SPDX-License-Identifier: Apache-2.0
import SpockexAPI
import Testing

@testable import spockex

@Suite struct ConsoleTests {
    @Test(arguments: [
        ("abc", 3), ("äö", 2), ("e\u{301}", 1), ("日本", 4), ("한글", 4), ("ｆｕ", 4), ("👩‍👩‍👧", 2),
        ("❤️", 2), ("", 0), ("–", 1), ("a\u{200d}b", 2),
    ])
    func columnsAreCounted(text: String, columns: Int) {
        #expect(Width.columns(text) == columns)
    }

    @Test(arguments: [
        ("a\u{1b}[31mb", "a[31mb"), ("a\u{202e}b", "ab"), ("a\nb", "ab"), ("a\u{9b}b", "ab"),
        ("\u{feff}x\u{2066}", "x"), ("Zoë 日本 👩‍👧", "Zoë 日本 👩‍👧"), ("a\u{e0041}b", "ab"),
    ])
    func whatIsNotSeenIsTakenOut(text: String, clean: String) {
        #expect(Clean.line(text) == clean)
    }

    @Test func tablesAreAlignedByColumns() {
        var table = Table("NAME", "STATE")
        table.add("日本", "connected")
        table.add("Bob\u{1b}", "")
        #expect(table.text() == "NAME  STATE\n日本  connected\nBob   –")
    }

    @Test(arguments: [("10s", 10), ("10m", 600), ("24h", 86_400), ("90s", 90)])
    func livesAreRead(text: String, seconds: Int) {
        #expect(Life(argument: text)?.seconds == seconds)
    }

    @Test(arguments: ["", "s", "10", "9s", "25h", "-10m", "1.5h", "1e3s", "10 m", "٣٠m", "10M"])
    func otherLivesAreRefused(text: String) {
        #expect(Life(argument: text) == nil)
    }

    @Test func timesArePutInWords() {
        let now = Timestamp(milliseconds: 1_795_426_200_250)
        func words(_ seconds: Int64) -> String {
            Wording.distance(
                Timestamp(milliseconds: now.milliseconds + seconds * 1000), now: now)
        }
        #expect(words(600) == "in 10 min")
        #expect(words(-3) == "3 s ago")
        #expect(words(-7200) == "2 h ago")
        #expect(words(172_800) == "in 2 days")
        #expect(Wording.time(now) == "2026-11-23 09:30:00 UTC")
        #expect(Wording.safetyNumber("01234567890123456789") == "01234 56789 01234 56789")
    }
}
