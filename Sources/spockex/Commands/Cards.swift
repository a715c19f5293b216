// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SpockexAPI

/// What this node shows to other clusters.
struct Card: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Agree to be seen by another cluster, or do not any more.",
        discussion: """
            Without a card nothing of you crosses a bridge.

            Examples:
              spockex card allow hackers
              spockex card deny hackers
            """,
        subcommands: [CardAllow.self, CardDeny.self])
}

/// Gives a card.
struct CardAllow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "allow", abstract: "Agree to be seen by another cluster.",
        discussion: """
            They see the name, under keys made for it; members of your own cluster see that you
            agreed. Nothing else crosses: no address unless you say --addresses.

            Examples:
              spockex card allow hackers
              spockex card allow hackers --only-seen --as "Emil B."
            """)

    @Argument(help: "The other cluster's name, or the bridge's id or its beginning.")
    var cluster: String

    @Flag(name: .long, help: "Be seen, and talk to nobody.")
    var onlySeen = false

    @Flag(name: .long, help: "Talk as much as the bridge allows.")
    var relaying = false

    @Flag(name: .long, help: "Tell those who do the same where you are, to be reached directly.")
    var addresses = false

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("What you are called over there.", valueName: "name"))
    var name: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard !self.onlySeen || !self.relaying && !self.addresses else {
            throw ValidationError("--only-seen stands alone.")
        }
    }

    func run() async throws {
        let level = self.onlySeen ? "cards" : self.relaying ? "relaying" : "messages"
        let client = try self.common.client()
        let bridge = try await client.bridge(self.cluster)
        let report = try await client.post(
            "/v1/bridges/\(bridge.id)/card",
            CardRequest(level: level, addresses: self.addresses, name: self.name),
            as: BridgeReport.self)
        if self.common.json {
            try Console.print(json: report)
        } else {
            Console.print(BridgeText.allowed(report))
        }
    }
}

/// Takes a card back.
struct CardDeny: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deny", abstract: "Be seen by another cluster no more.",
        discussion: """
            Example:
              spockex card deny hackers
            """)

    @Argument(help: "The other cluster's name, or the bridge's id or its beginning.")
    var cluster: String

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = try self.common.client()
        let bridge = try await client.bridge(self.cluster)
        let report = try await client.post(
            "/v1/bridges/\(bridge.id)/card", CardRequest(level: nil), as: BridgeReport.self)
        if self.common.json {
            try Console.print(json: report)
        } else {
            Console.print("“\(BridgeText.other(report.bridge))” does not see you any more.")
        }
    }
}
