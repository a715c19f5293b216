// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Foundation
import Testing

@testable import SpockexNode

/// Dead drops that are little scripts.
@Suite struct DeadDropTests {
    /// A folder with a script in it; both go with the value.
    private final class Script {
        let folder: URL
        private let file: URL

        /// By way of `sh`: to start a file that was written just now fails while a process that
        /// another test starts still has it open.
        var command: String { "/bin/sh \(self.file.path)" }

        init(_ lines: String) throws {
            self.folder = FileManager.default.temporaryDirectory
                .appendingPathComponent("spockex-drop-\(UUID().uuidString)")
            try FileManager.default.createDirectory(
                at: self.folder, withIntermediateDirectories: true)
            self.file = self.folder.appendingPathComponent("drop")
            let text = "#!/bin/sh\ncd '\(self.folder.path)' || exit 99\n\(lines)\n"
            try Data(text.utf8).write(to: self.file)
        }

        deinit { try? FileManager.default.removeItem(at: self.folder) }

        func content(_ name: String) throws -> String {
            try String(contentsOf: self.folder.appendingPathComponent(name), encoding: .utf8)
        }
    }

    private static let storing = """
        case "$1" in
            put) cat > "$2" ;;
            get) if [ -e "$2" ]; then cat "$2"; fi ;;
        esac
        """
    private static let slot = LastResortSlot(
        pair: Secret([UInt8](repeating: 3, count: 32)), writer: .offering, day: 100,
        CryptoPrimitives())

    private static func note(_ sequence: UInt64) -> LastResortNote {
        LastResortNote(
            sequence: sequence, issued: WallTime(seconds: 100 * 86_400),
            endpoints: [Endpoint(address: .v4(0xc000_0207), port: 41_414)])
    }

    #if os(Linux)
        /// Whatever the node has open, the local API's socket for one, is not the script's.
        @Test func aScriptInheritsNoOpenFile() async throws {
            let script = try Script("ls /proc/$$/fd > files")
            var own: [CInt] = []
            for _ in 0..<3 { own.append(fcntl(STDERR_FILENO, F_DUPFD, 100)) }
            defer { for descriptor in own { close(descriptor) } }
            let drop = try DeadDrop(command: script.command)
            _ = try? await drop.get(from: Self.slot, after: 0)
            let open = try script.content("files").split(separator: "\n").compactMap { CInt($0) }
            #expect(open.contains(STDERR_FILENO))
            #expect(Set(own).isDisjoint(with: open), "\(open)")
        }
    #endif

    @Test func aScriptCarriesANote() async throws {
        let script = try Script(Self.storing)
        let writer = try DeadDrop(command: script.command)
        let reader = try DeadDrop(command: script.command)
        #expect(try await reader.get(from: Self.slot, after: 0) == nil)
        try await writer.put(Self.note(5), in: Self.slot)
        let text = try script.content(Self.slot.name)
        #expect(text == LastResortSlot.text(of: Self.slot.seal(Self.note(5))) + "\n")
        #expect(try await reader.get(from: Self.slot, after: 4) == Self.note(5))
        #expect(try await reader.get(from: Self.slot, after: 5) == nil)
        try await writer.put(Self.note(6), in: Self.slot)
        #expect(try await reader.get(from: Self.slot, after: 5) == Self.note(6))
        let report = await reader.report
        #expect(report.successCount == 4 && report.failureCount == 0 && report.failure == nil)
    }

    @Test func wordsOfTheCommandComeFirstAndNoShellReadsThem() async throws {
        let script = try Script("printf '%s\\n' \"$@\" > words; echo \"$HOME\" > home")
        let drop = try DeadDrop(command: "  \(script.command)  --to $HOME;*  'a b' ")
        #expect(try await drop.get(from: Self.slot, after: 0) == nil)
        let words = ["--to", "$HOME;*", "'a", "b'", "get", Self.slot.name]
        #expect(try script.content("words") == words.joined(separator: "\n") + "\n")
        #expect(try script.content("home").count > 1, "the environment is inherited")
    }

    @Test func whatAScriptComplainsOfIsShown() async throws {
        let script = try Script(
            "echo first >&2; printf 'no \\033[2Jroute\\302\\205 to the drop\\r\\n  \\n' >&2; exit 7"
        )
        let drop = try DeadDrop(command: script.command)
        let error = DeadDropError.exited(code: 7, said: "no [2Jroute to the drop")
        await #expect(throws: error) { try await drop.get(from: Self.slot, after: 0) }
        await #expect(throws: error) { try await drop.put(Self.note(1), in: Self.slot) }
        let report = await drop.report
        #expect(report.failureCount == 2 && report.failure == error)
        #expect("\(error)" == "The dead drop's command ended with 7: no [2Jroute to the drop")
    }

