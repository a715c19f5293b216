// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Two who have both moved, without anybody else (PROTOCOL.md §13).
@Suite struct LastResortTests {
    private static let (anna, ben) = (0, 1)
    private let elsewhere = [at("20.8.0.1:41414"), at("20.9.0.1:41414")]

    /// A place that keeps the last note of each slot, and brings what is sought.
    private struct Drop {
        var values: [String: [UInt8]] = [:]
        private var doneLeft = [0, 0]
        private var doneSought = [0, 0]

        mutating func serve(_ circle: inout Circle) {
            for number in circle.hosts.indices {
                for left in circle.hosts[number].leftNotes.dropFirst(self.doneLeft[number]) {
                    self.values[left.slot.name] = left.slot.seal(left.note)
                }
                self.doneLeft[number] = circle.hosts[number].leftNotes.count
                let sought = circle.hosts[number].soughtNotes
                for wish in sought.dropFirst(self.doneSought[number]) {
                    for slot in wish.slots {
                        guard let value = self.values[slot.name],
                            let note = try? slot.open(value, after: wish.accepted)
                        else { continue }
                        circle.act(number) {
                            $0.handle(.noteFound(wish.relation, note), now: $1, sent: &$2)
                        }
                    }
                }
                self.doneSought[number] = sought.count
            }
        }
    }

    /// The two have met, and each is somewhere else now without the other's knowledge.
    private func parted(
        _ configure: @escaping (inout NodeConfiguration) -> Void = { $0.usesLastResorts = true }
    ) throws -> Circle {
        var circle = Circle(["Anna", "Ben"]) { configure(&$1) }
        try #require(circle.meet(Self.anna, Self.ben) != nil)
        circle.run(for: .seconds(5))
        try #require(self.areConnected(circle))
        for (number, place) in self.elsewhere.enumerated() { circle.move(number, to: place) }
        return circle
    }

    private func areConnected(_ circle: Circle) -> Bool {
        circle.peer(Self.anna, "Ben")?.isConnected == true
            && circle.peer(Self.ben, "Anna")?.isConnected == true
    }

    @Test func whoHaveBothMovedFindEachOtherByNotes() throws {
        var circle = try self.parted()
        var drop = Drop()
        for _ in 0..<300 {
            circle.run(for: .seconds(1))
            drop.serve(&circle)
        }
        #expect(self.areConnected(circle))
        #expect(circle.peer(Self.anna, "Ben")?.path == self.elsewhere[Self.ben])
        for host in circle.hosts {
            #expect(host.leftNotes.first?.note.endpoints == [host.endpoint])
            #expect(
                host.store.state.relations.first?.usedNote == host.leftNotes.last?.note.sequence)
        }
        let found = circle.hosts.map { $0.store.state.relations.first?.acceptedNote ?? 0 }
        #expect(found.contains { $0 > 0 })
    }

    @Test func nothingIsLeftForWhoIsThere() throws {
        var circle = Circle(["Anna", "Ben"]) { $1.usesLastResorts = true }
        try #require(circle.meet(Self.anna, Self.ben) != nil)
        circle.run(for: .seconds(600))
        #expect(circle.hosts.allSatisfy { $0.leftNotes.isEmpty && $0.soughtNotes.isEmpty })
    }

    @Test func offMeansNothing() throws {
        var circle = try self.parted { _ in }
        circle.run(for: .seconds(900))
        #expect(circle.hosts.allSatisfy { $0.leftNotes.isEmpty && $0.soughtNotes.isEmpty })
        #expect(!self.areConnected(circle))
        let id = try #require(circle.peer(Self.anna, "Ben")?.id)
        let note = LastResortNote(
            sequence: 5, issued: circle.now.wall, endpoints: [self.elsewhere[Self.ben]])
        circle.act(Self.anna) { $0.handle(.noteFound(id, note), now: $1, sent: &$2) }
        #expect(circle.hosts[Self.anna].lastOutputs.isEmpty)
    }

    @Test func anOldNoteDoesNothingAlsoAfterARestart() throws {
        var circle = try self.parted()
        circle.run(for: .seconds(200))
        let id = try #require(circle.peer(Self.anna, "Ben")?.id)
        func hand(_ number: UInt64) -> [Change] {
            let note = LastResortNote(
                sequence: number, issued: circle.now.wall, endpoints: [at("20.7.0.1:1")])
            circle.act(Self.anna) { $0.handle(.noteFound(id, note), now: $1, sent: &$2) }
            return circle.hosts[Self.anna].lastOutputs.compactMap {
                if case .persist(let change) = $0 { change } else { nil }
            }
        }
        let used = try #require(circle.hosts[Self.anna].leftNotes.last?.note.sequence)
        #expect(hand(9).first == .lastResort(id, used: used, accepted: 9))
        #expect(circle.hosts[Self.anna].store.state.relations[0].endpoints[0] == at("20.7.0.1:1"))
        #expect(hand(9).isEmpty)
        #expect(hand(8).isEmpty)
        circle.restart(Self.anna)
        #expect(hand(9).isEmpty)
        circle.run(for: .seconds(200))
        let again = try #require(circle.hosts[Self.anna].leftNotes.first?.note.sequence)
        #expect(again > used)
        #expect(circle.hosts[Self.anna].soughtNotes.first?.accepted == 9)
    }

    @Test func aNoteThatCouldNotBeLeftIsLeftAgain() throws {
        var circle = try self.parted()
        circle.run(for: .seconds(200))
        let first = try #require(circle.hosts[Self.anna].leftNotes.first)
        #expect(circle.hosts[Self.anna].leftNotes.count == 1)
        circle.act(Self.anna) {
            $0.handle(.noteLost(first.relation, first.note.sequence), now: $1, sent: &$2)
        }
        circle.run(for: .seconds(299))
        #expect(circle.hosts[Self.anna].leftNotes.count == 1)
        circle.run(for: .seconds(2))
        #expect(circle.hosts[Self.anna].leftNotes.count == 2)
    }

    @Test func addressesOfLocalNetworksAreNotTold() throws {
        var circle = try self.parted()
        circle.act(Self.anna) { host, now, sent in
            let candidates = ["192.168.1.5:41414", "20.8.0.1:41414"].map {
                Candidate(endpoint: at($0), kind: .lan)
            }
            host.handle(.ownCandidates(candidates), now: now, sent: &sent)
        }
        circle.run(for: .seconds(200))
        #expect(
            circle.hosts[Self.anna].leftNotes.map(\.note.endpoints) == [[at("20.8.0.1:41414")]])
    }

    @Test func whoHasNoAddressAsksForIt() throws {
        var circle = try self.parted {
            $0.usesLastResorts = true
            $0.usesIPgetter = true
        }
        let asked = circle.hosts[Self.anna].askedCount
        circle.act(Self.anna) {
            $0.handle(
                .ownCandidates([Candidate(endpoint: at("192.168.1.5:41414"), kind: .lan)]),
                now: $1, sent: &$2)
        }
        circle.run(for: .seconds(150))
        #expect(circle.hosts[Self.anna].leftNotes.isEmpty)
        #expect(circle.hosts[Self.anna].askedCount == asked + 1)
        #expect(circle.hosts[Self.ben].askedCount == asked)
        circle.act(Self.anna) {
            $0.handle(.ipgetter(.seen(at("20.8.0.1:5000"), by: 2)), now: $1, sent: &$2)
        }
        #expect(
            circle.hosts[Self.anna].leftNotes.map(\.note.endpoints) == [[at("20.8.0.1:5000")]])
    }
}
