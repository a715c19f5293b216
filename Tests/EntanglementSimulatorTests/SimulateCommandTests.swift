// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EntanglementSimulator
import Foundation
import Testing

@testable import simulate

/// The command line: wrong use says what to write, and pages stay whole.
@Suite struct SimulateCommandTests {
    @Test(arguments: [
        ("sweep --seeds 5..1", "write 1..5"),
        ("sweep --seeds x", "as 1..1000, not \"x\""),
        ("sweep --seeds 1...5", "as 1..1000"),
        ("sweep --seeds 1..", "as 1..1000"),
        ("sweep", "Missing expected argument '--seeds <seeds>'"),
        ("sweep --seeds 1..5 --minutes 0", "a number above 0"),
        ("sweep --seeds 1..5 --minutes nan", "a number above 0"),
        ("sweep --seeds 1..5 --jobs 0", "--jobs takes a number from 1 to 256, not 0"),
        ("sweep --seeds 1..5 --failures 0", "--failures takes a number from 1"),
        ("sweep --seeds 1..5 --scenario city", "- pair"),
        ("run --seed x", "--seed"),
        ("run --seed 1 --scenario city", "- village"),
        ("run --seed 1 --trace --json", "give one of them"),
        ("matrix --seeds 0", "--seeds takes a number from 1"),
        ("matrix --svg /nowhere/at/all.svg", "there is no folder /nowhere/at"),
        ("matrix --svg /tmp", "that is a folder"),
        ("growth --hosts 1", "as 10,50,100"),
        ("growth --hosts 10,,50", "as 10,50,100"),
        ("growth --seconds 10", "--seconds takes a number from 300"),
        ("growth --least-speed -1", "--least-speed"),
        ("repeat --seed 1 --times 1", "--times takes a number from 2"),
        ("mutants --seeds 0", "--seeds takes a number of at least 1"),
        ("mutants --jobs 0", "--jobs takes a number from 1 to 256, not 0"),
        ("mutants --defect none", "There is no defect none"),
        ("mutants --write /nowhere/seeds.txt", "there is no folder /nowhere"),
        ("report --file /nowhere/page.md", "there is no folder /nowhere"),
        ("report --seeds 9..3", "write 3..9"),
    ])
    func wrongUseIsExplained(line: String, sentence: String) throws {
        do {
            _ = try Simulate.parseAsRoot(line.split(separator: " ").map(String.init))
            Issue.record("it was accepted")
        } catch {
            #expect(Simulate.exitCode(for: error) == .validationFailure)
            let message = Simulate.fullMessage(for: error)
            #expect(message.contains(sentence), "\(message)")
        }
    }

    @Test func everyCommandHasHelpWithAnExample() {
        #expect(Simulate.configuration.subcommands.count == 11)
        for command in Simulate.configuration.subcommands {
            let help = Simulate.helpMessage(for: command)
            let name = command._commandName
            #expect(help.contains("Example: simulate \(name)"), "\(help)")
        }
    }

    @Test func figuresReplaceOnlyWhatIsBetweenTheirMarks() throws {
        let page = "# Page\n\n| a |\n| - |\n\nend without newline"
        let first = try Figures.placed("one", in: page)
        #expect(first.hasPrefix(page + "\n\n## Figures\n\n<!-- figures: begin -->\n\none\n\n"))
        #expect(try Figures.placed("one", in: first) == first)
        let second = try Figures.placed("two", in: first + "\n## After\n")
        #expect(second == first.replacing("one", with: "two") + "\n## After\n")
    }

    @Test(arguments: [
        "\(Figures.begin)", "\(Figures.end)", "\(Figures.end)\n\(Figures.begin)",
        "\(Figures.begin)\(Figures.begin)\(Figures.end)",
    ])
    func damagedMarksAreLeftAlone(page: String) {
        #expect(throws: ValidationError.self) { try Figures.placed("one", in: page) }
    }

    @Test func columnsAreAligned() {
        var columns = Columns(["name", "n"])
        columns.add(["a|b", "1,000"])
        columns.add(["longer"])
        #expect(columns.text == "name        n\na|b     1,000\nlonger")
        #expect(
            columns.markdown == """
                | name   |     n |
                | ------ | ----: |
                | a\\|b   | 1,000 |
                | longer |       |
                """)
    }

    @Test(arguments: [
        (0.0, 0, "0"), (1_234_567.0, 0, "1,234,567"), (0.05, 1, "0.1"), (-1_234.56, 1, "-1,234.6"),
        (999.999, 2, "1,000.00"), (.nan, 1, "–"), (.infinity, 0, "–"),
    ])
    func numbersAreGrouped(value: Double, places: Int, text: String) {
        #expect(Decimals.text(value, places: places) == text)
    }
}
