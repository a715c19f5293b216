// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit

@testable import Entanglement

/// A node that belongs to a cluster, or is about to, and those who send it frames.
struct GossipScene: Sendable {
    let host: Host
    let now: Moment
    let cluster: ClusterID
    /// The relations of the cluster by which frames come.
    let peers: [RelationID]
    /// Writes records as the people of the cluster would.
    let script: RecordScript

    /// A member whom one other met; a newcomer without any record; one who leaves; a member after
    /// somebody left, in the next epoch.
    static let all: [GossipScene] = {
        let names = ["Ada", "Ben", "Cem", "Dia"]
        var circle = Circle(names, seed: 48, primitives: StandInPrimitives())
        let cluster = Self.meet(0, 1, nil, &circle)
        var late = circle
        _ = Self.meet(0, 2, cluster, &late) { !Self.isGossip($0) }
        _ = Self.meet(0, 2, cluster, &circle)
        var leaving = circle
        leaving.request(1, .leave(cluster))
        leaving.inFlight = []
        var next = circle
        _ = Self.meet(0, 3, cluster, &next)
        next.request(2, .leave(cluster))
        next.run(for: .seconds(2))
        return [
            GossipScene(circle, 1, cluster), GossipScene(late, 2, cluster),
            GossipScene(leaving, 1, cluster), GossipScene(next, 1, cluster),
        ]
    }()

    /// One of so many that most are not connected with most: they call each other.
    static let crowd: GossipScene = {
        let names = (0...Constants.meshCountMax).map { "M\($0)" }
        var circle = Circle(names, seed: 61, primitives: StandInPrimitives())
        let cluster = Self.meet(0, 1, nil, &circle)
        for newcomer in names.indices.dropFirst(2) { _ = Self.meet(0, newcomer, cluster, &circle) }
        circle.run(for: .seconds(300))
        return GossipScene(circle, 1, cluster)
    }()

    /// Calls, and frames between them: about anybody, for this node, by somebody else, of another cluster.
    static let calls: [[UInt8]] = [
        [0x43, 0x80, 3, 5, 9, 16, 0x4b, 0x80, 3, 9, 5, 1, 0x43, 0x80, 3, 7, 8, 0],
        (0..<8).flatMap { [0x43, 0x80, 3, $0 * 4, $0 * 4 + 2, 16] },
        [0x43, 0x80, 3, 1, 2, 3, 0x60, 0, 2, 1, 2, 0x53, 0x80, 3, 2, 1, 3],
        [0x03, 0x80, 33] + [UInt8](repeating: 1, count: 32) + [2, 0xc3, 0x80, 3, 1, 2, 3],
        // With whom somebody is connected: asked, answered unasked, both again.
        [0x47, 0x80, 1, 0, 0x4f, 0x80, 4, 1, 3, 5, 9, 0x47, 0x80, 1, 2, 0x0f, 0x80, 1, 7],
    ]

    private init(_ circle: Circle, _ number: Int, _ cluster: ClusterID) {
        let host = circle.hosts[number]
        guard let live = host.node.live.first, live.id == cluster, !live.peers.isEmpty,
            let all = circle.hosts[0].node.live.first?.set
        else { preconditionFailure("somebody who belongs to the cluster") }
        self.host = host
        self.now = circle.now
        self.cluster = cluster
        // Whom it is not connected with sends nothing.
        self.peers =
            live.presentCount > Constants.meshCountMax
            ? live.peers.filter { host.node.relations[$0]?.isConnected ?? false } : live.peers
        let records = circle.hosts.map { host in
            host.store.state.clusters.first { $0.id == cluster }
        }
        guard let ada = records[0]?.membership, let ben = records[1]?.membership,
            let meeting = circle.hosts[0].store.state.relations.compactMap({ $0.keys?.meeting })
                .first(where: { meeting in
                    circle.hosts[1].store.state.relations.contains { $0.keys?.meeting == meeting }
                })
        else { preconditionFailure("two founders") }
        let maker = ClusterMaker(
            seeds: [ada.signingKey, ben.signingKey],
            agreementSeeds: [ada.agreementKey, ben.agreementKey], meeting: meeting,
            SeededGenerator(seed: 49), StandInPrimitives())
        precondition(maker.cluster == cluster, "the founding as it was")
        let people = records.compactMap { record -> ClusterMaker.Person? in
            guard let membership = record?.membership,
                let (keys, signing) = membership.keys(maker.primitives)
            else { return nil }
            return ClusterMaker.Person(id: membership.member, keys: keys, signing: signing)
        }
        self.script = RecordScript(maker, people, all)
    }

