// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

extension Circle {
    /// Founds a cluster of the first two; each further one is taken in by the first.
    ///
    /// Others are there too, and members of nothing.
    static func cluster(
        of names: [String], apart others: [String] = [], seed: UInt64 = 1,
        configure: (Int, inout NodeConfiguration) -> Void = { _, _ in }
    ) throws -> (circle: Circle, cluster: ClusterID) {
        var circle = Circle(names + others, seed: seed, configure: configure)
        let cluster = try circle.found(0, 1)
        for newcomer in names.indices.dropFirst(2) {
            try circle.takeIn(newcomer, by: 0, into: cluster)
            circle.run(for: .seconds(3))
        }
        circle.run(for: .seconds(10))
        try circle.expectOneCluster(Array(names.indices), cluster)
        return (circle, cluster)
    }

    /// So much time passes while no host runs.
    mutating func skip(_ duration: Duration) {
        self.now = Moment(
            instant: self.now.instant + duration, wall: self.now.wall + duration)
    }

    /// Everybody's clock is set back.
    mutating func turnBack(by duration: Duration) {
        self.now = Moment(instant: self.now.instant, wall: self.now.wall + (.zero - duration))
    }

    /// Two members meet again in person.
    mutating func confirm(
        _ one: Int, _ other: Int, intent: Intent = .auto
    ) throws {
        let options = MeetingOptions(intent: intent)
        guard case .offered(_, let offer, _) = self.request(one, .offer(options)),
            case .answered(_, let answer, _) = self.request(other, .answer(offer, options)),
            case .accepted = self.request(one, .accept(answer))
        else {
            Issue.record("no codes")
            return
        }
        self.run(for: .seconds(2))
    }

    /// Who a host is in a cluster.
    func member(_ number: Int, _ cluster: ClusterID) throws -> MemberID {
        try #require(self.record(number, cluster)).membership.member
    }

    /// What a host has stored of a cluster.
    func record(_ number: Int, _ cluster: ClusterID) -> ClusterRecord? {
        self.hosts[number].store.state.clusters.first { $0.id == cluster }
    }

    /// What the records say that a host holds.
    func roster(_ number: Int, _ cluster: ClusterID) throws -> RosterState {
        try #require(try self.live(number, cluster).roster)
    }

    func live(_ number: Int, _ cluster: ClusterID) throws -> LiveCluster {
        let node = self.hosts[number].node
        return node.live[try #require(node.liveIndex(of: cluster))]
    }

    /// The relations that a host has with another one in a cluster.
    func relations(
        _ number: Int, with other: Int, _ cluster: ClusterID
    ) throws -> [RelationRecord] {
        let member = try self.member(other, cluster)
        return self.hosts[number].store.state.relations.filter {
            $0.cluster == cluster && $0.member == member
        }
    }

    /// Whether a host is connected with another one in a cluster.
    func isConnected(_ number: Int, with member: MemberID, _ cluster: ClusterID) -> Bool {
        let status = self.hosts[number].node.status(now: self.now)
        let row = status.clusters.first { $0.id == cluster }?.roster.first { $0.id == member }
        return row?.isConnected ?? false
    }

    /// How often a host was told that.
    func count(_ number: Int, _ event: Event) -> Int {
        self.hosts[number].events.count { $0 == event }
    }

    /// The frames about clusters that one member sends another are handed over as if they had come.
    mutating func hand(
        _ body: GossipFrame.Body, of cluster: ClusterID, to number: Int, from other: Int
    ) throws {
        let id = try #require(try self.relations(other, with: number, cluster).first?.id)
        let relation = try #require(self.hosts[other].node.relations[id])
        let view = try #require(relation.sendingSession(self.now.instant))
        let frame = Frame.gossip(GossipFrame(cluster: cluster, body: body))
        let path = try #require(relation.path)
        self.act(other) { host, now, sent in
            host.carryOut(
                .sendSealed(session: view.index, .frame, frame.bytes, to: path), now, &sent)
        }
        while self.deliverNext() {}
    }

    /// A record of one member's, which it hands to others as a program that means harm would.
    @discardableResult
    mutating func say(
        _ body: RecordBody, by number: Int, _ cluster: ClusterID, to others: [Int]
    ) throws -> Record {
        let membership = try #require(self.record(number, cluster)).membership
        let primitives = CryptoPrimitives()
        let signing = try #require(membership.keys(primitives)).1
        let set = try #require(try self.live(others[0], cluster).set)
        let place = try #require(set.nextPlace(of: membership.member))
        let draft = try RecordDraft(body, at: place)
        let signature = primitives.sign(draft.signedBytes(in: cluster), with: signing)
        let record = Record(draft, signatures: [signature], primitives)
        for other in others {
            try self.hand(.record(record.bytes), of: cluster, to: other, from: number)
        }
        return record
    }
}
