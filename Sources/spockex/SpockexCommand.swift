// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SpockexAPI
import SpockexNode

/// The command line: `up` runs a node, everything else talks to it.
@main
struct SpockexCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spockex",
        abstract: "Meet once, stay connected.",
        discussion: """
            Start your node, then meet somebody: one shows an offer, the other answers it, the \
            first accepts the answer.

              spockex up &
              spockex offer --png offer.png
              spockex accept answer.png

            Exit codes: 0 done, 1 refused or failed for good, 64 wrong use, 65 bad input,
            69 the node is not running, 75 not now, retrying makes sense.
            """,
        version: SpockexVersion.current,
        groupedSubcommands: [
            CommandGroup(
                name: "Node", subcommands: [Up.self, Down.self, Status.self, NetCheck.self]),
            CommandGroup(
                name: "Meeting",
                subcommands: [
                    Offer.self, Answer.self, Accept.self, Scan.self, Pairings.self, Retry.self,
                    Cancel.self, Verify.self,
                ]),
            CommandGroup(
                name: "Peers",
                subcommands: [
                    Peers.self, Forget.self, Rename.self, Ping.self, Clusters.self, Cluster.self,
                    Bridges.self, Bridge.self, Card.self, Events.self,
                ]),
        ])

    static func main() async {
        Console.prepareStreams()
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard Self.argumentsAreText else {
            // Decoded with replacement characters they would name other files.
            let error = APIError(
                .usage, "An argument is not UTF-8.",
                hint: "Give the file another name, or its content by `-` (standard input).")
            endProcess(Self.report(error, arguments))
        }
        endProcess(await Self.perform(arguments))
    }

    private static var argumentsAreText: Bool {
        (0..<Int(CommandLine.argc)).allSatisfy { index in
            CommandLine.unsafeArgv[index].map { String(validatingCString: $0) != nil } ?? true
        }
    }

    /// Runs one command line and gives its exit code.
    private static func perform(_ arguments: [String]) async -> Int32 {
        do {
            var command = try Self.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return 0
        } catch let error as APIError {
            return Self.report(error, arguments)
        } catch {
            guard Self.exitCode(for: error).rawValue != 0 else {
                Console.print(Self.fullMessage(for: error))
                return 0
            }
            return Self.report(WrongUse.error(Self.message(for: error), arguments), arguments)
        }
    }

    /// Says what went wrong: for people on standard error, for programs on standard output too.
    ///
    /// What becomes of standard output does not change the exit code.
    private static func report(_ error: APIError, _ arguments: [String]) -> Int32 {
        Console.note("\(Clean.line(error.message))\n\(Clean.line(error.hint))")
        if arguments.prefix(while: { $0 != "--" }).contains("--json"),
            let text = try? JSONLine.text(error)
        {
            Console.printIfPossible(text)
        }
        return error.code.exitCode
    }
}

/// Turns what the argument parser says into one sentence and one hint.
enum WrongUse {
    /// An error of wrong use (exit code 64).
    static func error(_ parserMessage: String, _ arguments: [String]) -> APIError {
        let names = arguments.prefix { !$0.hasPrefix("-") }
        let commands = SpockexCommand.configuration.subcommands
        guard let first = names.first else {
            return APIError(
                .usage, self.sentence(parserMessage),
                hint: "The command comes first: spockex COMMAND [options]. See: spockex --help")
        }
        guard let command = commands.first(where: { $0._commandName == first }) else {
            return APIError(
                .usage, "There is no command `\(first)`.",
                hint: "`spockex --help` lists the commands.")
        }
        let second = names.dropFirst().first { name in
            command.configuration.subcommands.contains { $0._commandName == name }
        }
        let path = [first, second].compactMap(\.self).joined(separator: " ")
        return APIError(
            .usage, self.sentence(parserMessage), hint: "See: spockex \(path) --help")
    }

    private static func sentence(_ message: String) -> String {
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.hasSuffix(".") || line.hasSuffix("?") ? line : line + "."
    }
}
