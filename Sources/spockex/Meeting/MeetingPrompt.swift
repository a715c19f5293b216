// SPDX-License-Identifier: Apache-2.0
import SpockexAPI

/// Asks a person on a terminal whether to retry or to cancel, for as long as that is the question.
enum MeetingPrompt {
    /// What came of the question.
    enum Answer {
        case retry, cancel
        /// The end of the input (Ctrl-D).
        case none
        /// The question is no more: something else happened to the pairing.
        case settled
    }

    /// Asks until the person answers or `settled` returns, whichever is first.
    static func ask(
        until settled: @escaping @Sendable () async throws(APIError) -> Void
    ) async throws(APIError) -> Answer {
        Question.forget()
        Console.noteRaw(self.question)
        do {
            return try await withThrowingTaskGroup(of: Answer.self) { group in
                group.addTask { try await self.typed() }
                group.addTask {
                    try await settled()
                    // What happened is told in place of the question.
                    Console.noteRaw(Console.isErrorTerminal ? "\r\u{1b}[K" : "\n")
                    return .settled
                }
                defer { group.cancelAll() }
                return try await group.next() ?? .settled
            }
        } catch let error as APIError {
            throw error
        } catch {
            throw APIClient.interrupted
        }
    }

    private static let question = "[r]etry or [c]ancel? "

    private static func typed() async throws(APIError) -> Answer {
        while true {
            guard let line = try await Question.line() else {
                Console.noteRaw("\n")
                return .none
            }
            switch line.first?.lowercased() {
            case "r": return .retry
            case "c": return .cancel
            default: Console.noteRaw(self.question)
            }
        }
    }
}
