// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SpockexAPI

/// Reads the answer to an own offer.
struct Accept: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Accept the answer to an own offer; the two nodes connect.",
        discussion: """
            Examples:
              spockex accept photo.jpg
              spockex accept answer.txt --wait --json
              spockex accept photo.jpg --cluster family
              spockex accept photo.jpg --bridge
            """)

    @Argument(help: "A picture (PNG, JPEG), an NDEF message or a text file; - for standard input.")
    var source: String

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Take the other, a newcomer, into this cluster (name or id); with --bridge: link it.",
            valueName: "cluster"))
    var cluster: String?

    @Flag(name: .long, help: "Link your clusters, if the offer did not say what is wanted.")
    var bridge = false

    @Flag(name: .long, help: "Be taken into the other's cluster, if the offer did not say so.")
    var join = false

    @Flag(name: .long, help: "Make a cluster of just the two of you, if the offer did not say so.")
    var `private` = false

    @OptionGroup var wait: WaitOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        let chosen = [self.bridge, self.join, self.private, self.cluster != nil && !self.bridge]
        guard chosen.count(where: \.self) <= 1 else {
            throw ValidationError(
                "Only one of --cluster, --join, --bridge and --private can be wanted.")
        }
    }

    func run() async throws {
        let client = try self.common.client()
        let text = try Source.text(self.source)
        let state = try await self.accept(client, text)
        let (waits, canAsk) = self.wait.decision(json: self.common.json)
        guard waits else {
            if self.common.json {
                try Console.print(json: state)
            } else {
                Console.print(
                    "The answer fits; the two nodes are connecting. See: spockex pairings, "
                        + "spockex peers")
            }
            return
        }
        let wait = MeetingWait(client: client, pairing: state.pairing, canAsk: canAsk)
        let report = try await wait.run()
        if self.common.json {
            try Console.print(json: report)
        } else {
            MeetingText.show(report, linked: await wait.linked(report))
        }
    }

    /// Has the answer accepted; a member is asked what is to become of a newcomer.
    private func accept(
        _ client: APIClient, _ text: String
    ) async throws(APIError) -> PairingState {
        var request = AcceptRequest(text: text)
        if let cluster = self.cluster { request.cluster = try await client.cluster(cluster).id }
        request.intent =
            self.bridge ? "bridge" : self.join ? "join" : self.private ? "private" : nil
        if request.intent == nil, request.cluster == nil,
            Console.isInteractive(json: self.common.json),
            let choice = try await BridgePrompt.ask(about: text, client)
        {
            (request.intent, request.cluster) = (choice.intent, choice.cluster)
        }
        do throws(APIError) {
            let state = try await Self.post(request, by: client)
            if request.intent == "bridge" { try await client.tellOfBridge(request.cluster) }
            return state
        } catch {
            // The offer was not a private one, so that the meeting cannot become one any more.
            let links = request.intent == "bridge"
            guard let prompt = ClusterPrompt(error, canBePrivate: false, links: links) else {
                throw error
            }
            guard Console.isInteractive(json: self.common.json) else {
                throw APIError(
                    error.code, error.message,
                    hint: "Give --cluster CLUSTER; for a private relation of two, cancel this "
                        + "pairing and show a new offer with --private.",
                    clusters: error.clusters)
            }
            guard case .cluster(let id) = try await prompt.ask() else {
                throw APIError(
                    .declined,
                    links
                        ? "No cluster is linked; the pairing waits."
                        : "The newcomer is not taken into a cluster; the pairing waits.",
                    hint: "For a private relation of two, cancel it (`spockex pairings`) and show "
                        + "a new offer with --private.")
            }
            request.cluster = id
            let state = try await Self.post(request, by: client)
            if links { try await client.tellOfBridge(id) }
            return state
        }
    }

    private static func post(
        _ request: AcceptRequest, by client: APIClient
    ) async throws(APIError) -> PairingState {
        let unanswered = APIError(
            .interrupted, "The command was interrupted before the node answered.",
            hint: "`spockex pairings` shows whether it has accepted.")
        return try await Interruption.during(throwing: unanswered) {
            () async throws(APIError) -> PairingState in
            try await client.post("/v1/acceptances", request, as: PairingState.self)
        }
    }
}
