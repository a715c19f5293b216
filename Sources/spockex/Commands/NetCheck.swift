// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SpockexAPI

/// Tells what the node knows of the network around this device.
struct NetCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "netcheck",
        abstract: "Show what kind of network this device is in, and what that means.",
        discussion: """
            Nobody is asked for it: the node tells what peers, the router and, if it was asked \
            before, the IPgetter said.

            Examples:
              spockex netcheck
              spockex netcheck --json | jq .nat
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = try self.common.client()
        let report = try await client.get("/v1/netcheck", as: NetworkReport.self)
        if self.common.json {
            try Console.print(json: report)
            return
        }
        var table = Table("WHAT", "FINDING")
        table.add("NAT", Self.nat(report.nat.mapping))
        table.add("UDP", Self.udp(report.udp))
        table.add("IPv4", Self.family(report.ipv4))
        table.add("IPv6", Self.family(report.ipv6))
        table.add("pings IPv4", Self.pings(report.ipv4, by: "router"))
        table.add("pings IPv6", Self.pings(report.ipv6, by: "firewall"))
        table.add("firewall", Self.firewall(report.firewall))
        table.add("router", Self.router(report.router))
        for voice in report.peersSay {
            table.add("\(Clean.line(voice.peer)) says", "you are at \(voice.endpoint)")
        }
        let unreachable = try await client.status().peers.filter { $0.state != "connected" }
        var parts = [table.text(), report.nat.consequence]
        parts += unreachable.compactMap { peer in
            peer.cause.map { "\(Clean.line(peer.name)): \($0.sentence) \($0.hint)" }
        }
        Console.print(parts.joined(separator: "\n\n"))
    }

    private static func nat(_ mapping: String) -> String {
        switch mapping {
        case "none": "none: a public address"
        case "endpointIndependent": "one port for all (endpoint-independent mapping)"
        case "addressDependent": "a port for each address (address-dependent mapping)"
        case "addressAndPortDependent":
            "a random port for each connection (address and port-dependent mapping)"
        case "sequential": "the next port for each connection (sequential mapping)"
        case "unknown": "not known yet"
        default: mapping
        }
    }

    private static func udp(_ state: String) -> String {
        switch state {
        case "yes": "gets out and comes back"
        case "no": "does not come back: this network seems to block it"
        default: "not known yet"
        }
    }

    private static func family(_ family: NetworkReport.Family) -> String {
        let local = family.local.isEmpty ? "none" : family.local.joined(separator: ", ")
        return family.outside.isEmpty
            ? local : "\(local); seen from outside as \(family.outside.joined(separator: ", "))"
    }

    private static func pings(_ family: NetworkReport.Family, by device: String) -> String {
        if family.isOpen { return "none: others get in anyway" }
        guard let lifetime = family.lifetime else {
            return "not measured yet: needs a peer that lets strangers in"
        }
        let rest = "a ping every \(lifetime.rest) s"
        switch (lifetime.outlasted, lifetime.endedWithin) {
        case (let outlasted?, let ended?):
            return
                "the \(device) remembers for \(outlasted) s, not for \(ended) s; \(rest)"
        case (let outlasted?, nil):
            return "the \(device) remembers for more than \(outlasted) s; \(rest)"
        case (nil, let ended?):
            return "the \(device) forgets within \(ended) s; \(rest)"
        case (nil, nil): return rest
        }
    }

    private static func firewall(_ state: String) -> String {
        state == "none" ? "none in the way: others got in without being called" : "not known yet"
    }

    private static func router(_ router: RouterRow?) -> String {
        guard let router else { return "not known yet" }
        if let address = router.externalAddress {
            return "opened \(address) (\(router.protocol ?? "by itself"))"
        }
        return router.reason ?? router.state
    }
}
