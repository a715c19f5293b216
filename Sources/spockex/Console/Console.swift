// SPDX-License-Identifier: Apache-2.0
import SpockexAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Standard input, output and error of this command.
enum Console {
    /// Whether a person reads standard output.
    static let isOutputTerminal = isatty(STDOUT_FILENO) == 1
    /// Whether a person reads standard error.
    static let isErrorTerminal = isatty(STDERR_FILENO) == 1
    /// Whether a person types.
    static let isInputTerminal = isatty(STDIN_FILENO) == 1

    /// Whether standard output may be coloured (https://no-color.org).
    static let usesColour =
        Console.isOutputTerminal && (Environment.value("NO_COLOR") ?? "").isEmpty
        && Environment.value("TERM") != "dumb"

    /// Whether a person is there who can be asked.
    static func isInteractive(json: Bool) -> Bool {
        self.isInputTerminal && self.isErrorTerminal && !json
    }

    /// Ignores the signal of broken pipes, and opens `/dev/null` for what is closed of standard
    /// input, output and error: else the next file would take such a number, and our text.
    static func prepareStreams() {
        signal(SIGPIPE, SIG_IGN)
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number, which is this one.
            _ = open("/dev/null", O_RDWR)
        }
    }

    /// Writes a line to standard output, at once; ends the command when that cannot be.
    ///
    /// When nobody reads any more (`spockex events | head`) there is nothing left to do, and that
    /// is no failure.
    static func print(_ text: String) {
        switch self.write(self.line(text), to: STDOUT_FILENO) {
        case 0: return
        case EPIPE: exit(0)
        default:
            self.note("Standard output cannot be written.\nSee that the disk is not full.")
            exit(1)
        }
    }

    /// Writes a line to standard output, at once; if that cannot be, all goes on without it.
    static func printIfPossible(_ text: String) {
        _ = self.write(self.line(text), to: STDOUT_FILENO)
    }

    /// Writes one object on one line to standard output.
    static func print(json value: some Encodable) throws(APIError) {
        self.print(try JSONLine.text(value))
    }

    /// Writes a line to standard error.
    static func note(_ text: String) {
        _ = self.write(text + "\n", to: STDERR_FILENO)
    }

    /// Writes text to standard error as it is.
    static func noteRaw(_ text: String) {
        _ = self.write(text, to: STDERR_FILENO)
    }

    /// Bold text, if standard output may be coloured.
    static func bold(_ text: String) -> String {
        self.usesColour ? "\u{1b}[1m\(text)\u{1b}[0m" : text
    }

    private static func line(_ text: String) -> String {
        text.hasSuffix("\n") ? text : text + "\n"
    }

    /// Writes all of it; gives 0 or the `errno`.
    private static func write(_ text: String, to descriptor: CInt) -> CInt {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { bytes in
                systemWrite(descriptor, bytes.baseAddress, bytes.count)
            }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }
}

/// `write(2)`, which would otherwise be hidden by methods of that name.
func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
        Glibc.write(descriptor, bytes, count)
    #elseif canImport(Musl)
        Musl.write(descriptor, bytes, count)
    #else
        Darwin.write(descriptor, bytes, count)
    #endif
}

/// The environment of this process.
enum Environment {
    /// The value of a variable; nil if it is not set.
    static func value(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

/// `exit(3)`, which is hidden by the argument parser's methods of that name.
func endProcess(_ code: Int32) -> Never {
    exit(code)
}