    /// One shows an offer to another and takes it into the cluster, or founds one; its UID.
    private static func meet(
        _ one: Int, _ other: Int, _ cluster: ClusterID?, _ circle: inout Circle,
        keep: (Host.Sent) -> Bool = { _ in true }
    ) -> ClusterID {
        guard case .offered(_, let offer, _) = circle.request(one, .offer(MeetingOptions())),
            case .answered(_, let answer, _) = circle.request(
                other, .answer(offer, MeetingOptions())),
            case .accepted = circle.request(one, .accept(answer, into: cluster))
        else { preconditionFailure("a meeting") }
        circle.run(for: .seconds(5), keep: keep)
        guard let found = circle.hosts[other].store.state.clusters.first?.id else {
            preconditionFailure("a cluster")
        }
        return found
    }

    /// The stand-in for cryptography leaves the text readable.
    private static func isGossip(_ datagram: Host.Sent) -> Bool {
        datagram.bytes.count > 16 && datagram.bytes[0] == Constants.packetType
            && (20...27).contains(datagram.bytes[16])
    }

    /// Frames as they come in real life, and some that are put right.
    var frames: [[UInt8]] {
        let records = self.script.play([]).records
        let maker = self.script.maker
        func frame(_ kind: UInt8, _ body: [UInt8], isLater: Bool = false) -> [UInt8] {
            [kind, UInt8(body.count >> 8) | (isLater ? 0x80 : 0), UInt8(body.count & 0xff)] + body
        }
        let ids = [maker.genesis.id] + records.map(\.id)
        let all = ([maker.genesis] + records).flatMap { frame(4, $0.bytes) }
        let list = frame(2, [0, 0, 0, UInt8(ids.count)] + ids.flatMap(\.bytes))
        let summary = frame(0, [UInt8](repeating: 7, count: 48) + [0, 0, 0, 2])
        let founding: [UInt8] = [0, 0, 0, 0] + [UInt8](repeating: 0, count: 32)
        let welcome = frame(6, founding + [UInt8](repeating: 5, count: 32) + [4] + "Home".utf8)
        let places = frame(
            5,
            [UInt8](repeating: 0, count: 16) + [UInt8](repeating: 255, count: 16)
                + [UInt8](repeating: 8, count: 24))
        let notice = [UInt8](repeating: 6, count: 16 + 8 + NoticeList.contentByteCount)
        return [
            summary + list + all, summary + frame(0x40, [1, 2]), welcome + all,
            frame(0x41, [0, 3, 9]) + frame(0x43, [0, 1, 2, 3]), places + frame(0x15, places),
            frame(0x44, [0, 0, 0, 0, 0x10]) + frame(0x4c, [1, 1, 0, 2, 0x11]),
            frame(0x44, [3, 0, 0, 2, 0]) + frame(0x4c, [4, 1, 0, 0, 0]) + frame(0x10, [0]),
            frame(0x44, [2, 2, 0, 0, 0, 6, 0, 0, 0, 3]) + frame(0x46, [3]) + frame(0x20, [0]),
            frame(0x44, [5, 0, 0, 1, 1, 7, 2, 1, 2, 1]) + frame(0x5d, []), frame(7, []),
            frame(0x80, [UInt8](repeating: 0, count: 52)), frame(0x87, []),
            frame(0, [UInt8](repeating: 3, count: 16), isLater: true)
                + frame(1, places.dropFirst(3).prefix(32) + notice, isLater: true)
                + frame(2, notice, isLater: true),
            frame(0x43, [0, 1, 16], isLater: true) + frame(0x4b, [1, 0, 0], isLater: true),
        ]
    }
}
