// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// What the third member of "family" is and does; in no case it gives a card.
enum ThirdMember: CaseIterable {
    case absent
    /// It is there, and its programs alone say something.
    case silent
    /// Its computer is off.
    case away
    /// It moves, starts again, votes, takes back a card that it never gave, renames and is renamed.
    case busy
    /// It leaves.
    case leaving
    /// The others remove it.
    case removed
}

/// A datagram at a border: when it was sent, between which places, how long it is.
struct Passage: Hashable {
    var at: Instant
    let from: Endpoint
    let to: Endpoint
    let byteCount: Int

    /// The same without its time.
    var timeless: Passage {
        var passage = self
        passage.at = Instant(nanoseconds: 0)
        return passage
    }

    /// What is in one of the two more often than in the other, the first few of it, for people.
    static func difference(_ one: [Passage], _ other: [Passage]) -> [String] {
        var counts: [Passage: Int] = [:]
        for passage in one { counts[passage, default: 0] -= 1 }
        for passage in other { counts[passage, default: 0] += 1 }
        return counts.filter { $0.value != 0 }
            .sorted {
                ($0.key.at, $0.key.byteCount, $0.key.from) < (
                    $1.key.at, $1.key.byteCount, $1.key.from
                )
            }
            .prefix(6).map { passage, count in
                let seconds = Double(passage.at.nanoseconds) / 1e9
                return "\(seconds) \(passage.from) > \(passage.to) \(passage.byteCount): \(count)"
            }
    }
}

/// "family" of the hosts 0 and 1, "hackers" of 3 to 5, and a bridge of 0 and 3 by which Ben and
/// Emil talk.
///
/// Carla, 2, may be the third one of "family". Nobody knows an address of its own interfaces, as
/// behind a router; all are seen at one place by everybody.
struct BorderStory {
    /// What may not cross of somebody.
    struct Third {
        var needles: [[UInt8]]
    }

    var circle: Circle
    let family: ClusterID
    let hackers: ClusterID
    let bridge: BridgeID
    private(set) var third: Third?
    private let primitives: any Primitives
    /// What a datagram's length is taken for: whoever reads it may count something else in it.
    var measure: (Host.Sent) -> Int = { $0.bytes.count }
    /// How much of the log was looked at, and what passed the border since it was taken last.
    private var seenCount = 0
    private var passages: [Passage] = []

    private static let here = 2

    init(
        seed: UInt64, primitives: any Primitives = CryptoPrimitives(), isThirdThere: Bool = false,
        isBehindRouters: Bool = true, policy: BridgePolicy = .cardDefault,
        configure: (Int, inout NodeConfiguration) -> Void = { _, _ in }
    ) throws {
        var circle = Circle(
            TwoClusters.names, seed: seed, primitives: primitives, configure: configure)
        self.family = try circle.found(0, 1)
        if isThirdThere {
            try circle.takeIn(Self.here, by: 0, into: self.family)
        } else {
            circle.run(for: .seconds(2))
        }
        self.hackers = try circle.found(3, 4)
        try circle.takeIn(5, by: 3, into: self.hackers)
        circle.run(for: .seconds(10))
        self.bridge = try circle.bridge(0, 3)
        for number in [0, 3] {
            circle.request(number, .setBridge(self.bridge, policy))
        }
        circle.run(for: .seconds(2))
        let (one, other) = (
            ClusterAlias(of: self.family, primitives), ClusterAlias(of: self.hackers, primitives)
        )
        for (number, cluster, alias) in [(1, self.family, other), (4, self.hackers, one)] {
            let reply = circle.request(
                number, .giveCard(cluster, for: alias, over: self.bridge, policy))
            #expect(reply == .done)
        }
        for number in circle.hosts.indices where isBehindRouters {
            circle.act(number) { $0.handle(.ownCandidates([]), now: $1, sent: &$2) }
        }
        circle.run(for: .seconds(30))
        self.circle = circle
        self.primitives = primitives
        self.seenCount = circle.log.count
        if isThirdThere { self.third = try self.describeThird() }
    }

    /// The story; what passed the border while the third one joins, while nothing happens, while it
    /// does what it does, and in a quiet time afterwards.
    mutating func tell(
        _ third: ThirdMember, quiet: Duration = .seconds(3_600)
    ) throws -> [[Passage]] {
        var parts: [[Passage]] = []
        if third == .absent {
            self.watch(for: .seconds(4))
        } else {
            try self.meet(0, Self.here, into: self.family)
            self.watch(for: .seconds(2))
            try self.meet(1, Self.here, into: nil)
            self.watch(for: .seconds(2))
            self.third = try self.describeThird()
        }
        self.watch(for: .seconds(20))
        parts.append(self.takePassages())
        self.watch(for: .seconds(300))
        parts.append(self.takePassages())
        let end = self.circle.now.instant + .seconds(300)
        try self.act(third)
        self.watch(for: end - self.circle.now.instant)
        parts.append(self.takePassages())
        self.watch(for: quiet)
        parts.append(self.takePassages())
        return parts
    }

