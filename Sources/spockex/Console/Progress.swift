// SPDX-License-Identifier: Apache-2.0
import SpockexAPI

/// Says on standard error what is going on: one line that changes on a terminal, else a line each.
struct Progress {
    private let isSilent: Bool
    private var last = ""

    /// A progress that nobody sees, or one that is shown.
    init(isSilent: Bool = false) {
        self.isSilent = isSilent
    }

    /// Shows what is going on now; the same text twice is shown once.
    mutating func show(_ text: String) {
        let clean = Clean.line(text)
        guard !self.isSilent, clean != self.last else { return }
        self.last = clean
        Console.noteRaw(Console.isErrorTerminal ? "\r\u{1b}[K\(clean)" : "\(clean)\n")
    }

    /// Leaves the terminal with an empty line for what comes next.
    mutating func end() {
        if !self.last.isEmpty, Console.isErrorTerminal { Console.noteRaw("\r\u{1b}[K") }
        self.last = ""
    }
}
