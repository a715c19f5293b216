// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// "family" of the hosts 0 to 2 and "hackers" of 3 to 5, with cryptography that leaves everything
/// readable.
struct OpenClusters {
    enum Path {
        case none, carried, direct
    }

    var circle: Circle
    let clusters: [ClusterID]
    /// Who meets whom as the end of a bridge: these two know where the other is.
    private var ends: [(Int, Int)] = []
    /// Every place where each host ever was; those of before count no more.
    private var places: [[Endpoint]] = (0..<6).map { [Circle.endpoint(of: $0)] }
    /// How much of the log is of before.
    private var past = 0

    private static let primitives = StandInPrimitives()

    init(
        seed: UInt64 = 1, strangers: Int = 0,
        configure: (Int, inout NodeConfiguration) -> Void = { _, _ in }
    ) throws {
        let names = TwoClusters.names + (0..<strangers).map { "S\($0)" }
        var circle = Circle(
            names, seed: seed, primitives: Self.primitives, configure: configure)
        let family = try circle.found(0, 1)
        try circle.takeIn(2, by: 0, into: family)
        let hackers = try circle.found(3, 4)
        try circle.takeIn(5, by: 3, into: hackers)
        circle.run(for: .seconds(10))
        self.circle = circle
        self.clusters = [family, hackers]
    }

    @discardableResult
    mutating func bridge(_ one: Int, _ other: Int, _ policies: [BridgePolicy]) throws -> BridgeID {
        let id = try self.circle.bridge(one, other)
        for (number, policy) in zip([one, other], policies) {
            #expect(self.circle.request(number, .setBridge(id, policy)) == .done)
        }
        self.circle.run(for: .seconds(2))
        self.ends.append((one, other))
        return id
    }

    mutating func give(_ number: Int, _ policy: BridgePolicy, over bridge: BridgeID? = nil) throws {
        let other = ClusterAlias(of: self.clusters[number < 3 ? 1 : 0], Self.primitives)
        let reply = self.circle.request(
            number, .giveCard(self.clusters[number / 3], for: other, over: bridge, policy))
        #expect(reply == .done)
        self.circle.run(for: .seconds(2))
    }

    /// A host gets another address, and has a while to tell.
    mutating func move(_ number: Int) {
        let count = UInt32(self.places[number].count)
        let place = Endpoint(
            address: .v4(0x1500_0001 + UInt32(number) << 16 + count << 8), port: 9_999)
        self.places[number].append(place)
        self.circle.move(number, to: place)
        self.circle.run(for: .seconds(30))
    }

    /// What was sent so far was allowed.
    mutating func forgetPast() { self.past = self.circle.log.count }

    func status(_ number: Int) -> NodeStatus {
        self.circle.hosts[number].node.status(now: self.circle.now)
    }

    /// How a host reaches somebody across.
    func path(_ number: Int, to other: Int) -> Path {
        let status = self.status(number)
        let name = TwoClusters.names[other]
        guard let id = status.foreignCards.first(where: { $0.name == name })?.relation,
            let peer = status.peers.first(where: { $0.id == id }), peer.isConnected
        else { return .none }
        return peer.path == nil ? .carried : .direct
    }

    private func areEnds(_ one: Int, _ other: Int) -> Bool {
        self.ends.contains { $0 == (one, other) || $0 == (other, one) }
    }

    private func host(at place: Endpoint) -> Int? {
        self.places.firstIndex { $0.contains { $0.address == place.address } }
    }

    /// Datagrams of some hosts directly to others, the ends of one bridge apart.
    func calls(of others: [Int], by hosts: [Int]) -> [String] {
        self.circle.log[self.past...].compactMap { sent in
            guard let from = self.host(at: sent.from), let to = self.host(at: sent.to),
                hosts.contains(from), others.contains(to), !self.areEnds(from, to)
            else { return nil }
            return "\(from) > \(to)"
        }
    }

    /// Where hosts of the other side have sent something to some hosts directly, were told where
    /// these are, or hold that; each once.
    func crossings(of hidden: [Int], to others: [Int]) -> [String] {
        var found: Set<String> = []
        for number in self.calls(of: hidden, by: others) { found.insert("sent to: \(number)") }
        for number in hidden {
            let needles = Needles(self.places[number].map(\.address.bytes))
            for sent in self.circle.log[self.past...] {
                guard let to = self.host(at: sent.to), others.contains(to) else { continue }
                let from = self.host(at: sent.from)
                // Two ends know each other; what one carries to the other is of others.
                let isCarried = sent.bytes.first == Constants.packetType && sent.bytes[16] == 36
                if from == number, self.areEnds(number, to), !isCarried { continue }
                let parts = [sent.bytes] + Needles.decoded(sent.bytes)
                if parts.contains(where: { needles.stand(in: $0) }) {
                    found.insert("named to: \(number) > \(to) by \(from ?? -1)")
                }
            }
            for other in others where self.holds(other, number) {
                found.insert("held by: \(other), of \(number)")
            }
        }
        return found.sorted()
    }

    /// Whether a host holds a place of somebody's, on its disk or in its mind; the end of a bridge
    /// holds it in its relation with the other end alone.
    private func holds(_ number: Int, _ other: Int) -> Bool {
        let host = self.circle.hosts[number]
        let addresses = self.places[other].map(\.address)
        let status = self.status(number)
        var held = status.clusters.flatMap { $0.roster.flatMap(\.addresses) }
        for record in host.store.state.relations {
            if case .bridging? = record.bond, self.areEnds(number, other) { continue }
            held += record.endpoints + host.node.knownEndpoints(of: record.id)
            held += [status.peers.first { $0.id == record.id }?.path].compactMap { $0 }
        }
        return held.contains { addresses.contains($0.address) }
    }
}
