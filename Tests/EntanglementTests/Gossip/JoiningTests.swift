// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// A third person joins by meeting any member (PROTOCOL.md §12.4).
@Suite("Joining")
struct JoiningTests {
    @Test("the member shows the offer: the newcomer becomes a member, and connects with everybody")
    func memberOffers() throws {
        var circle = Circle(["Ada", "Ben", "Cem"])
        let cluster = try circle.found(0, 1)
        try circle.takeIn(2, by: 0, into: cluster)
        circle.run(for: .seconds(10))
        try circle.expectOneCluster([0, 1, 2], cluster)
    }

    @Test("the newcomer shows the offer")
    func newcomerOffers() throws {
        var circle = Circle(["Ada", "Ben", "Cem"])
        let cluster = try circle.found(0, 1)
        try circle.join(2, by: 1, into: cluster)
        circle.run(for: .seconds(10))
        try circle.expectOneCluster([0, 1, 2], cluster)
    }

    @Test("five join one after the other, each by another one; all are connected with all")
    func chain() throws {
        var circle = Circle(["Ada", "Ben", "Cem", "Dia", "Eli", "Fay"])
        let cluster = try circle.found(0, 1)
        for newcomer in 2..<6 {
            try circle.takeIn(newcomer, by: newcomer - 1, into: cluster)
            circle.run(for: .seconds(3))
        }
        circle.run(for: .seconds(10))
        try circle.expectOneCluster(Array(0..<6), cluster)
    }

    @Test("records that were missed are fetched after a restart of everybody")
    func restart() throws {
        var circle = Circle(["Ada", "Ben", "Cem", "Dia"])
        let cluster = try circle.found(0, 1)
        circle.stopped = [1]
        try circle.takeIn(2, by: 0, into: cluster)
        try circle.takeIn(3, by: 2, into: cluster)
        circle.run(for: .seconds(5))
        circle.stopped = []
        for number in 0..<4 { circle.restart(number) }
        circle.run(for: .seconds(60))
        try circle.expectOneCluster([0, 1, 2, 3], cluster)
    }
}
