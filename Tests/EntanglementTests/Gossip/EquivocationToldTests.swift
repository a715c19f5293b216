// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// That somebody said two things is told once, however many proofs of it there are (PROTOCOL.md §11.5).
@Suite struct EquivocationToldTests {
    /// A sponsor takes in two from one meeting by records of one place: two proofs that come at once.
    @Test func twoProofsThatComeAtOnceAreToldOnce() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Mallory"], apart: ["Noa"])
        let liar = try circle.member(2, cluster)
        let before = circle
        try circle.takeIn(3, by: 2, into: cluster)
        circle.run(for: .seconds(10))
        let truth = try circle.addition(by: 2, seenBy: 0, cluster)
        guard case .add(_, let meeting) = truth.body else {
            Issue.record("no admission")
            return
        }
        let twin = try before.twin(by: 2, meeting: meeting, seenBy: 0, cluster)
        try circle.slip(twin.record, to: 0, from: 2, cluster)
        circle.run(for: .seconds(10))
        for number in 0..<4 {
            #expect(circle.suspects(number, cluster) == ["Mallory"], "\(number)")
            #expect(try circle.roster(number, cluster).equivocations.count == 2, "\(number)")
            #expect(circle.count(number, .memberEquivocated(cluster, liar)) == 1, "\(number)")
        }
    }
}