    @Test func otherEndingsAreTold() async throws {
        let killed = try Script("kill -9 $$")
        await #expect(throws: DeadDropError.killed(signal: 9)) {
            try await DeadDrop(command: killed.command).get(from: Self.slot, after: 0)
        }
        await #expect(throws: DeadDropError.cannotStart(code: 2)) {
            try await DeadDrop(command: "/nowhere/at/all").get(from: Self.slot, after: 0)
        }
        #expect(throws: DeadDropError.badCommand) { _ = try DeadDrop(command: "  ") }
        #expect(throws: DeadDropError.badCommand) {
            _ = try DeadDrop(command: String(repeating: "a ", count: 33))
        }
        let silent = try Script("exec <&- ; exit 3")
        await #expect(throws: DeadDropError.exited(code: 3, said: "")) {
            try await DeadDrop(command: silent.command).put(Self.note(1), in: Self.slot)
        }
    }

    @Test func whoTakesTooLongIsEndedWithAllThatItStarted() async throws {
        let script = try Script("exec 3> pipe; sleep 600 & echo x >&3; sleep 600")
        let pipe = script.folder.appendingPathComponent("pipe").path
        try #require(mkfifo(pipe, 0o600) == 0)
        let reading = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { _ = close(reading) }
        let drop = try DeadDrop(command: script.command, timeLimit: .seconds(2))
        await #expect(throws: DeadDropError.tookTooLong) {
            try await drop.get(from: Self.slot, after: 0)
        }
        var line = [UInt8](repeating: 0, count: 16)
        #expect(read(reading, &line, line.count) == 2, "the script has begun")
        // The pipe hangs up when the last one who could write into it is gone.
        var entry = pollfd(fd: reading, events: 0, revents: 0)
        #expect(poll(&entry, 1, 10_000) == 1 && entry.revents & Int16(POLLHUP) != 0)
    }

    @Test func whoPrintsTooMuchIsEnded() async throws {
        let endless = try Script("while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done")
        await #expect(throws: DeadDropError.printedTooMuch) {
            try await DeadDrop(command: endless.command).get(from: Self.slot, after: 0)
        }
        let noisy = try Script("head -c 300000 /dev/zero | tr '\\0' x >&2; exit 1")
        do {
            _ = try await DeadDrop(command: noisy.command).get(from: Self.slot, after: 0)
            Issue.record("a failure")
        } catch {
            guard case .exited(code: 1, let said) = error else {
                Issue.record(error)
                return
            }
            #expect(said.utf8.count == 200)
        }
    }

    @Test func whatIsNoNoteOfThisPeerIsAnError() async throws {
        let other = LastResortSlot(
            pair: Secret([UInt8](repeating: 4, count: 32)), writer: .offering, day: 100,
            CryptoPrimitives())
        let foreign = try Script("echo \(LastResortSlot.text(of: other.seal(Self.note(5))))")
        await #expect(throws: DeadDropError.unreadable(.notSealed)) {
            try await DeadDrop(command: foreign.command).get(from: Self.slot, after: 0)
        }
        let page = try Script("echo '<html>not found</html>'")
        await #expect(throws: DeadDropError.unreadable(.wrongLength(22))) {
            try await DeadDrop(command: page.command).get(from: Self.slot, after: 0)
        }
    }

    @Test func oneRunsAtATime() async throws {
        let script = try Script(
            "mkdir busy || exit 8; echo x >> runs; rmdir busy; if [ $1 = put ]; then cat >/dev/null; fi"
        )
        let drop = try DeadDrop(command: script.command)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { _ = try await drop.get(from: Self.slot, after: 0) }
            }
            try await group.waitForAll()
        }
        #expect(try script.content("runs") == String(repeating: "x\n", count: 8))
    }

    @Test func aCancelledRunEnds() async throws {
        let script = try Script("sleep 600")
        let drop = try DeadDrop(command: script.command)
        let task = Task { try await drop.get(from: Self.slot, after: 0) }
        task.cancel()
        await #expect(throws: DeadDropError.cancelled) { try await task.value }
    }

    @Test func soManyRunsAndNoMore() {
        func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }
        var budget = RunBudget(countMax: 3, interval: .seconds(6))
        var taken = [0, 0, 0, 0].map { budget.take(now: at($0)) }
        #expect(taken == [true, true, true, false])
        taken = [5, 6, 7, 13, 13].map { budget.take(now: at($0)) }
        #expect(taken == [false, true, false, true, false])
        taken = [1_000, 1_000, 1_000, 1_000].map { budget.take(now: at($0)) }
        #expect(taken == [true, true, true, false])
    }
}
