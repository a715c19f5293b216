// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SpockexAPI

/// Shows everything that the node knows.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the node, its addresses, peers, clusters, pairings and counters.",
        discussion: """
            Examples:
              spockex status
              spockex status --json | jq .peers
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let status = try await self.common.client().status()
        if self.common.json {
            try Console.print(json: status)
            return
        }
        let node = status.node
        var parts = [
            "\(Console.bold(Clean.line(node.name)))  spockex \(node.version), started "
                + "\(Wording.distance(node.startedAt)), listening on "
                + node.listen.joined(separator: ", ")
        ]
        var addresses = Table("ADDRESS", "KNOWN AS", "CONFIRMED BY")
        for address in node.addresses {
            addresses.add(address.endpoint, address.kind, String(address.confirmedBy))
        }
        parts.append(
            node.addresses.isEmpty
                ? "No address of its own is known yet." : addresses.text(indent: "  "))
        parts.append("Router  " + Wording.router(status.router))
        parts.append("Last resorts  " + Wording.lastResorts(status.lastResorts))
        parts.append("Peers\n" + Listing.peers(status.peers, indent: "  "))
        parts += Listing.causes(status)
        parts.append("Clusters\n" + Listing.clusters(status.clusters, indent: "  "))
        if !status.bridges.isEmpty {
            parts.append("Bridges\n" + BridgeText.list(status.bridges, indent: "  "))
        }
        parts.append("Pairings\n" + Listing.pairings(status.pairings, indent: "  "))
        let counters = status.counters.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        if !counters.isEmpty {
            let text = counters.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            parts.append("Counters  \(text)")
        }
        if node.ipgetterQueries > 0 {
            parts.append("An outside service was asked \(node.ipgetterQueries) times.")
        }
        Console.print(parts.joined(separator: "\n\n"))
    }
}

/// Lists of rows for people.
enum Listing {
    /// Why peers and pairings are not reached directly, and what helps.
    static func causes(_ status: StatusReport) -> [String] {
        let peers = status.peers.compactMap { peer in
            peer.cause.map { "  \(Clean.line(peer.name)): \($0.sentence) \($0.hint)" }
        }
        let pairings = status.pairings.compactMap { pairing in
            pairing.cause.map {
                "  pairing \(Wording.short(pairing.id)): \($0.sentence) \($0.hint)"
            }
        }
        let lines = peers + pairings
        return lines.isEmpty ? [] : ["Why not direct\n" + lines.joined(separator: "\n")]
    }

    static func peers(_ peers: [PeerRow], indent: String = "") -> String {
        guard !peers.isEmpty else {
            return indent + "None yet; meet somebody: spockex offer"
        }
        var table = Table(
            "ID", "NAME", "MET", "STATE", "PATH", "ROUND TRIP", "LAST HEARD", "COMPARED")
        for peer in peers {
            table.add(
                Wording.short(peer.id), peer.name, Wording.met(peer),
                peer.forgotten ? "forgotten" : peer.state,
                Wording.path(peer.path), peer.rttMilliseconds.map(Wording.milliseconds) ?? "",
                peer.lastHeardAt.map { Wording.distance($0) } ?? "",
                peer.met == "introduced" ? "" : peer.matchedAt == nil ? "no" : "yes")
        }
        return table.text(indent: indent)
    }

    static func clusters(_ clusters: [ClusterRow], indent: String = "") -> String {
        guard !clusters.isEmpty else { return indent + "None yet." }
        var table = Table("ID", "NAME", "MEMBERS", "CONNECTED", "STANDING")
        for cluster in clusters {
            table.add(
                Wording.short(cluster.id), cluster.name, String(cluster.members),
                String(cluster.connected), cluster.standing)
        }
        return table.text(indent: indent)
    }

    static func pairings(_ pairings: [PairingRow], indent: String = "") -> String {
        guard !pairings.isEmpty else { return indent + "None." }
        var table = Table("ID", "STATE", "ROLE", "SINCE", "EXPIRES", "LAST PROBLEM")
        for pairing in pairings {
            table.add(
                Wording.short(pairing.id), pairing.state, pairing.role,
                Wording.distance(pairing.createdAt), Wording.distance(pairing.expiresAt),
                Wording.problem(pairing.lastError))
        }
        return table.text(indent: indent)
    }
}