    private mutating func act(_ third: ThirdMember) throws {
        switch third {
        case .absent, .silent: break
        case .away: self.circle.stopped = [Self.here]
        case .busy:
            self.circle.move(Self.here, to: Self.secondPlace)
            self.watch(for: .seconds(60))
            self.circle.restart(Self.here)
            self.watch(for: .seconds(60))
            let alias = ClusterAlias(of: self.hackers, self.primitives)
            for request in [
                Request.closeBridge(self.bridge), .giveCard(self.family, for: alias, nil),
                .renameCluster(self.family, "Carla's"),
            ] {
                #expect(self.circle.request(Self.here, request) == .done)
                self.watch(for: .seconds(30))
            }
            for number in [0, 1] {
                let relation = try #require(
                    self.circle.relations(number, with: Self.here, self.family).first?.id)
                #expect(self.circle.request(number, .rename(relation, "Karla")) == .done)
                self.watch(for: .seconds(5))
            }
        case .leaving:
            #expect(self.circle.request(Self.here, .leave(self.family)) == .done)
        case .removed:
            let member = try self.circle.member(Self.here, self.family)
            for number in [0, 1] {
                #expect(
                    self.circle.request(number, .removeMember(self.family, member)) == .done)
                self.watch(for: .seconds(5))
            }
        }
    }

    static let secondPlace = Endpoint(address: .v4(0x1502_0009), port: 9_999)

    private mutating func meet(_ one: Int, _ other: Int, into cluster: ClusterID?) throws {
        guard case .offered(_, let offer, _) = self.circle.request(one, .offer(MeetingOptions())),
            case .answered(_, let answer, _) = self.circle.request(
                other, .answer(offer, MeetingOptions())),
            case .accepted = self.circle.request(one, .accept(answer, into: cluster))
        else { throw BridgeTestError() }
    }

    /// Ids, keys, names and addresses of the third one, as bytes and as text; also of the card that
    /// it could give.
    private func describeThird() throws -> Third {
        let record = try #require(self.circle.record(Self.here, self.family))
        let alias = ClusterAlias(of: self.hackers, self.primitives)
        let card = CardKeys(record.membership, of: self.family, for: alias, self.primitives)
        let keys = try [record.membership.keys(self.primitives), card.keys(self.primitives)]
            .map { try #require($0).0 }
        var needles = keys.flatMap { [$0.signingKey.bytes, $0.agreementKey.bytes] }
        let cardID = CardID(keys[1], self.primitives)
        needles += [cardID.bytes, Array("\(cardID)".utf8)]
        let member = record.membership.member
        needles += [member.bytes, Array("\(member)".utf8)]
        for relation in self.circle.hosts[Self.here].store.state.relations {
            needles += [relation.ownPID.bytes, relation.keys?.peerPID.bytes ?? []]
            needles += [Array("\(relation.ownPID)".utf8), relation.id.bytes]
        }
        needles += ["Carla", "Karla"].map { Array($0.utf8) }
        for place in [Circle.endpoint(of: Self.here), Self.secondPlace] {
            needles += [place.address.bytes, Array("\(place.address)".utf8)]
        }
        return Third(needles: needles)
    }

    // MARK: Watching

    /// Lets time pass, and notes when each datagram was sent that somebody of "hackers" sends or
    /// gets.
    mutating func watch(for span: Duration) {
        self.passages += self.circle.watch(
            for: span, since: &self.seenCount, measure: self.measure, Self.isAtBorder)
    }

    /// Whether somebody of "hackers" sends or gets it.
    static func isAtBorder(_ sent: Host.Sent) -> Bool {
        [sent.from, sent.to].contains { place in
            (3...5).contains { Circle.endpoint(of: $0).address == place.address }
        }
    }

    /// What passed the border since it was asked last.
    mutating func takePassages() -> [Passage] {
        defer { self.passages = [] }
        return self.passages
    }
}

extension Circle {
    /// Lets time pass; what was sent meanwhile, and since the log was that long, and when.
    mutating func watch(
        for span: Duration, since count: inout Int,
        measure: (Host.Sent) -> Int = { $0.bytes.count }, _ isWanted: (Host.Sent) -> Bool
    ) -> [Passage] {
        let end = self.now.instant + span
        var passages: [Passage] = []
        var next = self.now.instant
        while true {
            self.run(for: next - self.now.instant)
            passages += self.log[count...].filter(isWanted).map {
                Passage(
                    at: self.now.instant, from: $0.from, to: $0.to, byteCount: measure($0))
            }
            count = self.log.count
            guard self.now.instant < end else { return passages }
            let running = self.hosts.indices.filter { !self.stopped.contains($0) }
            let due = running.compactMap { self.hosts[$0].node.deadline }.min() ?? end
            next = min(end, max(due, self.now.instant))
        }
    }
}
