// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import SpockexNode

struct HomeFolderTests {
    private let home = TestHome()

    private func make(_ mode: Int, content: Bool) throws {
        try FileManager.default.createDirectory(
            atPath: self.home.path, withIntermediateDirectories: true)
        if content {
            try Data([1]).write(to: URL(fileURLWithPath: self.home.path + "/old"))
        }
        try FileManager.default.setAttributes(
            [.posixPermissions: mode], ofItemAtPath: self.home.path)
    }

    @Test(arguments: ["", "/", "/state/spockex", "/state/spockex/"])
    func aMissingFolderIsMadePrivate(below: String) throws {
        try HomeFolder.prepare(self.home.path + below)
        #expect(self.home.mode() == 0o700)
        #expect(self.home.mode(of: String(below.dropFirst())) == 0o700)
    }

    @Test func aPrivateFolderIsTakenAsItIs() throws {
        try self.make(0o700, content: true)
        try HomeFolder.prepare(self.home.path)
        #expect(self.home.mode() == 0o700)
        #expect(self.home.mode(of: "old") != nil)
    }

    @Test(arguments: [0o755, 0o710, 0o701])
    func anEmptyOpenFolderIsClosed(mode: Int) throws {
        try self.make(mode, content: false)
        try HomeFolder.prepare(self.home.path)
        #expect(self.home.mode() == 0o700)
    }

    @Test(arguments: [0o755, 0o750, 0o701])
    func anOpenFolderWithContentIsRefusedAndLeftAlone(mode: Int) throws {
        try self.make(mode, content: true)
        #expect(throws: NodeError.homeNotPrivate) { try HomeFolder.prepare(self.home.path) }
        #expect(self.home.mode() == mode)
    }

    @Test func aFileIsNoHome() throws {
        try self.make(0o700, content: true)
        #expect(throws: NodeError.homeUnusable(code: ENOTDIR)) {
            try HomeFolder.prepare(self.home.path + "/old")
        }
        #expect(throws: NodeError.homeUnusable(code: ENOTDIR)) {
            try HomeFolder.prepare(self.home.path + "/old/below")
        }
        #expect(throws: NodeError.homeUnusable(code: ENOENT)) { try HomeFolder.prepare("") }
    }

    @Test func theLockIsTakenOnceAndFreeAfterRelease() throws {
        try HomeFolder.prepare(self.home.path)
        let lock = try HomeLock(home: self.home.path)
        let own = NodeError.homeLocked(process: ProcessInfo.processInfo.processIdentifier)
        #expect(throws: own) { try HomeLock(home: self.home.path) }
        #expect(self.home.mode(of: "spockex.lock") == 0o600)
        lock.release()
        let second = try HomeLock(home: self.home.path)
        second.release()
        second.release()
    }

    @Test func aLockThatIsLetGoIsFree() throws {
        try HomeFolder.prepare(self.home.path)
        _ = try HomeLock(home: self.home.path)
        try HomeLock(home: self.home.path).release()
    }

    /// A process that is just being started holds its parent's descriptors until it is another program.
    @Test(arguments: [false, true])
    func aLockThatIsLetGoIsFreeWhileAnotherHasItsDescriptor(released: Bool) throws {
        try HomeFolder.prepare(self.home.path)
        var lock: HomeLock? = try HomeLock(home: self.home.path)
        let copy = try #require(self.copyOfDescriptor(to: self.home.path + "/spockex.lock"))
        defer { close(copy) }
        if released { lock?.release() }
        lock = nil
        try HomeLock(home: self.home.path).release()
    }

    /// Another descriptor of the same open file, as `fork` makes one.
    private func copyOfDescriptor(to path: String) -> CInt? {
        var file = stat()
        guard stat(path, &file) == 0 else { return nil }
        let descriptor = (CInt(3)..<1_024).first { descriptor in
            var open = stat()
            return fstat(descriptor, &open) == 0 && open.st_ino == file.st_ino
                && open.st_dev == file.st_dev
        }
        return descriptor.map { dup($0) }
    }
}
