// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

extension Circle {
    /// Two found a cluster; its id.
    mutating func found(_ one: Int, _ other: Int) throws -> ClusterID {
        try self.meet(one, other, MeetingOptions(), MeetingOptions(), into: nil)
        return try #require(self.hosts[one].store.state.clusters.first?.id)
    }

    /// A member shows the offer to a newcomer, and decides when it scans the answer.
    mutating func takeIn(_ newcomer: Int, by member: Int, into cluster: ClusterID) throws {
        try self.meet(member, newcomer, MeetingOptions(), MeetingOptions(), into: cluster)
    }

    /// A newcomer shows the offer to a member.
    mutating func join(_ newcomer: Int, by member: Int, into cluster: ClusterID) throws {
        try self.meet(
            newcomer, member, MeetingOptions(), MeetingOptions(cluster: cluster), into: nil)
    }

    /// Two members of one cluster meet in person.
    mutating func meetAgain(_ one: Int, _ other: Int) throws {
        try self.meet(one, other, MeetingOptions(), MeetingOptions(), into: nil)
    }

    private mutating func meet(
        _ one: Int, _ other: Int, _ offering: MeetingOptions, _ answering: MeetingOptions,
        into cluster: ClusterID?
    ) throws {
        let offer = try self.reply(of: one, to: .offer(offering)).text
        let answer = try self.reply(of: other, to: .answer(offer, answering)).text
        _ = try self.reply(of: one, to: .accept(answer, into: cluster))
        self.run(for: .seconds(2))
    }

    private mutating func reply(
        of number: Int, to request: Request
    ) throws -> (reply: Reply, text: String) {
        let answer = self.request(number, request)
        let reply = try #require(answer)
        switch reply {
        case .offered(_, let text, _), .answered(_, let text, _): return (reply, text)
        case .accepted: return (reply, "")
        case .done, .pong, .noAnswer, .refused:
            Issue.record("\(request): \(reply)")
            return (reply, "")
        }
    }

    /// All of these, and nobody else, are members, know the same, and are connected with each other.
    func expectOneCluster(
        _ members: [Int], _ cluster: ClusterID, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var hashes: [[UInt8]] = []
        for number in members {
            let host = self.hosts[number]
            let status = host.node.status(now: self.now)
            let row = try #require(
                status.clusters.first { $0.id == cluster }, sourceLocation: sourceLocation)
            let present = row.roster.filter { $0.status == .present }
            #expect(present.count == members.count, sourceLocation: sourceLocation)
            #expect(row.standing == .member, sourceLocation: sourceLocation)
            let apart = present.filter { !$0.isConnected }.map(\.name)
            #expect(apart == [], "\(status.name)", sourceLocation: sourceLocation)
            let index = try #require(host.node.liveIndex(of: cluster))
            let roster = try #require(host.node.live[index].roster)
            hashes.append(roster.hash(CryptoPrimitives()))
            #expect(
                host.node.live[index].places == self.hosts[members[0]].node.live[0].places,
                sourceLocation: sourceLocation)
        }
        #expect(Set(hashes).count == 1, sourceLocation: sourceLocation)
    }
}
