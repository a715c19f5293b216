// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation

/// This program once more, with other arguments, and what it printed.
enum ChildProcess {
    /// Runs it to its end.
    ///
    /// What it says on standard error is shown; a signal that ends it is an error.
    static func run(_ arguments: [String]) throws -> Data {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = Self.program
        process.arguments = arguments
        process.standardOutput = pipe
        do {
            try process.run()
        } catch {
            Printout.remark(
                "\(Self.program.path) cannot be started: \(error.localizedDescription)")
            throw ExitCode.failure
        }
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus <= 1 else {
            if Interruption.isThere { throw ExitCode(Interruption.exitCode) }
            Printout.remark(
                "simulate \(arguments.joined(separator: " ")) ended with "
                    + "\(process.terminationStatus).")
            throw ExitCode.failure
        }
        return output
    }

    private static var program: URL {
        Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    }
}
