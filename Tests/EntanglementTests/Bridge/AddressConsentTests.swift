// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Who of several members is reached directly across a bridge, and who is not (PROTOCOL.md §14.6).
///
/// Seals leave everything readable here: no datagram that comes to the other side may have an
/// address in it that was not to cross, whatever is carried in whatever.
@Suite struct AddressConsentTests {
    private static let open = BridgePolicy(.messages, addresses: true)

    /// One of three allows it, the two others do not; all of the other side do, and so does the
    /// bridge.
    ///
    /// It may be the end that allows it, or another member; and there may be a second bridge, with
    /// an end who does not.
    @Test(arguments: [0, 1], [1, 2])
    func onlyWhoAllowsItIsReached(allowing: Int, bridgeCount: Int) throws {
        var clusters = try OpenClusters()
        let ends = [(0, 3), (2, 5)].prefix(bridgeCount)
        for (one, other) in ends { try clusters.bridge(one, other, [Self.open, Self.open]) }
        for number in 0..<3 {
            try clusters.give(number, number == allowing ? Self.open : .cardDefault)
        }
        for number in 3..<6 { try clusters.give(number, Self.open) }
        clusters.circle.run(for: .seconds(120))
        let hidden = (0..<3).filter { $0 != allowing }
        for other in 3..<6 {
            #expect(clusters.path(allowing, to: other) == .direct)
            #expect(clusters.path(other, to: allowing) == .direct)
            for number in hidden {
                #expect(clusters.path(number, to: other) == .carried)
                #expect(clusters.path(other, to: number) == .carried)
            }
        }
        for number in hidden { clusters.move(number) }
        for number in 0..<6 { clusters.circle.restart(number) }
        clusters.circle.run(for: .seconds(60))
        clusters.move(allowing)
        clusters.circle.run(for: .seconds(180))
        for other in 3..<6 {
            #expect(clusters.path(other, to: allowing) == .direct)
            for number in hidden { #expect(clusters.path(other, to: number) == .carried) }
        }
        #expect(clusters.crossings(of: hidden, to: [3, 4, 5]) == [])
    }

    /// All cards allow it, of each bridge one end does not: nobody is reached directly, from either
    /// side.
    @Test(arguments: [0, 3])
    func whatOneEndForbidsDoesNotCross(forbidding: Int) throws {
        var clusters = try OpenClusters()
        let closed = BridgePolicy(.messages)
        for (one, other) in [(0, 3), (2, 5)] {
            try clusters.bridge(
                one, other, forbidding == 0 ? [closed, Self.open] : [Self.open, closed])
        }
        for number in 0..<6 { try clusters.give(number, Self.open) }
        clusters.circle.run(for: .seconds(60))
        for number in [1, 4] { clusters.move(number) }
        for number in 0..<6 { clusters.circle.restart(number) }
        clusters.circle.run(for: .seconds(60))
        for (one, other) in [(0, 4), (1, 3), (1, 4), (2, 5), (0, 3)] {
            #expect(clusters.path(one, to: other) == .carried)
            #expect(clusters.path(other, to: one) == .carried)
        }
        #expect(clusters.crossings(of: [0, 1, 2], to: [3, 4, 5]) == [])
        #expect(clusters.crossings(of: [3, 4, 5], to: [0, 1, 2]) == [])
    }

    /// A bridge counts for the cards that were given for it: another one's consent is none.
    @Test func anotherBridgesConsentIsNone() throws {
        var clusters = try OpenClusters()
        try clusters.bridge(0, 3, [Self.open, Self.open])
        let other = try clusters.bridge(2, 5, [BridgePolicy(.messages), Self.open])
        try clusters.give(1, Self.open, over: other)
        for number in 3..<6 { try clusters.give(number, Self.open) }
        clusters.circle.run(for: .seconds(60))
        clusters.move(1)
        clusters.circle.run(for: .seconds(60))
        for number in 3..<6 { #expect(clusters.path(number, to: 1) == .carried) }
        #expect(clusters.crossings(of: [1], to: [3, 4, 5]) == [])
    }

    /// Who takes it back is left alone at once, and where it moves to nobody hears; so is who was
    /// with it.
    @Test(arguments: TakingBack.allCases)
    func whoTakesItBackIsLeftAlone(how: TakingBack) throws {
        var clusters = try OpenClusters()
        let bridge = try clusters.bridge(0, 3, [Self.open, Self.open])
        for number in [1, 2, 4, 5] { try clusters.give(number, Self.open) }
        clusters.circle.run(for: .seconds(60))
        #expect(clusters.path(4, to: 1) == .direct)
        let policy = BridgePolicy(.messages)
        switch how {
        case .card: try clusters.give(1, policy)
        case .ownEnd: #expect(clusters.circle.request(0, .setBridge(bridge, policy)) == .done)
        case .otherEnd: #expect(clusters.circle.request(3, .setBridge(bridge, policy)) == .done)
        }
        clusters.circle.run(for: .seconds(2))
        clusters.forgetPast()
        clusters.circle.run(for: .seconds(60))
        clusters.move(1)
        for number in 0..<6 { clusters.circle.restart(number) }
        clusters.circle.run(for: .seconds(200))
        for number in [4, 5] {
            #expect(clusters.path(number, to: 1) == .carried)
            #expect(clusters.path(1, to: number) == .carried)
            #expect(clusters.path(number, to: 2) == (how == .card ? .direct : .carried))
        }
        let hidden = how == .card ? [1] : [1, 2]
        #expect(clusters.crossings(of: hidden, to: [3, 4, 5]) == [])
        // Nor does it call the others any more.
        #expect(clusters.calls(of: [4, 5], by: hidden) == [])
    }

    /// Addresses that cross unasked are found: what is looked at above can fail.
    @Test func whatCrossesUnaskedIsFound() throws {
        var clusters = try OpenClusters { $1.mutation = .addressesCross }
        try clusters.bridge(0, 3, [BridgePolicy(.messages), BridgePolicy(.messages)])
        for number in [1, 4] { try clusters.give(number, .cardDefault) }
        clusters.circle.run(for: .seconds(60))
        let crossed = clusters.crossings(of: [1], to: [3, 4, 5])
        for what in ["sent to", "named to", "held by"] {
            #expect(crossed.contains { $0.contains(what) }, "\(what)")
        }
    }
}

/// By whose word addresses do not cross any more.
enum TakingBack: CaseIterable {
    case card, ownEnd, otherEnd
}

/// "family" of the hosts 0 to 2 and "hackers" of 3 to 5, with cryptography that leaves everything
/// readable.
private struct OpenClusters {
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

    init(configure: (Int, inout NodeConfiguration) -> Void = { _, _ in }) throws {
        var circle = Circle(
            TwoClusters.names, seed: 1, primitives: Self.primitives, configure: configure)
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
        let known = self.status(one).bridges.map(\.id)
        let options = MeetingOptions(intent: .bridge)
        guard case .offered(_, let offer, _) = self.circle.request(one, .offer(options)),
            case .answered(_, let answer, _) = self.circle.request(
                other, .answer(offer, options)),
            case .accepted = self.circle.request(one, .accept(answer))
        else { throw BridgeTestError() }
        self.circle.run(for: .seconds(4))
        let id = try #require(self.status(one).bridges.map(\.id).first { !known.contains($0) })
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
