// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Entanglement
import SpockexAPI

/// What kind of meeting is wanted, and what to show; the same for `offer` and `answer`.
struct WishOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Take the other into this cluster (name or id); with --bridge: link this one.",
            valueName: "cluster"))
    var cluster: String?

    @Flag(name: .long, help: "Be taken into the other's cluster.")
    var join = false

    @Flag(name: .long, help: "Link two clusters without merging them.")
    var bridge = false

    @Flag(name: .long, help: "Make a cluster of just the two of you.")
    var `private` = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Show this address instead of the known ones; up to three, or `unknown`.",
            valueName: "ip:port"))
    var host: [String] = []

    func validate() throws {
        let chosen = [
            self.cluster != nil && !self.bridge, self.join, self.bridge, self.private,
        ]
        guard chosen.count(where: \.self) <= 1 else {
            throw ValidationError(
                "Only one of --cluster, --join, --bridge and --private can be wanted.")
        }
        guard !self.host.contains("unknown") || self.host.count == 1 else {
            throw ValidationError("`--host unknown` stands alone.")
        }
        guard self.host.count <= 3 else {
            throw ValidationError("A code has room for three hosts at most.")
        }
        for text in self.host where text != "unknown" {
            guard let endpoint = Endpoint(text), endpoint.isUsable else {
                throw ValidationError(
                    "`\(Clean.line(text))` is not an address to show: IP:PORT, [IP]:PORT for IPv6.")
            }
        }
    }

    /// The wish, with the name of a cluster looked up.
    func wish(_ client: APIClient, life: Life) async throws(APIError) -> MeetingWish {
        var wish = MeetingWish(lifeSeconds: life.seconds)
        if !self.host.isEmpty {
            wish.hosts = self.host == ["unknown"] ? [] : self.host
        }
        if let cluster = self.cluster {
            let clusters = try await client.status().clusters
            wish.intent = self.bridge ? "bridge" : "cluster"
            wish.cluster =
                try Selection.one(cluster, of: clusters, what: "cluster", list: "clusters").id
        } else if self.join {
            wish.intent = "join"
        } else if self.bridge {
            wish.intent = "bridge"
        } else if self.private {
            wish.intent = "private"
        }
        return wish
    }
}

/// The life of an offer: a number with `s`, `m` or `h`, 10 seconds to 24 hours.
struct Life: ExpressibleByArgument, Equatable {
    var seconds: Int

    /// How long an offer lives, unless it is said.
    static let usual = Life(seconds: 600)

    init(seconds: Int) {
        self.seconds = seconds
    }

    init?(argument: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
        guard let last = argument.last, let unit = units[last],
            argument.dropLast().allSatisfy({ $0.isASCII && $0.isNumber }),
            argument.utf8.count <= 6, let number = Int(argument.dropLast()),
            (10...86_400).contains(number * unit)
        else { return nil }
        self.seconds = number * unit
    }

    var defaultValueDescription: String { "\(self.seconds / 60)m" }
}

extension APIClient {
    /// Everything that the node knows.
    func status() async throws(APIError) -> StatusReport {
        try await self.get("/v1/status", as: StatusReport.self)
    }

    /// The peer that a person means.
    func peer(_ text: String) async throws(APIError) -> PeerRow {
        let peers = try await self.status().peers
        return try Selection.one(text, of: peers, what: "peer", list: "peers")
    }

    /// The pairing that a person means.
    func pairing(_ text: String) async throws(APIError) -> PairingRow {
        let pairings = try await self.status().pairings
        return try Selection.one(text, of: pairings, what: "pairing", list: "pairings")
    }

    /// The cluster that a person means.
    func cluster(_ text: String) async throws(APIError) -> ClusterRow {
        let clusters = try await self.status().clusters
        return try Selection.one(text, of: clusters, what: "cluster", list: "clusters")
    }
}
