// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SpockexAPI

/// Shows what happened, and what happens.
struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what happened: addresses, peers, pairings, clusters.",
        discussion: """
            Examples:
              spockex events
              spockex events --follow --json
            """)

    @Flag(name: .long, help: "Go on with what happens from now on, until Ctrl-C.")
    var follow = false

    @Option(
        name: .long, help: ArgumentHelp("How many past events, 0 to 1000.", valueName: "n"))
    var limit = 100

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (0...1000).contains(self.limit) else {
            throw ValidationError("The limit of events is 0 to 1000.")
        }
    }

    func run() async throws {
        let client = try self.common.client()
        let names = self.common.json ? nil : try await Self.names(client)
        guard self.follow else {
            for event in try await client.pastEvents(limit: self.limit) {
                try Self.show(event, names)
            }
            return
        }
        try await Self.followUntilSignal(client, limit: self.limit, names)
    }

    /// Ctrl-C is how one ends it, so that is no error.
    private static func followUntilSignal(
        _ client: APIClient, limit: Int, _ names: [String: String]?
    ) async throws(APIError) {
        do throws(APIError) {
            try await Interruption.during(throwing: APIClient.interrupted) {
                () async throws(APIError) -> Void in
                try await Self.follow(client, limit: limit, names)
            }
        } catch {
            guard error.code == .interrupted else { throw error }
        }
    }

    private static func follow(
        _ client: APIClient, limit: Int, _ names: [String: String]?
    ) async throws(APIError) {
        try await client.follow(limit: limit) { () async throws(APIError) -> Bool in
            true
        } event: { (event: EventRow) async throws(APIError) -> Bool in
            try Self.show(event, names)
            return true
        }
        throw APIError(
            .notRunning, "The node has stopped.", hint: "Start it again with: spockex up")
    }

    /// Prints one event: as JSON, or with names as a sentence.
    private static func show(_ event: EventRow, _ names: [String: String]?) throws(APIError) {
        guard let names else {
            try Console.print(json: event)
            return
        }
        Console.print(
            Clean.line("\(Wording.time(event.at))  \(EventText.sentence(event, names))"))
    }

    private static func names(_ client: APIClient) async throws(APIError) -> [String: String] {
        let status = try await client.status()
        let rows = status.peers.map { ($0.id, $0.name) } + status.clusters.map { ($0.id, $0.name) }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }
}
