// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Nobody is lost while one way is left to one of the others, whoever introduced whom (PROTOCOL.md §8.6, §8.9,
/// §12.3, §12.5).
@Suite struct LostAndFoundTests {
    private static let (ada, ben, cem, dia, eli, fay) = (0, 1, 2, 3, 4, 5)

    /// Another address for a host, in a network of its own.
    private static func place(_ number: Int, round: Int = 0) -> Endpoint {
        Endpoint(
            address: .v4(0x1600_0001 + UInt32(number) << 16 + UInt32(round) << 8), port: 41_414)
    }

    /// Members whose routers tell them their addresses, all connected with all.
    private func cluster(
        of names: [String], apart others: [String] = []
    ) throws -> (circle: Circle, cluster: ClusterID) {
        var circle = Circle(names + others, primitives: StandInPrimitives())
        let cluster = try circle.found(Self.ada, Self.ben)
        for newcomer in names.indices.dropFirst(2) {
            try circle.takeIn(newcomer, by: Self.ada, into: cluster)
            circle.run(for: .seconds(3))
        }
        for number in circle.hosts.indices {
            circle.renumber(number, to: Circle.endpoint(of: number))
        }
        circle.run(for: .seconds(60))
        return (circle, cluster)
    }

    /// Everybody of these is connected with everybody else of them, straight to where that one is.
    private func expectConnected(
        _ members: [Int], _ circle: Circle, _ cluster: ClusterID, _ comment: Comment? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for number in members {
            let apart = try members.filter { other in
                guard other != number else { return false }
                let relations = try circle.relations(number, with: other, cluster)
                return !relations.contains { record in
                    let relation = circle.hosts[number].node.relations[record.id]
                    return (relation?.isConnected ?? false)
                        && relation?.path == circle.hosts[other].endpoint
                }
            }
            #expect(apart == [], comment, sourceLocation: sourceLocation)
        }
        let hashes = try members.map { try circle.rosterHash($0, cluster) }
        #expect(Set(hashes).count == 1, comment, sourceLocation: sourceLocation)
    }

    // MARK: All at once

    /// Everybody gets another address at one moment but one, whoever that is; where no router tells it, the
    /// nodes find out by themselves.
    @Test(arguments: 0..<4, [true, false])
    func allMoveButOne(keeper: Int, areTold: Bool) throws {
        var (circle, cluster) = try self.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        for number in 0..<4 where number != keeper {
            circle.renumber(number, to: Self.place(number), isTold: areTold)
        }
        circle.run(for: areTold ? .milliseconds(500) : .seconds(150))
        try self.expectConnected(Array(0..<4), circle, cluster)
        circle.run(for: .seconds(10))
        try circle.expectOneCluster(Array(0..<4), cluster)
    }

    // MARK: Who introduced everybody

    /// Who took in all the others is switched off for good; then the rest move, one by one or in pairs.
    ///
    /// They go on knowing each other. Where routers tell it nobody is lost for a moment.
    @Test(
        arguments: [[[1], [2], [3], [4]], [[1, 2], [3, 4], [2, 3], [1, 4]]], [true, false])
    func whoIntroducedAllIsNotNeeded(groups: [[Int]], areTold: Bool) throws {
        var (circle, cluster) = try self.cluster(of: ["Ada", "Ben", "Cem", "Dia", "Eli"])
        let rest = [Self.ben, Self.cem, Self.dia, Self.eli]
        circle.stopped = [Self.ada]
        circle.run(for: .seconds(300))
        let eventCounts = rest.map { circle.hosts[$0].events.count }
        for (round, group) in groups.enumerated() {
            for number in group {
                circle.renumber(number, to: Self.place(number, round: round), isTold: areTold)
            }
            circle.run(for: areTold ? .milliseconds(500) : .seconds(150))
            try self.expectConnected(rest, circle, cluster, "\(group)")
            circle.run(for: .seconds(30))
        }
        for (number, count) in zip(rest, eventCounts) where areTold {
            let lost = circle.hosts[number].events.dropFirst(count).filter {
                if case .peerUnreachable = $0 { true } else { false }
            }
            #expect(lost == [], "\(number)")
        }
        #expect(try circle.roster(Self.ben, cluster).present.count == 5)
    }

    // MARK: Away for a month

