// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SpockexAPI

/// Lists the bridges.
struct Bridges: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the bridges to other clusters.",
        discussion: """
            Example:
              spockex bridges
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let bridges = try await self.common.client().status().bridges
        if self.common.json {
            try Console.print(json: BridgeList(bridges: bridges))
        } else {
            Console.print(BridgeText.list(bridges))
        }
    }
}

/// Everything about one bridge.
struct Bridge: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a bridge, say what may cross it, or close it.",
        discussion: """
            Examples:
              spockex bridge show hackers
              spockex bridge policy hackers messages
              spockex bridge close hackers
            """,
        subcommands: [
            BridgeShow.self, BridgePolicyChange.self, BridgeClose.self, BridgeForbid.self,
        ])
}

/// Shows one bridge.
struct BridgeShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a bridge, who is seen across it, and the map.",
        discussion: """
            Example:
              spockex bridge show hackers
            """)

    @Argument(help: "The other cluster's name, the bridge's id or its beginning.")
    var bridge: String

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = try self.common.client()
        let id = try await client.bridge(self.bridge).id
        let report = try await client.get("/v1/bridges/\(id)", as: BridgeReport.self)
        if self.common.json {
            try Console.print(json: report)
        } else {
            Console.print(BridgeText.text(report))
        }
    }
}

/// Says what may cross an own bridge.
struct BridgePolicyChange: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Say what may cross a bridge of which you are an end.",
        discussion: """
            What may cross is what both ends allow: nothing; cards of members who agree; messages
            between two who have cards; relaying, which is the same and more of it. With
            --addresses two who agree may reach each other directly.

            Examples:
              spockex bridge policy hackers messages
              spockex bridge policy hackers relaying --addresses --as "the neighbours"
            """)

    @Argument(help: "The other cluster's name, the bridge's id or its beginning.")
    var bridge: String

    @Argument(help: "nothing, cards, messages or relaying.")
    var level: String

    @Flag(name: .long, help: "Let two who agree tell each other their addresses.")
    var addresses = false

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("What your cluster is called over there.", valueName: "name"))
    var name: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard ["nothing", "cards", "messages", "relaying"].contains(self.level) else {
            throw ValidationError("The policy is nothing, cards, messages or relaying.")
        }
        guard !self.addresses || ["messages", "relaying"].contains(self.level) else {
            throw ValidationError("Addresses go with messages and relaying alone.")
        }
    }

    func run() async throws {
        let client = try self.common.client()
        let id = try await client.bridge(self.bridge).id
        let report = try await client.post(
            "/v1/bridges/\(id)/policy",
            PolicyRequest(level: self.level, addresses: self.addresses, name: self.name),
            as: BridgeReport.self)
        if self.common.json {
            try Console.print(json: report)
        } else {
            Console.print(
                "You allow: \(BridgeText.policy(report.bridge.ownPolicy)). "
                    + "Both ends together: \(BridgeText.policy(report.bridge.policy)).")
        }
    }
}

/// Closes a bridge, or votes for its end.
struct BridgeClose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close", abstract: "Close a bridge; of another member's: vote for its end.",
        discussion: """
            Whoever is an end of the bridge closes it at once. Others vote; more than half of the
            voters close it.

            Example:
              spockex bridge close hackers
            """)

    @Argument(help: "The other cluster's name, the bridge's id or its beginning.")
    var bridge: String

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = try self.common.client()
        let bridge = try await client.bridge(self.bridge)
        guard bridge.state != "closed" else {
            throw APIError(
                .notFound, "That bridge is closed already.",
                hint: "A new one is made by two who meet again, with --bridge on both sides.")
        }
        let id = bridge.id
        let report = try await client.post(
            "/v1/bridges/\(id)/close", EmptyRequest(), as: BridgeCloseReport.self)
        if self.common.json {
            try Console.print(json: report)
        } else {
            Console.print(
                report.did == "closed"
                    ? "The bridge is closed; nothing crosses it any more."
                    : "You have voted for its end; more than half of the voters close it.")
        }
    }
}

/// Votes for a cluster without bridges.
struct BridgeForbid: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forbid", abstract: "Vote for a cluster without bridges, or take that back.",
        discussion: """
            Examples:
              spockex bridge forbid family
              spockex bridge forbid family --undo
            """)

    @Argument(help: "The cluster's name, id or beginning of the id.")
    var cluster: String

    @Flag(name: .long, help: "Take the vote back.")
    var undo = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = try self.common.client()
        let id = try await client.cluster(self.cluster).id
        let report = try await client.post(
            "/v1/clusters/\(id)/bridges", ForbidRequest(forbidden: !self.undo),
            as: ForbidRequest.self)
        if self.common.json {
            try Console.print(json: report)
        } else {
            Console.print(
                report.forbidden
                    ? "You have voted against all bridges; more than half of the voters decide."
                    : "You do not vote against bridges any more.")
        }
    }
}

extension APIClient {
    /// The bridge that a person means; of several to one cluster the one that is open.
    func bridge(_ text: String) async throws(APIError) -> BridgeRow {
        let bridges = try await self.status().bridges
        let open = bridges.filter { $0.state != "closed" }
        // A cluster without a name is shown by the beginning of its alias.
        let alias = text.lowercased()
        let nameless = open.filter {
            alias.count >= 4 && $0.selectableName == nil
                && $0.clusters.last?.hasPrefix(alias) ?? false
        }
        if nameless.count == 1,
            !open.contains(where: {
                $0.id.hasPrefix(alias)
                    || $0.selectableName.map(Clean.seen) == Clean.seen(text)
            })
        {
            return nameless[0]
        }
        return try Selection.one(text, of: bridges, what: "bridge", list: "bridges")
    }
}
