// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// The built program, run as a process of its own.
enum Program {
    /// What a finished run left behind.
    struct Result {
        var code: Int32
        var output: String
        var errors: String

        /// The lines of standard output.
        var lines: [String] { self.output.split(separator: "\n").map(String.init) }

        /// A line of standard output as a JSON object.
        func object(_ line: Int = 0) throws -> [String: Any] {
            let text = try #require(self.lines.count > line ? self.lines[line] : nil)
            return try #require(
                try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        }

        /// The code in the error object on standard output.
        func errorCode(_ line: Int = 0) throws -> String? {
            (try self.object(line)["error"] as? [String: Any])?["code"] as? String
        }
    }

    /// The program beside the test bundle, or where SPOCKEX_PROGRAM says.
    static let url: URL = {
        if let path = ProcessInfo.processInfo.environment["SPOCKEX_PROGRAM"] {
            return URL(fileURLWithPath: path)
        }
        let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return bundle.deletingLastPathComponent().appendingPathComponent("spockex")
    }()

    /// Runs the program to its end.
    static func run(
        _ arguments: String..., home: TestFolder? = nil, input: String = ""
    ) throws -> Result {
        let running = try Running(arguments, home: home, input: input)
        return running.finish()
    }

    /// What a shell does with standard output before it becomes the program.
    enum Output: String, CaseIterable {
        /// It is closed.
        case closed = #"exec "$0" "$@" >&-"#
        /// The disk is full.
        case full = #"exec "$0" "$@" >/dev/full"#
        /// A pipe that nobody reads any more.
        case broken = """
            pipe=/tmp/spx-pipe-$$; mkfifo "$pipe"; exec 3<>"$pipe" 4>"$pipe" 3<&-; rm "$pipe"; \
            exec "$0" "$@" >&4 4>&-
            """
    }
}

/// A run of the program that is under way.
final class Running {
    private let process = Process()
    private let output = LineReader()
    private let errors = LineReader()

    /// Starts the program; the home is given by the environment.
    convenience init(
        _ arguments: [String], home: TestFolder? = nil, input: String = "",
        output: Program.Output? = nil
    ) throws {
        try self.init(output?.rawValue, arguments, home: home, input: input)
    }

    /// Starts the program by a line of the shell, where it is `"$0"` and its arguments `"$@"`.
    init(
        _ shell: String?, _ arguments: [String], home: TestFolder? = nil, input: String = ""
    ) throws {
        let scratch = try TestFolder()
        let inputFile = scratch.file("input")
        try Data(input.utf8).write(to: inputFile)
        self.process.executableURL = shell == nil ? Program.url : URL(fileURLWithPath: "/bin/sh")
        self.process.arguments =
            (shell.map { ["-c", $0, Program.url.path] } ?? []) + arguments
        var environment = ProcessInfo.processInfo.environment
        environment["SPOCKEX_HOME"] = home?.home ?? "/nonexistent/spockex"
        environment["XDG_STATE_HOME"] = nil
        environment["HOME"] = "/nonexistent"
        self.process.environment = environment
        self.process.standardInput = try FileHandle(forReadingFrom: inputFile)
        self.process.standardOutput = self.output.pipe
        self.process.standardError = self.errors.pipe
        self.scratch = scratch
        try self.process.run()
        // Our own copies of the writing ends would keep the pipes open after the program's end.
        try self.output.pipe.fileHandleForWriting.close()
        try self.errors.pipe.fileHandleForWriting.close()
    }

    private let scratch: TestFolder

    deinit {
        if self.process.isRunning { self.process.terminate() }
    }

    /// The next line of standard output; nil at its end.
    func nextLine() -> String? {
        self.output.next()
    }

    /// The next line of standard error; nil at its end.
    func nextErrorLine() -> String? {
        self.errors.next()
    }

    /// Sends a signal.
    func signal(_ number: Int32) {
        kill(self.process.processIdentifier, number)
    }

    /// Waits for the end.
    func finish() -> Program.Result {
        // What the program says on standard error is short and fits into the pipe meanwhile.
        while self.nextLine() != nil {}
        while self.nextErrorLine() != nil {}
        self.process.waitUntilExit()
        return Program.Result(
            code: self.process.terminationReason == .uncaughtSignal
                ? -self.process.terminationStatus : self.process.terminationStatus,
            output: self.output.text, errors: self.errors.text)
    }
}

/// Lines of a pipe as they come, and all that came so far.
private final class LineReader {
    let pipe = Pipe()
    private(set) var text = ""
    private var pending = Data()

    func next() -> String? {
        while true {
            if let end = self.pending.firstIndex(of: 0x0a) {
                let line = String(decoding: self.pending[..<end], as: UTF8.self)
                self.pending = Data(self.pending[self.pending.index(after: end)...])
                self.text += line + "\n"
                return line
            }
            let chunk = self.pipe.fileHandleForReading.availableData
            guard !chunk.isEmpty else {
                self.text += String(decoding: self.pending, as: UTF8.self)
                self.pending = Data()
                return nil
            }
            self.pending += chunk
        }
    }
}

/// A folder of one test, removed with it.
final class TestFolder {
    private let url: URL

    init() throws {
        // Short, because a socket's path has to fit into 107 bytes.
        self.url = URL(fileURLWithPath: "/tmp/spx-\(UInt64.random(in: .min ... .max))")
        try FileManager.default.createDirectory(
            at: self.url, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(at: self.url)
    }

    /// A file in it.
    func file(_ name: String) -> URL {
        self.url.appendingPathComponent(name)
    }

    /// The path of a file in it.
    func path(_ name: String) -> String {
        self.file(name).path
    }

    /// The home of a node in it.
    var home: String { self.path("home") }
}

/// A node that listens on a free port of loopback until the test ends.
final class TestNode {
    let folder: TestFolder
    private let running: Running

    init(name: String, folder: TestFolder? = nil) throws {
        self.folder = try folder ?? TestFolder()
        self.running = try Running(
            ["up", "--listen", "127.0.0.1:0", "--name", name, "--json"], home: self.folder)
        let line = try #require(self.running.nextLine(), "the node did not start")
        try #require(line.contains(#""state":"running""#), Comment(rawValue: line))
    }

    deinit {
        _ = try? self.run("down")
    }

    /// Runs a command on this node.
    func run(_ arguments: String..., input: String = "") throws -> Program.Result {
        try Running(arguments, home: self.folder, input: input).finish()
    }

    /// The node's line about where it listens, and all that it says on standard error after it.
    func nextErrorLine() -> String? {
        self.running.nextErrorLine()
    }

    /// Starts a command on this node.
    func start(_ arguments: String...) throws -> Running {
        try Running(arguments, home: self.folder)
    }

    /// Tells the node to end by a signal, and waits for it.
    func end(_ signal: Int32) -> Program.Result {
        self.running.signal(signal)
        return self.running.finish()
    }

    /// Waits until the node has ended by itself.
    func finish() -> Program.Result {
        self.running.finish()
    }
}