    /// What is so when somebody comes back after a month.
    struct Return: Sendable, CustomTestStringConvertible {
        /// Who has the address that it had a month ago; nil: nobody, but the one who comes back.
        var keeper: Int?
        /// Whether the fifth one was removed; else it left.
        var isRemoved = true
        /// Whether the program was stopped all the time; else the machine slept.
        var isRestarted = true

        var testDescription: String {
            "keeper \(self.keeper ?? -1), removed \(self.isRemoved), restarted \(self.isRestarted)"
        }
    }

    /// A month in which Dia is away: the others move, publish where they are, take Fay in, and lose Eli.
    ///
    /// They are awake for two minutes of each day, for all that happens and for the last hour; the rest is
    /// skipped, since to run it all takes minutes.
    private func month(_ story: Return) throws -> (circle: Circle, cluster: ClusterID) {
        var (circle, cluster) = try self.cluster(
            of: ["Ada", "Ben", "Cem", "Dia", "Eli"], apart: ["Fay"])
        // Three voters.
        try circle.confirm(Self.ben, Self.cem)
        circle.run(for: .seconds(30))
        circle.stopped = [Self.dia]
        circle.run(for: .seconds(150))
        let gone = try circle.member(Self.eli, cluster)
        for day in 1...30 {
            circle.skip(.seconds(86_400 - 120))
            circle.run(for: .seconds(120))
            switch day {
            case 4, 12, 26:
                let mover = [4: Self.ada, 12: Self.ben, 26: Self.cem][day] ?? 0
                guard mover != story.keeper else { continue }
                circle.renumber(mover, to: Self.place(mover, round: day))
                circle.run(for: .seconds(60))
            case 8:
                try circle.takeIn(Self.fay, by: Self.ben, into: cluster)
                circle.run(for: .seconds(60))
            case 16 where story.isRemoved:
                for number in [Self.ada, Self.ben] {
                    #expect(circle.request(number, .removeMember(cluster, gone)) == .done)
                    circle.run(for: .seconds(5))
                }
                circle.run(for: .seconds(60))
            case 16:
                #expect(circle.request(Self.eli, .leave(cluster)) == .done)
                circle.run(for: .seconds(60))
            default: break
            }
        }
        circle.run(for: .seconds(3_600))
        #expect(try circle.roster(Self.ada, cluster).epochNumber == 1)
        try self.expectConnected([Self.ada, Self.ben, Self.cem, Self.fay], circle, cluster)
        return (circle, cluster)
    }

    /// It comes back to where it was, and is a member as before; all others have moved, and Fay is new.
    ///
    /// Or it comes back elsewhere, while one of those whom it knew is where it was.
    @Test(arguments: [
        Return(keeper: nil), Return(keeper: nil, isRemoved: false, isRestarted: false),
        Return(keeper: Self.ada), Return(keeper: Self.ben),
        Return(keeper: Self.cem, isRemoved: false),
        Return(keeper: Self.ada, isRemoved: false, isRestarted: false),
    ])
    func whoWasAwayForAMonthIsAMemberAgain(story: Return) throws {
        var (circle, cluster) = try self.month(story)
        if story.keeper != nil {
            circle.renumber(Self.dia, to: Self.place(Self.dia), isTold: false)
        }
        circle.stopped = []
        if story.isRestarted { circle.restart(Self.dia) }
        let place = circle.hosts[Self.dia].endpoint
        circle.act(Self.dia) { host, now, sent in
            let told = [Candidate(endpoint: place, kind: .mapped)]
            host.handle(.ownCandidates(told), now: now, sent: &sent)
        }
        circle.run(for: .seconds(120))
        let members = [Self.ada, Self.ben, Self.cem, Self.dia, Self.fay]
        try self.expectConnected(members, circle, cluster)
        try circle.expectOneCluster(members, cluster)
        let own = try circle.member(Self.dia, cluster)
        for number in members {
            let held = try circle.live(number, cluster).set?.whereabouts(of: own)
            #expect(held?.addresses.map(\.endpoint) == [place], "\(number)")
            #expect(held?.isValid(at: circle.now.wall) == true)
        }
        let status = circle.hosts[Self.dia].node.status(now: circle.now)
        #expect(status.clusters.first?.epoch == 1)
        // It takes somebody's part as before.
        let newcomer = try circle.member(Self.fay, cluster)
        #expect(circle.request(Self.dia, .block(cluster, newcomer, isOn: true)) == .done)
        circle.run(for: .seconds(5))
        #expect(try circle.roster(Self.ben, cluster).blocks(own, newcomer))
    }
}
