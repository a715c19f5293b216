// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Two clusters, "family" of the hosts 0 to 2 and "hackers" of 3 to 5, and bridges between them.
struct TwoClusters {
    var circle: Circle
    let family: ClusterID
    let hackers: ClusterID
    private(set) var bridges: [BridgeID] = []

    static let names = ["Anna", "Ben", "Carla", "Dora", "Emil", "Fritz"]

    /// The alias that the other side sees.
    var familyAlias: ClusterAlias { ClusterAlias(of: self.family, CryptoPrimitives()) }
    var hackersAlias: ClusterAlias { ClusterAlias(of: self.hackers, CryptoPrimitives()) }

    init(
        seed: UInt64 = 1, configure: (Int, inout NodeConfiguration) -> Void = { _, _ in }
    ) throws {
        var circle = Circle(Self.names, seed: seed, configure: configure)
        self.family = try circle.found(0, 1)
        try circle.takeIn(2, by: 0, into: self.family)
        self.hackers = try circle.found(3, 4)
        try circle.takeIn(5, by: 3, into: self.hackers)
        circle.run(for: .seconds(10))
        for number in 0..<6 {
            let (cluster, name) =
                number < 3 ? (self.family, "family") : (self.hackers, "hackers")
            circle.request(number, .renameCluster(cluster, name))
        }
        self.circle = circle
    }

    func cluster(of number: Int) -> ClusterID { number < 3 ? self.family : self.hackers }

    func otherAlias(for number: Int) -> ClusterAlias {
        number < 3 ? self.hackersAlias : self.familyAlias
    }

    /// Two of different clusters meet, and link these.
    @discardableResult
    mutating func bridge(_ one: Int, _ other: Int) throws -> BridgeID {
        let id = try self.circle.bridge(one, other)
        self.bridges.append(id)
        return id
    }

    mutating func allow(
        _ level: BridgeLevel, addresses: Bool = false, at numbers: [Int], _ bridge: BridgeID
    ) {
        for number in numbers {
            let policy = BridgePolicy(level, addresses: addresses)
            let reply = self.circle.request(number, .setBridge(bridge, policy))
            #expect(reply == .done)
        }
        self.circle.run(for: .seconds(2))
    }

    mutating func giveCards(
        _ numbers: [Int], _ policy: BridgePolicy = .cardDefault
    ) {
        for number in numbers {
            let reply = self.circle.request(
                number,
                .giveCard(
                    self.cluster(of: number), for: self.otherAlias(for: number), policy))
            #expect(reply == .done)
        }
        self.circle.run(for: .seconds(4))
    }

    /// Everybody is away for so long; then all but some are there for a minute.
    mutating func sleep(days: Int64, _ absent: Set<Int>) {
        self.circle.stopped = Set(0..<6)
        self.circle.run(for: .seconds(days * 86_400))
        self.circle.stopped = absent
        for number in 0..<6 where !absent.contains(number) { self.circle.restart(number) }
        self.circle.run(for: .seconds(60))
    }

    func status(_ number: Int) -> NodeStatus {
        self.circle.hosts[number].node.status(now: self.circle.now)
    }

    /// The names that a host sees across.
    func seen(by number: Int) -> [String] {
        self.status(number).foreignCards.map(\.name).sorted()
    }

    /// The relation of a host with somebody across, by its name.
    func relation(_ number: Int, with name: String) -> RelationID? {
        self.status(number).foreignCards.first { $0.name == name }?.relation
    }

    func isConnected(_ number: Int, with name: String) -> Bool {
        guard let id = self.relation(number, with: name) else { return false }
        return self.status(number).peers.first { $0.id == id }?.isConnected ?? false
    }

    /// Everything that a host holds on its disk, as bytes: ids, names and keys can be looked for.
    func everything(at number: Int) -> [[UInt8]] {
        let state = self.circle.hosts[number].store.state
        var parts = state.notices.map(\.bytes)
        parts += state.records.map(\.bytes)
        parts += state.endpointRecords.map(\.bytes)
        for relation in state.relations {
            parts.append(Array(relation.claimedName.utf8))
            parts.append(relation.ownPID.bytes)
            if let key = relation.keys?.peerKey { parts.append(key.bytes) }
            if let member = relation.member { parts.append(member.bytes) }
            for endpoint in relation.endpoints { parts.append(endpoint.address.bytes) }
        }
        return parts
    }
}

struct BridgeTestError: Error {}

extension [[UInt8]] {
    /// Whether these bytes stand anywhere.
    func hold(_ bytes: [UInt8]) -> Bool {
        for part in self where part.count >= bytes.count {
            for start in 0...(part.count - bytes.count)
            where part[start...].starts(with: bytes) {
                return true
            }
        }
        return false
    }
}

extension Circle {
    /// Two meet and say on both screens that they link their clusters; 4 s later the bridge is there.
    mutating func bridge(_ one: Int, _ other: Int) throws -> BridgeID {
        func own(_ circle: Self) -> [BridgeID] {
            circle.hosts[one].node.status(now: circle.now).bridges.filter(\.isOwn).map(\.id)
        }
        let known = own(self)
        let options = MeetingOptions(intent: .bridge)
        guard case .offered(_, let offer, _) = self.request(one, .offer(options)),
            case .answered(_, let answer, _) = self.request(other, .answer(offer, options)),
            case .accepted = self.request(one, .accept(answer))
        else { throw BridgeTestError() }
        self.run(for: .seconds(4))
        return try #require(own(self).first { !known.contains($0) })
    }
}
