// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import MainlineDHT
import Testing

@Suite struct DHTClientTests {
    @Test func nothingIsSentBeforeSomethingIsAsked() {
        var world = DHTWorld(nodes: 20)
        world.handle(.timer)
        world.handle(.networkChanged)
        world.handle(.entries(world.entries))
        #expect(world.sentTo.isEmpty && world.entryRequestCount == 0)
        #expect(world.client.deadline == nil)
    }

    @Test(arguments: [1, 2, 8, 50, 300])
    func whatIsStoredIsFoundByAnother(nodeCount: Int) throws {
        var world = DHTWorld(nodes: nodeCount)
        let item = try makeItem("Hello World!", sequence: 7)
        let stored = world.run(.put(item, over: nil))
        #expect(stored == .stored(by: min(8, nodeCount)))
        let closest = world.closest(to: item.place.target)
        let holders = world.holders(of: item.place).map { world.models[$0].contact }
        #expect(Set(holders) == Set(closest))

        var other = DHTWorld(seed: 2, nodes: 0)
        other.models = world.models
        other.entries = world.entries
        let found = other.run(.get(item.place, newerThan: nil))
        #expect(found == .found(item, by: min(8, nodeCount)))
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func lossesAndSilentNodesDoNotHinder(seed: UInt64) throws {
        var world = DHTWorld(seed: seed, nodes: 200)
        for index in 2..<200 where index % 4 == 0 { world.models[index].manner = .silent }
        world.lossPerMille = 100
        let item = try makeItem("value", sequence: 1)
        guard case .stored(let count)? = world.run(.put(item, over: nil)) else {
            Issue.record("not stored")
            return
        }
        #expect(count >= 5)
        guard case .found(item, let holders)? = world.run(.get(item.place, newerThan: nil)) else {
            Issue.record("not found")
            return
        }
        #expect(holders >= 3)
    }

    @Test func theNewestItemCounts() throws {
        var world = DHTWorld(nodes: 40)
        let old = try makeItem("old", sequence: 1)
        let new = try makeItem("new", sequence: 2)
        _ = world.run(.put(new, over: nil))
        let holders = world.holders(of: new.place)
        for index in holders.dropFirst() {
            world.models[index].items[new.place.target] = (ItemFields(old), old.salt)
        }
        #expect(world.run(.get(new.place, newerThan: nil)) == .found(new, by: 1))
    }

    @Test func anItemThatIsNotNewerIsNoResult() throws {
        var world = DHTWorld(nodes: 40)
        let item = try makeItem("value", sequence: 5)
        _ = world.run(.put(item, over: nil))
        #expect(world.run(.get(item.place, newerThan: 4)) == .found(item, by: 8))
        guard case .nothing? = world.run(.get(item.place, newerThan: 5)) else {
            Issue.record("an old item")
            return
        }
    }

    @Test func anOlderItemIsNotStoredOverANewerOne() throws {
        var world = DHTWorld(nodes: 40)
        let new = try makeItem("new", sequence: 2)
        _ = world.run(.put(new, over: nil))
        let old = try makeItem("old", sequence: 1)
        #expect(world.run(.put(old, over: nil)) == .outdated(new))
        let same = try makeItem("other", sequence: 2)
        #expect(world.run(.put(same, over: nil)) == .outdated(new))
        #expect(world.run(.put(new, over: nil)) == .stored(by: 8))
        let newest = try makeItem("newest", sequence: 3)
        #expect(world.run(.put(newest, over: 1)) == .refused([Int64](repeating: 301, count: 8)))
        #expect(world.run(.put(newest, over: 2)) == .stored(by: 8))
    }

    @Test(arguments: [DHTWorld.Manner.forging, .mistaken])
    func whoLiesIsNotBelievedAndNotAskedAgain(manner: DHTWorld.Manner) throws {
        var world = DHTWorld(nodes: 40)
        let item = try makeItem("value", sequence: 5)
        _ = world.run(.put(item, over: nil))
        let liars = Array(world.holders(of: item.place).prefix(3))
        for index in liars { world.models[index].manner = manner }
        guard case .found(item, let count)? = world.run(.get(item.place, newerThan: nil)) else {
            Issue.record("not found")
            return
        }
        #expect(count == 5)
        #expect(world.client.counters.lies == 3)
        let asked = liars.map { world.models[$0].questionCount }
        _ = world.run(.get(item.place, newerThan: nil))
        #expect(liars.map { world.models[$0].questionCount } == asked)
    }

    @Test func nodesThatDoNotKnowItemsStillTellOfOthers() throws {
        var world = DHTWorld(nodes: 100)
        for index in 0..<50 { world.models[index].manner = .old }
        let item = try makeItem("value", sequence: 5)
        // The eight closest are all that anybody tells of: those among them that know items.
        let able = world.closest(to: item.place.target).filter { contact in
            world.models[50...].contains { $0.contact == contact }
        }
        #expect(!able.isEmpty)
        #expect(world.run(.put(item, over: nil)) == .stored(by: able.count))
        #expect(world.holders(of: item.place).allSatisfy { $0 >= 50 })
    }

    @Test func refusalsAreTold() throws {
        var world = DHTWorld(nodes: 3)
        for index in 0..<3 { world.models[index].manner = .refusing }
        let item = try makeItem("value", sequence: 5)
        #expect(world.run(.put(item, over: nil)) == .refused([203, 203, 203]))
    }

    @Test func withoutAnyAnswerItIsUnreachable() throws {
        var world = DHTWorld(nodes: 10)
        for index in 0..<10 { world.models[index].manner = .silent }
        let place = try makeItem("value", sequence: 5).place
        #expect(world.run(.get(place, newerThan: nil)) == .unreachable)
        world.entries = []
        #expect(world.run(.get(place, newerThan: nil)) == .unreachable)
        #expect(world.client.deadline == nil)
    }

    @Test func aNodeUnderAnotherNameIsPassedOver() throws {
        var world = DHTWorld(nodes: 60)
        for index in 30..<60 { world.models[index].manner = .renamed }
        let item = try makeItem("value", sequence: 5)
        guard case .stored(let count)? = world.run(.put(item, over: nil)) else {
            Issue.record("not stored")
            return
        }
        #expect(world.holders(of: item.place).count == count)
        #expect(world.holders(of: item.place).allSatisfy { $0 < 30 })
    }

    /// Whoever is asked first cannot keep others from being heard.
    @Test func whoIsNamedWronglyIsHeardAllTheSame() throws {
        var world = DHTWorld(nodes: 60)
        let item = try makeItem("value", sequence: 5)
        #expect(world.run(.put(item, over: nil)) == .stored(by: 8))
        let holders = world.holders(of: item.place)
        for index in 0..<2 {
            world.models[index].manner = .misnaming
            world.models[index].items = [:]
        }
        world.client = DHTClient(CryptoPrimitives(), using: &world.generator)
        guard case .found(let found, _)? = world.run(.get(item.place, newerThan: nil)) else {
            Issue.record("not found")
            return
        }
        #expect(found == item)
        world.client = DHTClient(CryptoPrimitives(), using: &world.generator)
        let newer = try makeItem("other", sequence: 6)
        #expect(world.run(.put(newer, over: nil)) == .stored(by: 8))
        #expect(Set(world.holders(of: item.place)) == Set(holders))
    }

    @Test func knownNodesSpareTheEntries() throws {
        var world = DHTWorld(nodes: 60)
        let item = try makeItem("value", sequence: 5)
        _ = world.run(.put(item, over: nil))
        #expect(world.entryRequestCount == 1)
        _ = world.run(.get(item.place, newerThan: nil))
        #expect(world.entryRequestCount == 1)
        var later = DHTWorld(seed: 9, nodes: 0, contacts: world.client.contacts)
        later.models = world.models
        #expect(later.run(.get(item.place, newerThan: nil)) == .found(item, by: 8))
        #expect(later.entryRequestCount == 0)
    }

    @Test func whenAllKnownNodesAreGoneTheEntriesAreAsked() throws {
        var world = DHTWorld(nodes: 60)
        let item = try makeItem("value", sequence: 5)
        _ = world.run(.put(item, over: nil))
        let known = world.client.contacts
        for index in world.models.indices
        where known.contains(world.models[index].contact) {
            world.models[index].manner = .silent
        }
        let awake = world.models.filter { $0.manner == .honest }.map(\.contact.endpoint)
        world.entries = Array(awake.prefix(2))
        guard case .nothing? = world.run(.get(item.place, newerThan: nil)) else {
            Issue.record("nobody was asked")
            return
        }
        #expect(world.entryRequestCount == 2)
    }

    @Test func moreThanIsAffordableIsRefused() throws {
        var world = DHTWorld(nodes: 20)
        let place = try makeItem("value", sequence: 5).place
        let ids = (0..<40).map { _ in world.begin(.get(place, newerThan: nil)) }
        #expect(ids.filter { world.results[$0] == .busy } == Array(ids.suffix(4)))
        world.runToTheEnd()
        #expect(ids.allSatisfy { world.results[$0] != nil })
    }

    @Test func aCancelledRequestHasNoResult() throws {
        var world = DHTWorld(nodes: 20)
        let id = world.begin(.get(try makeItem("value", sequence: 5).place, newerThan: nil))
        world.handle(.cancel(id))
        world.runToTheEnd()
        #expect(world.results[id] == nil && world.client.deadline == nil)
    }

    @Test func aLookupIsShort() throws {
        var world = DHTWorld(nodes: 300)
        _ = world.run(.get(try makeItem("value", sequence: 5).place, newerThan: nil))
        #expect(world.sentTo.count <= 40)
        #expect(world.now < Instant(nanoseconds: 2_000_000_000))
    }
}
