// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SpockexAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Stops the node and waits until it has ended.
struct Down: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stop the running node.",
        discussion: """
            Returns when the node has stored everything and released its home.

            Example:
              spockex down
            """)

    /// How long a node may take to end.
    private static let limit = Duration.seconds(20)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = try self.common.client()
        let lockPath = try self.common.homePath() + "/spockex.lock"
        _ = try await client.post("/v1/stop", EmptyRequest(), as: StopReport.self)
        let end = ContinuousClock.now + Self.limit
        while try Self.isLocked(lockPath) {
            guard ContinuousClock.now < end else {
                throw APIError(
                    .timedOut, "The node has not ended yet.",
                    hint: "It was told to; look at its log, and try again.")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        if self.common.json {
            try Console.print(json: StopReport(state: "stopped"))
        } else {
            Console.print("The node has stopped.")
        }
    }

    /// Whether the node still holds its home; asks for a shared lock and gives it back at once.
    private static func isLocked(_ path: String) throws(APIError) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { _ = close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }
}
