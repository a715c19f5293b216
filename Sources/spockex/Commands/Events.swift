// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SpockexAPI

/// Shows what happened, and what happens.
struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what happened: addresses, peers, pairings.",
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

/// Events as sentences.
enum EventText {
    /// What happened, with names where they are known.
    static func sentence(_ event: EventRow, _ names: [String: String]) -> String {
        let id = event.peer ?? event.pairing ?? ""
        let who = names[id] ?? Wording.short(id)
        let pairing = "Pairing \(Wording.short(event.pairing ?? ""))"
        switch event.kind {
        case "pairingStarted": return "\(pairing) began."
        case "trying":
            return "\(pairing) tries \((event.endpoints ?? []).joined(separator: ", "))."
        case "pairingPhase": return "\(pairing) is \(event.state ?? "")."
        case "pairingProblem": return "\(pairing): \(Wording.problem(event.problem))."
        case "trusted": return "\(who) is a peer now."
        case "pairingEnded":
            let why =
                switch event.reason {
                case "cancelled": "was cancelled"
                case "cancelledByPeer": "was cancelled by the other side"
                case "expired": "ran out of time"
                default: "ended"
                }
            return "\(pairing) \(why)."
        case "peerConnected": return "\(who) is connected at \(event.endpoint ?? "")."
        case "peerUnreachable": return "\(who) cannot be reached; the search has begun."
        case "peerMoved":
            let from = event.from.map { " from \($0)" } ?? ""
            return "\(who) moved\(from) to \(event.endpoint ?? "")."
        case "peerRelayed":
            let helper = event.via.map { names[$0] ?? Wording.short($0) } ?? "a common peer"
            return "\(who) is connected by way of \(helper); a direct path is looked for."
        case "peerForgotten":
            return event.byPeer == true
                ? "\(who) ended the relation." : "\(who) knows that you ended the relation."
        case "ownAddresses":
            let list = (event.addresses ?? []).map { "\($0.endpoint) (\($0.kind))" }
            return "This node's addresses: "
                + (list.isEmpty ? "none known" : list.joined(separator: ", ")) + "."
        default: return event.kind
        }
    }
}
