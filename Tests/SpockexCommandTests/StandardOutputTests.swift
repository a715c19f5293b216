// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Standard output that nobody reads, that is full, or that is not there.
@Suite(.serialized) struct StandardOutputTests {
    private static let failures: [(arguments: [String], code: Int32, sentence: String)] = [
        (["status"], 69, "The node is not running."),
        (["bogus"], 64, "There is no command `bogus`."),
        (["accept", "/nonexistent"], 65, "The file /nonexistent does not exist."),
    ]

    @Test(arguments: Program.Output.allCases, Self.failures)
    func aFailureKeepsItsExitCodeAndItsSentence(
        output: Program.Output, failure: (arguments: [String], code: Int32, sentence: String)
    ) throws {
        let result = try Running(failure.arguments + ["--json"], output: output).finish()
        #expect(result.code == failure.code)
        #expect(result.errors.hasPrefix(failure.sentence + "\n"))
    }

    /// `spockex scan … | head` ends like any other program in a pipe; a full disk is told.
    @Test(arguments: [
        (Program.Output.broken, Int32(0), ""), (.closed, 0, ""),
        (.full, 1, "Standard output cannot be written.\n"),
    ])
    func aSuccessWithoutReader(output: Program.Output, code: Int32, sentence: String) throws {
        let result = try Running(["scan", "-"], input: "hello", output: output).finish()
        #expect(result.code == code)
        #expect(sentence.isEmpty ? result.errors.isEmpty : result.errors.hasPrefix(sentence))
    }

    @Test(arguments: Program.Output.allCases)
    func aNodeRunsOnWithoutReaderAndEndsInOrder(output: Program.Output) throws {
        let folder = try TestFolder()
        let node = try Running(
            ["up", "--listen", "127.0.0.1:0", "--json"], home: folder, output: output)
        var line = node.nextErrorLine()
        while let text = line, !text.hasPrefix("listening on") { line = node.nextErrorLine() }
        #expect(line != nil)
        #expect(try Program.run("status", home: folder).code == 0)
        node.signal(SIGTERM)
        #expect(node.finish().code == 0)
        #expect(!FileManager.default.fileExists(atPath: folder.home + "/api.sock"))
    }

    /// With replacement characters they would name other files.
    @Test(arguments: [
        #"exec "$0" scan "$(printf 'a\377')" --json"#,
        #"SPOCKEX_HOME="$(printf '/tmp/\377')" exec "$0" status --json"#,
    ])
    func whatIsNotUTF8IsRefused(shell: String) throws {
        let result = try Running(shell, []).finish()
        #expect(result.code == 64)
        #expect(try result.errorCode() == "usage")
        #expect(result.errors.contains("UTF-8"))
    }
}
