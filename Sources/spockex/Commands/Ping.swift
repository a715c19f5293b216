// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SpockexAPI

/// Measures round trips to a peer.
struct Ping: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure the round trip to a peer, and show the path.",
        discussion: """
            Exit code 0 if one answer came, 75 if none did.

            Examples:
              spockex ping Bob
              spockex ping Bob -c 5 --json
            """)

    @Argument(help: "The peer's name, id or beginning of the id.")
    var peer: String

    @Option(
        name: .customShort("c"),
        help: ArgumentHelp("How many round trips, 1 to 1000, a second apart.", valueName: "n"))
    var count = 1

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (1...1000).contains(self.count) else {
            throw ValidationError("The count of round trips is 1 to 1000.")
        }
    }

    func run() async throws {
        let client = try self.common.client()
        let peer = try await client.peer(self.peer)
        var answers = 0
        for round in 1...self.count {
            if round > 1 { try await Task.sleep(for: .seconds(1)) }
            guard let report = try await Self.round(client, peer.id) else {
                if !self.common.json { Console.print("\(Clean.line(peer.name)): no answer") }
                continue
            }
            answers += 1
            if self.common.json {
                try Console.print(json: report)
            } else {
                Console.print(
                    "\(Clean.line(peer.name)): \(Wording.milliseconds(report.rttMilliseconds)), "
                        + Wording.path(report.path))
            }
        }
        guard answers > 0 else {
            throw APIError(
                .unreachable, "\(peer.name) did not answer.",
                hint:
                    "The node goes on looking for it; `spockex peers` shows when it was last heard."
            )
        }
    }

    /// One round trip; nil if no answer came.
    private static func round(
        _ client: APIClient, _ id: String
    ) async throws(APIError) -> PingReport? {
        do throws(APIError) {
            return try await client.post(
                "/v1/peers/\(id)/ping", EmptyRequest(), as: PingReport.self)
        } catch {
            guard error.code == .unreachable else { throw error }
            return nil
        }
    }
}
