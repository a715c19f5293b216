// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@Suite(.serialized) struct ScanTests {
    private func scan(_ text: String) throws -> Program.Result {
        try Program.run("scan", "-", "--json", input: text)
    }

    @Test func anyCleanTextIsPrinted() throws {
        let result = try self.scan("hello, world\n")
        #expect(result.code == 0)
        #expect(result.output == #"{"kind":"other","text":"hello, world"}"# + "\n")
        #expect(try Program.run("scan", "-", input: "hello").output == "hello\n")
    }

    @Test func whatOnlyLooksLikeAnOfferIsOther() throws {
        #expect(try self.scan(#"{"request":100,"v":1}"#).object()["kind"] as? String == "other")
    }

    @Test(arguments: ["", "a\u{1b}[31mb", "a\u{202e}b", "one\ntwo"])
    func whatIsNotOneCleanTextIs65(text: String) throws {
        let result = try self.scan(text)
        #expect(result.code == 65)
        #expect(try result.errorCode() == "noCode")
    }

    @Test func aDamagedPictureIs65() throws {
        let folder = try TestFolder()
        try Data([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0])
            .write(to: folder.file("a.png"))
        #expect(try Program.run("scan", folder.path("a.png")).code == 65)
    }

    @Test func aMissingFileIs65WithAClearSentence() throws {
        let result = try Program.run("scan", "/nonexistent.png", "--json")
        #expect(result.code == 65)
        #expect(try result.errorCode() == "unreadableSource")
        #expect(result.errors.hasPrefix("The file /nonexistent.png does not exist.\n"))
    }

    @Test func aFolderIs65() throws {
        #expect(try Program.run("scan", "/tmp").code == 65)
    }
}
