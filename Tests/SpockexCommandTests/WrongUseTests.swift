// SPDX-License-Identifier: Apache-2.0
import Testing

/// What a new user does wrong, without a node.
@Suite(.serialized) struct WrongUseTests {
    @Test(arguments: [
        ["up"], ["down"], ["status"], ["offer"], ["answer"], ["accept"], ["scan"], ["pairings"],
        ["retry"], ["cancel"], ["verify"], ["peers"], ["forget"], ["rename"], ["ping"],
        ["events"], ["clusters"], ["cluster"], ["cluster", "show"], ["cluster", "rename"],
    ])
    func helpOfEveryCommandHasAnExample(command: [String]) throws {
        let result = try Running(command + ["--help"]).finish()
        #expect(result.code == 0)
        #expect(result.output.contains("Example"))
        #expect(result.output.contains("  spockex \(command[0])"))
    }

    @Test(arguments: [
        ["nonsense"], ["answer"], ["offer", "--join", "--bridge"], ["offer", "--expires", "9s"],
        ["offer", "--expires", "25h"], ["offer", "--expires", "10"], ["offer", "--host", "x"],
        ["offer", "--host", "unknown", "--host", "192.0.2.1:1"], ["offer", "--png", "-"],
        ["offer", "--png", "/tmp/a", "--svg", "/tmp/a"], ["up", "--listen", "127.0.0.1"],
        ["up", "--external", "0.0.0.0:1"], ["up", "--name", ""], ["ping", "x", "-c", "0"],
        ["up", "--ipgetter", "a:1", "--no-ipgetter"], ["events", "--limit", "1001"],
        ["rename", "x"], ["cluster", "leave", "x"], ["status", "too", "many"],
    ])
    func wrongUseIs64WithOneSentenceAndOneHint(arguments: [String]) throws {
        let result = try Running(arguments + ["--json"]).finish()
        #expect(result.code == 64)
        #expect(try result.errorCode() == "usage")
        #expect(result.lines.count == 1)
        #expect(result.errors.split(separator: "\n").count == 2)
    }

    @Test func optionsBeforeTheCommandAreExplained() throws {
        let result = try Program.run("--json", "status")
        #expect(result.code == 64)
        #expect(result.errors.contains("The command comes first"))
    }

    @Test(arguments: [
        ["down"], ["status"], ["offer"], ["pairings"], ["peers"], ["clusters"], ["events"],
        ["events", "--follow"], ["retry", "x"], ["cancel", "x"], ["forget", "x"], ["ping", "x"],
        ["rename", "x", "y"], ["verify", "x"], ["cluster", "show", "x"],
    ])
    func withoutANodeEveryCommandSaysSo(arguments: [String]) throws {
        let result = try Running(arguments + ["--json"]).finish()
        #expect(result.code == 69)
        #expect(try result.errorCode() == "notRunning")
        #expect(result.errors == "The node is not running.\nStart it with: spockex up\n")
    }

    @Test func withoutJSONNothingIsOnStandardOutput() throws {
        let result = try Program.run("status")
        #expect(result.code == 69)
        #expect(result.output.isEmpty)
    }

    @Test(arguments: ["up", "status"])
    func aHomeThatIsTooLongForASocketIsToldClearly(command: String) throws {
        let home = "/tmp/" + String(repeating: "x", count: 110)
        let result = try Program.run(command, "--home", home, "--json")
        #expect(result.code == 64)
        #expect(result.errors.contains("too long for a socket"))
    }
}
