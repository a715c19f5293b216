// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Where the files of a code may be.
@Suite(.serialized) struct CodeFilesTests {
    private let files = FileManager.default

    private func kind(_ path: String) throws -> FileAttributeType? {
        try self.files.attributesOfItem(atPath: path)[.type] as? FileAttributeType
    }

    @Test func aLinkStaysAndItsTargetIsWritten() throws {
        let node = try TestNode(name: "anna")
        let (link, target) = (node.folder.path("link"), node.folder.path("target"))
        try Data("old".utf8).write(to: node.folder.file("target"))
        try self.files.createSymbolicLink(atPath: link, withDestinationPath: "target")
        let offer = try node.run("offer", "--text", link, "--json")
        #expect(offer.code == 0)
        #expect(try self.kind(link) == .typeSymbolicLink)
        #expect(try self.kind(target) == .typeRegular)
        let line = try #require(try offer.object()["offer"] as? String)
        #expect(try String(contentsOfFile: target, encoding: .utf8) == line + "\n")
        #expect((try offer.object()["files"] as? [String: String]) == ["text": link])
    }

    @Test(arguments: ["fifo", "home/api.sock", "dangling", "folder"])
    func whatIsNoOrdinaryFileIsRefused(name: String) throws {
        let node = try TestNode(name: "anna")
        let folder = node.folder
        let path = folder.path(name)
        try #require(mkfifo(folder.path("fifo"), 0o600) == 0)
        try self.files.createSymbolicLink(
            atPath: folder.path("dangling"), withDestinationPath: "nowhere")
        try self.files.createDirectory(
            atPath: folder.path("folder"), withIntermediateDirectories: false)
        let before = try self.kind(path)
        let result = try node.run("offer", "--text", path, "--json")
        #expect(result.code == 1)
        #expect(try result.errorCode() == "cannotWrite")
        #expect(try self.kind(path) == before)
        #expect(try node.run("pairings").output == "None.\n")
        let left = try self.files.contentsOfDirectory(atPath: folder.path(""))
        #expect(Set(left) == ["home", "fifo", "dangling", "folder"])
    }

    @Test(arguments: [("a", "link"), ("link", "a"), ("new", "./new"), ("home/../new", "new")])
    func twoNamesOfOneFileAreRefused(one: String, other: String) throws {
        let node = try TestNode(name: "anna")
        try Data().write(to: node.folder.file("a"))
        try self.files.createSymbolicLink(
            atPath: node.folder.path("link"), withDestinationPath: "a")
        let folder = node.folder.path("")
        let result = try node.run(
            "offer", "--text", "\(folder)/\(one)", "--ndef", "\(folder)/\(other)", "--json")
        #expect(result.code == 1)
        #expect(try result.errorCode() == "cannotWrite")
        #expect(try node.run("pairings").output == "None.\n")
    }
}
