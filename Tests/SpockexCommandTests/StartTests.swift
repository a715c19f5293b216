// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// How a node starts, what it says, and why it does not start.
@Suite(.serialized) struct StartTests {
    private func up(_ folder: TestFolder, _ arguments: String...) throws -> Program.Result {
        try Running(
            ["up", "--listen", "127.0.0.1:0", "--json"] + arguments, home: folder
        ).finish()
    }

    private func database(_ folder: TestFolder) -> URL {
        URL(fileURLWithPath: folder.home + "/spockex.sqlite")
    }

    /// A folder with the home of a node that has ended.
    private func used() throws -> TestFolder {
        let node = try TestNode(name: "anna")
        #expect(node.end(SIGTERM).code == 0)
        return node.folder
    }

    @Test func aPortInUseIsTold() throws {
        let node = try TestNode(name: "anna")
        let listen = try #require(
            try (node.run("status", "--json").object()["node"] as? [String: Any])?["listen"]
                as? [String])
        let folder = try TestFolder()
        let result = try Running(
            ["up", "--listen", listen[0], "--json"], home: folder
        ).finish()
        #expect(result.code == 1)
        #expect(try result.errorCode() == "nodeFailed")
        #expect(result.errors.contains("--listen"))
        // The failed start left a home without a name; the next one gives it one.
        let again = try Running(["up", "--listen", "127.0.0.1:0", "--json"], home: folder)
        #expect(again.nextLine()?.contains("running") == true)
        let status = try Program.run("status", "--json", home: folder).object()
        let name = (status["node"] as? [String: Any])?["name"] as? String
        #expect(name?.isEmpty == false)
        #expect(try Program.run("down", home: folder).code == 0)
    }

    @Test func aDamagedDatabaseIsBadInputAndLeftAlone() throws {
        let folder = try self.used()
        let damaged = Data("not a database, but long enough to look like one".utf8)
        try damaged.write(to: self.database(folder))
        let result = try self.up(folder)
        #expect(result.code == 65)
        #expect(try result.errorCode() == "damaged")
        #expect(try Data(contentsOf: self.database(folder)) == damaged)
    }

    /// `user_version` stands at offset 60 of the first page (SQLite's file format §1.3.10).
    @Test func aDatabaseOfANewerProgramIsRefusedAndLeftAlone() throws {
        let folder = try self.used()
        var bytes = try Data(contentsOf: self.database(folder))
        bytes[63] = 99
        try bytes.write(to: self.database(folder))
        let result = try self.up(folder)
        #expect(result.code == 1)
        #expect(try result.errorCode() == "nodeFailed")
        #expect(result.errors.contains("version 99"))
        #expect(try Data(contentsOf: self.database(folder)) == bytes)
    }

    @Test func aHomeThatCannotBeMadeIsTold() throws {
        let folder = try TestFolder()
        try Data().write(to: folder.file("file"))
        let result = try self.up(folder, "--home", folder.path("file") + "/home")
        #expect(result.code == 1)
        #expect(try result.errorCode() == "nodeFailed")
        #expect(result.errors.contains("home folder"))
    }

    @Test func theLogTellsWhatHappensWithoutIDsAndAddresses() throws {
        let node = try TestNode(name: "anna")
        let offer = try node.run("offer", "--json").object()
        let id = try #require(offer["pairing"] as? String)
        #expect(try node.run("cancel", id).code == 0)
        let result = node.end(SIGTERM)
        let log = result.errors.split(separator: "\n").filter { !$0.hasPrefix("listening on") }
        for what in ["node started", "a pairing started", "a pairing ended", "node ended"] {
            #expect(log.contains { $0.contains(what) }, "\(what)")
        }
        #expect(!log.contains { $0.contains(id) || $0.contains("127.0.0.1") })
    }
}
