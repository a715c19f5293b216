// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Who of a cluster is connected to whom (PROTOCOL.md §12.9).
@Suite struct LinksTests {
    private func links(
        _ number: Int, _ circle: Circle, _ cluster: ClusterID
    ) throws -> [String: [String]?] {
        let row = circle.hosts[number].node.status(now: circle.now).clusters.first {
            $0.id == cluster
        }
        let roster = try #require(row?.roster)
        let names = Dictionary(uniqueKeysWithValues: roster.map { ($0.id, $0.name) })
        return Dictionary(
            uniqueKeysWithValues: roster.map { member in
                (member.name, member.links?.compactMap { names[$0] }.sorted())
            })
    }

    @Test func whoIsConnectedToWhomIsAskedFor() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        #expect(try self.links(0, circle, cluster)["Ben"] == .some(nil))
        circle.stopped = [3]
        circle.run(for: .seconds(200))
        #expect(circle.request(0, .askLinks(cluster)) == .done)
        circle.run(for: .seconds(1))
        let expected: [String: [String]?] = [
            "Ada": ["Ben", "Cem"], "Ben": ["Ada", "Cem"], "Cem": ["Ada", "Ben"], "Dia": nil,
        ]
        #expect(try self.links(0, circle, cluster) == expected)
        // Whoever did not ask has heard nothing.
        #expect(try self.links(1, circle, cluster)["Ada"] == .some(nil))
    }

    /// What a member answered before the last question is not shown as an answer to it.
    @Test func anAnswerIsToTheLastQuestion() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        circle.request(0, .askLinks(cluster))
        circle.run(for: .seconds(5))
        #expect(try self.links(0, circle, cluster)["Cem"] == ["Ada", "Ben"])
        circle.stopped = [2]
        circle.request(0, .askLinks(cluster))
        circle.run(for: .seconds(1))
        #expect(try self.links(0, circle, cluster)["Cem"] == .some(nil))
        #expect(try self.links(0, circle, cluster)["Ben"] == ["Ada", "Cem"])
    }

    /// Nobody says it unasked, and nobody is asked often.
    @Test func questionsAreFewAndAnswersWanted() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let cem = try circle.member(2, cluster)
        try circle.hand(.links(.answer([cem])), of: cluster, to: 0, from: 1)
        #expect(try self.links(0, circle, cluster)["Ben"] == .some(nil))
        func sent() -> Int { circle.log.count { $0.from == Circle.endpoint(of: 0) } }
        circle.request(0, .askLinks(cluster))
        let before = sent()
        for _ in 0..<50 { circle.request(0, .askLinks(cluster)) }
        #expect(sent() == before)
        #expect(circle.request(0, .askLinks(ClusterID(high: 1, low: 2))) == .refused(.notFound))
        // Questions without end are answered within the quota for packets.
        circle.run(for: .seconds(5))
        let former = sent()
        for _ in 0..<2_000 {
            try circle.hand(.links(.question), of: cluster, to: 0, from: 1)
        }
        #expect(sent() - former <= 700)
    }

    /// Whoever is removed is not told.
    @Test func onlyMembersAreTold() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        try circle.confirm(1, 3)
        circle.run(for: .seconds(5))
        let dia = try circle.member(3, cluster)
        circle.request(0, .block(cluster, dia, isOn: true))
        circle.run(for: .seconds(5))
        circle.request(3, .askLinks(cluster))
        circle.run(for: .seconds(2))
        #expect(try self.links(3, circle, cluster)["Ada"] == .some(nil))
        #expect(try self.links(3, circle, cluster)["Ben"] == ["Ada", "Cem", "Dia"])
    }

    /// Lists of members that are not in order, or too long, are no frames.
    @Test func listsAreChecked() {
        let (one, other) = (MemberID(high: 1, low: 0), MemberID(high: 2, low: 0))
        func parsed(_ members: [MemberID]) -> Frame? {
            Frame(
                Frame.gossip(
                    GossipFrame(
                        cluster: ClusterID(high: 3, low: 4), body: .links(.answer(members)))
                ).bytes)
        }
        #expect(parsed([one, other]) != nil)
        #expect(parsed([other, one]) == nil)
        #expect(parsed([one, one]) == nil)
        let question = Frame.gossip(
            GossipFrame(cluster: ClusterID(high: 3, low: 4), body: .links(.question))
        ).bytes
        for kind in UInt8(2)...255 {
            #expect(Frame(question.dropLast() + [kind]) == nil)
        }
        #expect(Frame(question + [0]) == nil)
    }
}
