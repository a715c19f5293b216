// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// A place of the person's own where a short sealed text can be left and fetched: a command.
///
/// `COMMAND put SLOT` gets the text on its standard input and stores it under the name, over what
/// was there; `COMMAND get SLOT` prints what is stored there, or nothing. SLOT is 32 hexadecimal
/// digits. No shell takes part. A run has 10 s and 4,096 bytes, one runs at a time, 30 at once and
/// then one in 6 s. What cannot be done is thrown and kept for the person to see.
public actor DeadDrop {
    /// What was done, for people.
    public struct Report: Sendable, Equatable {
        /// Runs that did what they were to do.
        public var successCount: UInt64 = 0
        /// Runs that did not.
        public var failureCount: UInt64 = 0
        /// The last run's failure; nil after a success.
        public var failure: DeadDropError?
    }

    /// What was done so far.
    public private(set) var report = Report()

    private let words: [String]
    private let timeLimit: Duration
    private var budget = RunBudget(
        countMax: LastResortLimits.runCount, interval: LastResortLimits.runInterval)
    private var isRunning = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// A dead drop by that command: words between spaces, the first one a program in the path.
    ///
    /// Nothing is quoted or replaced: for more than words, name a script.
    public init(command: String) throws(DeadDropError) {
        try self.init(command: command, timeLimit: LastResortLimits.commandTime)
    }

    init(command: String, timeLimit: Duration) throws(DeadDropError) {
        let words = command.split(whereSeparator: \.isWhitespace).map(String.init)
        guard (1...LastResortLimits.wordCount).contains(words.count),
            !command.utf8.contains(0)
        else { throw .badCommand }
        self.words = words
        self.timeLimit = timeLimit
    }

    /// Leaves a note for the other one of a pair.
    public func put(
        _ note: LastResortNote, in slot: LastResortSlot
    ) async throws(DeadDropError) {
        _ = try await self.run("put", slot.name, LastResortSlot.text(of: slot.seal(note)) + "\n")
    }

    /// Fetches a note of the other one; nil when there is none.
    ///
    /// `accepted`: the greatest number that was taken from this peer.
    public func get(
        from slot: LastResortSlot, after accepted: UInt64
    ) async throws(DeadDropError) -> LastResortNote? {
        let text = try await self.run("get", slot.name, "")
        guard text.contains(where: { $0 > 0x20 }) else { return nil }
        do throws(LastResortError) {
            return try slot.open(LastResortSlot.value(of: text), after: accepted)
        } catch .notNewer {
            return nil
        } catch {
            throw self.failed(.unreadable(error))
        }
    }

    private func run(
        _ verb: String, _ name: String, _ input: String
    ) async throws(DeadDropError) -> [UInt8] {
        try await self.enter()
        defer { self.leave() }
        guard self.budget.take(now: SystemClock.instant()) else { throw self.failed(.tooOften) }
        let run = CommandRun(
            words: self.words + [verb, name], input: Array(input.utf8), timeLimit: self.timeLimit)
        let outcome = await run.outcome()
        if let error = DeadDropError(outcome) { throw self.failed(error) }
        self.report.successCount += 1
        self.report.failure = nil
        return outcome.output
    }

    private func failed(_ error: DeadDropError) -> DeadDropError {
        self.report.failureCount += 1
        self.report.failure = error
        return error
    }

    private func enter() async throws(DeadDropError) {
        guard self.isRunning else {
            self.isRunning = true
            return
        }
        guard self.waiting.count < LastResortLimits.waitingCount else {
            throw self.failed(.tooOften)
        }
        await withCheckedContinuation { self.waiting.append($0) }
    }

    private func leave() {
        if self.waiting.isEmpty {
            self.isRunning = false
        } else {
            self.waiting.removeFirst().resume()
        }
    }
}

/// Why the person's command did not leave or fetch a text.
public enum DeadDropError: Error, Equatable, CustomStringConvertible {
    /// No word, or more than 32.
    case badCommand
    /// The system does not start it; the code of the system.
    case cannotStart(code: CInt)
    /// It ended with that code; what it said last on standard error.
    case exited(code: CInt, said: String)
    /// A signal ended it.
    case killed(signal: CInt)
    /// It took more than 10 s, and was ended.
    case tookTooLong
    /// It printed more than 4,096 bytes, and was ended.
    case printedTooMuch
    /// What it printed is no note of this peer.
    case unreadable(LastResortError)
    /// It was run too often.
    case tooOften
    /// The node ends.
    case cancelled

    init?(_ outcome: CommandRun.Outcome) {
        switch outcome.end {
        case .exited(code: 0): return nil
        case .exited(let code):
            self = .exited(code: code, said: Self.lastLine(of: outcome.complaint))
        case .killed(let signal): self = .killed(signal: signal)
        case .tookTooLong: self = .tookTooLong
        case .printedTooMuch: self = .printedTooMuch
        case .cannotStart(let code): self = .cannotStart(code: code)
        case .cancelled: self = .cancelled
        }
    }

    /// A sentence for people.
    public var description: String {
        switch self {
        case .badCommand: "The dead drop's command needs 1 to 32 words."
        case .cannotStart(let code): "The dead drop's command cannot be started (error \(code))."
        case .exited(let code, said: ""): "The dead drop's command ended with \(code)."
        case .exited(let code, let said): "The dead drop's command ended with \(code): \(said)"
        case .killed(let signal): "The dead drop's command was ended by signal \(signal)."
        case .tookTooLong: "The dead drop's command took too long."
        case .printedTooMuch: "The dead drop's command printed too much."
        case .unreadable: "What the dead drop has is not from this peer."
        case .tooOften: "The dead drop was used too often."
        case .cancelled: "The node ended while the dead drop was used."
        }
    }

    /// The last line with a letter in it, without what could move the cursor of a terminal.
    private static func lastLine(of complaint: [UInt8]) -> String {
        let lines = complaint.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d })
        guard let line = lines.last(where: { $0.contains { $0 > 0x20 } }) else { return "" }
        var shown = ""
        for scalar in String(decoding: line, as: UTF8.self).unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate:
                continue
            default: shown.unicodeScalars.append(scalar)
            }
            if shown.utf8.count >= LastResortLimits.shownByteCount { break }
        }
        return shown
    }
}
