// SPDX-License-Identifier: Apache-2.0
import SpockexAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Asks a person on a terminal.
enum Question {
    /// What the person typed, without the line's end; nil at the end of the input (Ctrl-D).
    ///
    /// Ctrl-C throws `interrupted`; the question is asked before anything is done. What was typed before
    /// it was shown answers nothing.
    static func ask(_ text: String) async throws(APIError) -> String? {
        self.forget()
        Console.noteRaw(text)
        let stopped = APIError(
            .interrupted, "The command was interrupted; nothing was done.",
            hint: "Start it again when you like.")
        let typed = try await Interruption.during(throwing: stopped) {
            () async throws(APIError) -> String? in
            try await self.line()
        }
        if typed == nil { Console.noteRaw("\n") }
        return typed
    }

    /// What was typed before now answers nothing.
    static func forget() {
        tcflush(STDIN_FILENO, TCIFLUSH)
    }

    /// A line from the terminal; nil at its end.
    ///
    /// Gives way to whatever else happens every tenth of a second.
    static func line() async throws(APIError) -> String? {
        while true {
            var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            if poll(&waiting, 1, 0) > 0 { return readLine() }
            do {
                try await Task.sleep(for: .milliseconds(100))
            } catch {
                throw APIClient.interrupted
            }
        }
    }
}
