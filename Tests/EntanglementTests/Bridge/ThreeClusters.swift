// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Three clusters of three hosts each, 0 to 2, 3 to 5, 6 to 8, and bridges between them, with
/// cryptography that leaves everything readable.
struct ThreeClusters {
    var circle: Circle
    let clusters: [ClusterID]
    private let policy: BridgePolicy

    static let names = [
        "Anna", "Beate", "Carla", "Dora", "Emil", "Fritz", "Gerda", "Hanno", "Irene",
    ]
    static let primitives = StandInPrimitives()

    /// Bridges between these; everybody has a card for each cluster that its own is linked with.
    init(_ ends: [(Int, Int)], seed: UInt64 = 1, addresses: Bool = false) throws {
        var circle = Circle(Self.names, seed: seed, primitives: Self.primitives)
        var clusters: [ClusterID] = []
        for first in [0, 3, 6] {
            let cluster = try circle.found(first, first + 1)
            try circle.takeIn(first + 2, by: first, into: cluster)
            clusters.append(cluster)
        }
        circle.run(for: .seconds(10))
        self.circle = circle
        self.clusters = clusters
        self.policy = BridgePolicy(.relaying, addresses: addresses)
        for (one, other) in ends { try self.bridge(one, other) }
        for number in 0..<9 {
            let aliases = Set(self.status(number).bridges.map(\.alias))
            for alias in aliases.sorted() { self.give(number, for: alias) }
        }
        self.circle.run(for: .seconds(30))
    }

    mutating func bridge(_ one: Int, _ other: Int) throws {
        let id = try self.circle.bridge(one, other)
        for number in [one, other] {
            #expect(self.circle.request(number, .setBridge(id, self.policy)) == .done)
        }
        self.circle.run(for: .seconds(2))
    }

    private mutating func give(_ number: Int, for alias: ClusterAlias) {
        let reply = self.circle.request(
            number, .giveCard(self.clusters[number / 3], for: alias, self.policy))
        #expect(reply == .done)
        self.circle.run(for: .seconds(1))
    }

    func status(_ number: Int) -> NodeStatus {
        self.circle.hosts[number].node.status(now: self.circle.now)
    }

    func alias(_ cluster: Int) -> ClusterAlias {
        ClusterAlias(of: self.clusters[cluster], Self.primitives)
    }

    /// The names that a host sees across.
    func seen(by number: Int) -> [String] { self.status(number).foreignCards.map(\.name).sorted() }

    /// The own card of a host for another cluster.
    func card(of number: Int, for cluster: Int) throws -> CardID {
        let alias = self.alias(cluster)
        return try #require(
            self.status(number).givenCards.first { $0.isOwn && $0.alias == alias }?.id)
    }

    func relation(_ number: Int, with other: Int) -> RelationID? {
        self.status(number).foreignCards.first { $0.name == Self.names[other] }?.relation
    }

    func isConnected(_ number: Int, with other: Int) -> Bool {
        guard let id = self.relation(number, with: other) else { return false }
        return self.status(number).peers.first { $0.id == id }?.isConnected ?? false
    }

    /// How many datagrams were carried by each host.
    var carried: [UInt64] { self.circle.hosts.map { $0.node.tally.carried } }

    /// Everything by which somebody of a cluster could be known: ids, keys, cards, names,
    /// addresses, and the alias of the cluster.
    func needles(of cluster: Int) throws -> Needles {
        var needles = [self.alias(cluster).bytes, self.clusters[cluster].bytes]
        needles.append(Array("\(self.alias(cluster))".utf8))
        for number in (3 * cluster)..<(3 * cluster + 3) {
            let record = try #require(self.circle.record(number, self.clusters[cluster]))
            let keys = try #require(record.membership.keys(Self.primitives)).0
            needles += [record.membership.member.bytes, keys.signingKey.bytes]
            needles += [keys.agreementKey.bytes, Array(Self.names[number].utf8)]
            needles += [Array("\(record.membership.member)".utf8)]
            for given in self.status(number).givenCards where given.isOwn {
                needles += [given.id.bytes, Array("\(given.id)".utf8)]
                let card = CardKeys(
                    record.membership, of: self.clusters[cluster], for: given.alias,
                    Self.primitives)
                let keys = try #require(card.keys(Self.primitives)).0
                needles += [keys.signingKey.bytes, keys.agreementKey.bytes]
            }
            let place = self.circle.hosts[number].endpoint
            needles += [place.address.bytes, Array("\(place.address)".utf8)]
        }
        return Needles(needles)
    }

    /// Whether anybody of these holds, or was ever sent, any of that.
    func anybody(of hosts: Range<Int>, knows needles: Needles) -> Bool {
        let places = hosts.map { self.circle.hosts[$0].endpoint }
        let isSent = self.circle.log.contains { sent in
            places.contains(sent.to)
                && ([sent.bytes] + Needles.decoded(sent.bytes)).contains { needles.stand(in: $0) }
        }
        return isSent
            || hosts.contains { number in
                self.circle.held(by: number).contains { needles.stand(in: $0) }
            }
    }

    /// A frame that one host makes in its session with another; what follows is delivered, and no
    /// time passes.
    ///
    /// Returns how many datagrams were sent because of it, this one included.
    mutating func say(_ frame: Frame, by number: Int, to other: Int) throws -> Int {
        let place = self.circle.hosts[other].endpoint
        let node = self.circle.hosts[number].node
        let id = try #require(
            node.ids.first { id in
                guard let relation = node.relations[id] else { return false }
                return relation.path == place && relation.canHelp
            })
        let session = try #require(
            node.relations[id]?.sendingSession(self.circle.now.instant)?.index)
        let before = self.circle.log.count
        self.circle.act(number) { host, now, sent in
            host.carryOut(
                .sendSealed(session: session, .frame, frame.bytes, to: place), now, &sent)
        }
        while self.circle.deliverNext() {}
        return self.circle.log.count - before
    }
}
