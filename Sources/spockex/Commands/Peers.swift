// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SpockexAPI

/// Lists the peers.
struct Peers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the peers.",
        discussion: """
            Example:
              spockex peers
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let peers = try await self.common.client().status().peers
        if self.common.json {
            try Console.print(json: PeerList(peers: peers))
        } else {
            Console.print(Listing.peers(peers))
        }
    }
}

/// Ends the relation with a peer.
struct Forget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End the relation with a peer, on both sides.",
        discussion: """
            A peer that cannot be reached now is told later. Membership of a cluster stays.

            Example:
              spockex forget Bob
            """)

    @Argument(help: "The peer's name, id or beginning of the id.")
    var peer: String

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = try self.common.client()
        let peer = try await client.peer(self.peer)
        let report = try await client.delete("/v1/peers/\(peer.id)", as: ForgetReport.self)
        if self.common.json {
            try Console.print(json: report)
        } else {
            Console.print("\(Clean.line(peer.name)) is forgotten; they are told when reachable.")
        }
    }
}

/// Gives a peer another name.
struct Rename: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a peer a name of your own.",
        discussion: """
            The empty name shows again what the peer calls itself.

            Example:
              spockex rename 3f2a "Bob's server"
            """)

    @Argument(help: "The peer's name, id or beginning of the id.")
    var peer: String

    @Argument(help: "The new name, at most 64 bytes.")
    var name: String

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = try self.common.client()
        let id = try await client.peer(self.peer).id
        let report = try await client.post(
            "/v1/peers/\(id)/name", NameRequest(name: self.name), as: RenameReport.self)
        if self.common.json {
            try Console.print(json: report)
        } else {
            Console.print("The peer is called \(Clean.line(report.name)) now.")
        }
    }
}

/// Shows the digits that two people compare.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the 20 digits that both screens must show.",
        discussion: """
            Read them to each other, or look at both screens. If they differ, forget the peer.

            Examples:
              spockex verify Bob
              spockex verify Bob --matched
            """)

    @Argument(help: "The peer's name, id or beginning of the id.")
    var peer: String

    @Flag(name: .long, help: "Record that the two of you compared the digits.")
    var matched = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = try self.common.client()
        let peer = try await client.peer(self.peer)
        let report: VerifyReport
        if self.matched {
            report = try await client.post(
                "/v1/peers/\(peer.id)/matched", EmptyRequest(), as: VerifyReport.self)
        } else {
            report = try await client.get(
                "/v1/peers/\(peer.id)/safety-number", as: VerifyReport.self)
        }
        if self.common.json {
            try Console.print(json: report)
            return
        }
        let name = Clean.line(peer.name)
        let state =
            report.matchedAt.map { "Compared \(Wording.time($0))." }
            ?? "Not compared yet. If \(name)'s screen shows the same: spockex verify "
            + "\(Wording.short(peer.id)) --matched"
        Console.print("\(Console.bold(Wording.safetyNumber(report.safetyNumber)))\n\(state)")
    }
}
