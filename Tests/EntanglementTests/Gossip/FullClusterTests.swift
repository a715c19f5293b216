// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Nobody is taken into a cluster that has no place for the record that would say so (PROTOCOL.md §5.6).
@Suite struct FullClusterTests {
    /// How a message 1 begins.
    private static let opening = Array(#"{"request":110"#.utf8)

    @Test func thePersonIsToldBeforeACodeIsShown() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben"], apart: ["Cem"])
        circle.fill(0, cluster)
        let options = MeetingOptions(intent: .cluster)
        let reply = circle.request(0, .offer(options))
        #expect(reply == .refused(.clusterFull))
        guard case .offered(_, let offer, _) = circle.request(2, .offer(MeetingOptions())) else {
            Issue.record("no offer")
            return
        }
        let answer = circle.request(0, .answer(offer, MeetingOptions(cluster: cluster)))
        #expect(answer == .refused(.clusterFull))
        #expect(circle.hosts[0].store.state.relations.count == 1)
    }

    /// The cluster has no place for more records, and the codes were shown before.
    @Test(arguments: [true, false], [true, false])
    func bothAreToldBeforeTheyTrust(isSponsorOffering: Bool, isSponsorCalling: Bool) throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben"], apart: ["Cem"])
        let (one, other) = isSponsorOffering ? (0, 2) : (2, 0)
        let answering = MeetingOptions(cluster: isSponsorOffering ? nil : cluster)
        guard case .offered(_, let offer, _) = circle.request(one, .offer(MeetingOptions())),
            case .answered(_, let answer, _) = circle.request(other, .answer(offer, answering)),
            case .accepted =
                circle.request(one, .accept(answer, into: isSponsorOffering ? cluster : nil))
        else {
            Issue.record("no codes")
            return
        }
        circle.fill(0, cluster)
        // Only one of the two begins.
        let mute = Circle.endpoint(of: isSponsorCalling ? 2 : 0)
        circle.run(for: .seconds(20)) {
            $0.bytes.count != Constants.openingByteCount || $0.from != mute
                || !$0.bytes.starts(with: Self.opening)
        }
        #expect(circle.meeting(0)?.problem?.rawValue == "clusterFull")
        #expect(circle.meeting(2)?.problem?.rawValue == "clusterFull")
        #expect(circle.hosts[2].store.state.clusters.isEmpty)
        for number in [0, 2] { #expect(circle.meeting(number)?.phase == .timedOut) }
        // There is a place again, and the same meeting goes on.
        circle.setLimits(ClusterLimits(), 0, cluster)
        circle.run(for: .seconds(120))
        try circle.expectOneCluster([0, 1, 2], cluster)
    }

    /// A voter's guests have one share together; the voter itself takes in more.
    @Test func aGuestTakesNobodyInAboveItsVotersShare() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        let other = try circle.member(3, cluster)
        for isOn in [true, false, true, false] {
            #expect(circle.request(2, .block(cluster, other, isOn: isOn)) == .done)
        }
        circle.run(for: .seconds(10))
        let options = MeetingOptions(intent: .cluster)
        for number in [0, 2] {
            // A quarter of 15 places, and one more for voters.
            circle.setLimits(ClusterLimits(recordCountMax: 16), number, cluster)
        }
        let guests = circle.request(2, .offer(options))
        #expect(guests == .refused(.clusterFull))
        guard case .offered? = circle.request(0, .offer(options)) else {
            Issue.record("the voter has a share of its own")
            return
        }
    }

    /// Who is pushed out, and who has a place again, is told.
    @Test func whoLosesItsPlaceWaits() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        let guests = try [2, 3].map { try circle.member($0, cluster) }
        let other = try circle.member(0, cluster)
        for countMax in [3, 256] {
            circle.setLimits(ClusterLimits(memberCountMax: countMax), 0, cluster)
            #expect(circle.request(1, .block(cluster, other, isOn: countMax == 3)) == .done)
            circle.run(for: .seconds(5))
        }
        let waits = guests.filter { circle.count(0, .memberWaits(cluster, $0)) == 1 }
        #expect(waits.count == 1)
        #expect(waits.map { circle.count(0, .memberAdmitted(cluster, $0)) } == [1])
        #expect(guests.allSatisfy { circle.count(0, .memberReturned(cluster, $0)) == 0 })
    }

    @Test func asManyMembersAsMayBePresent() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        circle.setLimits(ClusterLimits(memberCountMax: 3), 0, cluster)
        let reply = circle.request(0, .offer(MeetingOptions(intent: .cluster)))
        #expect(reply == .refused(.clusterFull))
    }
}

extension Circle {
    /// From now on a host's records have no place for another one.
    fileprivate mutating func fill(_ number: Int, _ cluster: ClusterID) {
        let node = self.hosts[number].node
        let count = node.liveIndex(of: cluster).flatMap { node.live[$0].set?.count } ?? 0
        self.setLimits(ClusterLimits(recordCountMax: count), number, cluster)
    }

    fileprivate mutating func setLimits(
        _ limits: ClusterLimits, _ number: Int, _ cluster: ClusterID
    ) {
        guard let index = self.hosts[number].node.liveIndex(of: cluster) else { return }
        self.hosts[number].node.live[index].set?.limits = limits
    }

    /// A host's meeting that is not finished.
    fileprivate func meeting(_ number: Int) -> RelationRecord? {
        self.hosts[number].store.state.relations.first { $0.phase != .trusted }
    }
}
