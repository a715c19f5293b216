// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// One side has another network, and the other's router lets nobody in whom it did not call
/// (PROTOCOL.md §8.9).
@Suite struct RoamingTests {
    private static let (anna, ben, carl) = (0, 1, 2)
    private let elsewhere = at("20.9.0.1:41414")
    /// Bytes of a packet that seeks under one tag, or tells that somebody does.
    private let seekByteCount = 16 + 2 + 16 + 16

    /// A router that lets in what comes from where its host has sent to, by the port too.
    private struct Filter {
        let inside: Endpoint
        var called: Set<Endpoint> = []

        mutating func passes(_ datagram: Host.Sent) -> Bool {
            if datagram.from == self.inside { self.called.insert(datagram.to) }
            return datagram.to != self.inside || self.called.contains(datagram.from)
        }
    }

    /// All three know each other and are at rest.
    private func acquainted() throws -> (Circle, Filter) {
        var circle = Circle(["Anna", "Ben", "Carl"])
        var filter = Filter(inside: Circle.endpoint(of: Self.ben))
        let pairs = [(Self.anna, Self.carl), (Self.ben, Self.carl), (Self.anna, Self.ben)]
        for (one, other) in pairs {
            try #require(circle.meet(one, other) != nil)
            circle.run(for: .seconds(2)) { filter.passes($0) }
        }
        circle.run(for: .seconds(1)) { filter.passes($0) }
        for (host, other) in [(Self.anna, "Ben"), (Self.ben, "Anna")] {
            try #require(circle.peer(host, other)?.path != nil)
        }
        return (circle, filter)
    }

    private func move(_ circle: inout Circle) {
        circle.act(Self.anna) { $0.move(to: self.elsewhere, now: $1, sent: &$2) }
    }

    private func tag(_ circle: Circle) throws -> RendezvousTag {
        let id = try #require(circle.peer(Self.ben, "Anna")?.id)
        return try #require(circle.hosts[Self.ben].node.relations[id]?.seeking.tag)
    }

    /// The frames of the last step, and where they went.
    private func frames(_ host: Host) -> [String] {
        host.lastOutputs.compactMap { output in
            guard case .sendSealed(_, .frame, let bytes, let place) = output else { return nil }
            return switch Frame(bytes) {
            case .ping: "ping \(place)"
            case .seek(let tags): "seek \(tags.count) \(place)"
            case .sought(_, let tags): "sought \(tags.count) \(place)"
            case .challenge: "challenge \(place)"
            default: "other \(place)"
            }
        }
    }

    private func say(_ frame: Frame, to other: Int, _ circle: inout Circle) throws {
        let name = ["Anna", "Ben", "Carl"][other]
        let id = try #require(circle.peer(Self.carl, name)?.id)
        let view = try #require(
            circle.hosts[Self.carl].node.relations[id]?.sendingSession(circle.now.instant))
        let place = Circle.endpoint(of: other)
        circle.act(Self.carl) { host, now, sent in
            host.carryOut(
                .sendSealed(session: view.index, .frame, frame.bytes, to: place), now, &sent)
        }
        while let first = circle.inFlight.first, first.to != place { circle.deliverNext() }
        circle.deliverNext()
    }

    private func wasLost(_ host: Host) -> Bool {
        host.events.contains { if case .peerUnreachable = $0 { true } else { false } }
    }

    @Test func whoeverMovesIsFoundByWhoFiltersBeforeAnybodyIsLost() throws {
        var (circle, filter) = try self.acquainted()
        self.move(&circle)
        circle.run(for: .milliseconds(500)) { filter.passes($0) }
        #expect(circle.peer(Self.ben, "Anna")?.path == self.elsewhere)
        #expect(circle.peer(Self.ben, "Anna")?.isConnected == true)
        #expect(circle.peer(Self.anna, "Ben")?.isConnected == true)
        circle.run(for: .seconds(60)) { filter.passes($0) }
        #expect(!self.wasLost(circle.hosts[Self.anna]) && !self.wasLost(circle.hosts[Self.ben]))
        #expect(circle.hosts[Self.carl].relayedCount(circle.now) == 0)
    }

    /// The first word to Ben is lost: it is said again.
    @Test func aCommonPeerIsAskedAgain() throws {
        var (circle, filter) = try self.acquainted()
        self.move(&circle)
        let (carl, ben) = (Circle.endpoint(of: Self.carl), Circle.endpoint(of: Self.ben))
        circle.run(for: .milliseconds(1_000)) {
            filter.passes($0) && !($0.from == carl && $0.to == ben)
        }
        #expect(circle.peer(Self.ben, "Anna")?.path == Circle.endpoint(of: Self.anna))
        circle.run(for: .milliseconds(1_500)) { filter.passes($0) }
        #expect(circle.peer(Self.ben, "Anna")?.path == self.elsewhere)
        #expect(!self.wasLost(circle.hosts[Self.anna]) && !self.wasLost(circle.hosts[Self.ben]))
    }

    @Test func whoeverIsAnsweredAsksNobody() throws {
        var (circle, _) = try self.acquainted()
        let before = circle.log.count
        self.move(&circle)
        circle.run(for: .seconds(60))
        #expect(circle.peer(Self.ben, "Anna")?.path == self.elsewhere)
        let seeks = circle.log.dropFirst(before).filter { $0.bytes.count == self.seekByteCount }
        #expect(seeks.isEmpty)
    }

    /// A helper that does not know the new place would name the old one.
    @Test func onlyAHelperThatWasHeardIsAsked() throws {
        var (circle, filter) = try self.acquainted()
        let carl = Circle.endpoint(of: Self.carl)
        let before = circle.log.count
        self.move(&circle)
        circle.run(for: .milliseconds(800)) { filter.passes($0) && $0.from != carl }
        func seeks() -> Int {
            circle.log.dropFirst(before).count {
                $0.from == self.elsewhere && $0.bytes.count == self.seekByteCount
            }
        }
        #expect(seeks() == 0)
        circle.run(for: .milliseconds(500)) { filter.passes($0) }
        #expect(seeks() == 1)
        #expect(circle.peer(Self.ben, "Anna")?.path == self.elsewhere)
    }

    private func sought(_ tags: [RendezvousTag]) -> Frame {
        .sought(nonce: 9, tags.map { $0.veiled(nonce: 9, CryptoPrimitives()) })
    }

    @Test func whoeverIsSoughtAsksThePeerAndTheHelper() throws {
        var (circle, _) = try self.acquainted()
        let tag = try self.tag(circle)
        let (anna, carl) = (Circle.endpoint(of: Self.anna), Circle.endpoint(of: Self.carl))
        let said = ["ping \(anna)", "seek 1 \(carl)"]
        try self.say(self.sought([RendezvousTag(high: 1, low: 2), tag]), to: Self.ben, &circle)
        #expect(self.frames(circle.hosts[Self.ben]) == said)
        try self.say(self.sought([tag]), to: Self.ben, &circle)
        #expect(circle.hosts[Self.ben].lastOutputs.isEmpty)
        circle.run(for: .seconds(5))
        try self.say(self.sought([tag]), to: Self.ben, &circle)
        #expect(self.frames(circle.hosts[Self.ben]) == said)
    }

    @Test func whoeverIsNotMeantSaysNothing() throws {
        var (circle, _) = try self.acquainted()
        let guess = RendezvousTag(high: 1, low: 2)
        try self.say(self.sought([guess]), to: Self.ben, &circle)
        #expect(circle.hosts[Self.ben].lastOutputs.isEmpty)
    }

    @Test func placesThatAreToldWhileInDoubtAreChallenged() throws {
        var (circle, _) = try self.acquainted()
        let tag = try self.tag(circle)
        let places = (1...6).map { at("203.0.113.\($0):53") }
        let found = Frame.found(tag, delay: .zero, places)
        try self.say(found, to: Self.ben, &circle)
        #expect(circle.hosts[Self.ben].lastOutputs.isEmpty)
        circle.blocked = [(Self.anna, Self.ben)]
        try self.say(self.sought([tag]), to: Self.ben, &circle)
        try self.say(found, to: Self.ben, &circle)
        let challenged = places.prefix(4).map { "challenge \($0)" }
        #expect(self.frames(circle.hosts[Self.ben]) == challenged)
        // The next word of the same helper counts five seconds later.
        try self.say(found, to: Self.ben, &circle)
        #expect(circle.hosts[Self.ben].lastOutputs.isEmpty)
    }

    /// A list of addresses without the place where the path leads, told by that path.
    @Test(arguments: [
        (["203.0.113.1:53", "10.0.0.1:53", "[2001:db8::1]:1"], ["203.0.113.1:53"]),
        (["203.0.113.1:53", "20.0.0.1:9"], []), (["10.0.0.1:53", "[2001:db8::1]:1"], []),
        ((1...8).map { "203.0.113.\($0):53" }, (1...4).map { "203.0.113.\($0):53" }),
    ])
    func whoeverSaysThatItIsElsewhereIsCalledThere(list: [String], called: [String]) throws {
        var (circle, _) = try self.acquainted()
        let id = try #require(circle.peer(Self.anna, "Ben")?.id)
        let view = try #require(
            circle.hosts[Self.anna].node.relations[id]?.sendingSession(circle.now.instant))
        let ben = Circle.endpoint(of: Self.ben)
        circle.act(Self.anna) { host, now, sent in
            let frame = Frame.addresses(sequence: .max, list.map { at($0) })
            host.carryOut(
                .sendSealed(session: view.index, .frame, frame.bytes, to: ben), now, &sent)
        }
        circle.deliverNext()
        let challenges = called.map { "challenge \($0)" }
        let answer = "other \(Circle.endpoint(of: Self.anna))"
        #expect(self.frames(circle.hosts[Self.ben]) == challenges + [answer])
    }

    @Test func whoeverHasNotMovedLatelyIsNotAnnounced() throws {
        var (circle, _) = try self.acquainted()
        circle.run(for: .seconds(40))
        let id = try #require(circle.peer(Self.anna, "Carl")?.id)
        let view = try #require(
            circle.hosts[Self.anna].node.relations[id]?.sendingSession(circle.now.instant))
        let carl = Circle.endpoint(of: Self.carl)
        circle.act(Self.anna) { host, now, sent in
            let frame = Frame.seek([RendezvousTag(high: 1, low: 2)])
            host.carryOut(
                .sendSealed(session: view.index, .frame, frame.bytes, to: carl), now, &sent)
        }
        circle.deliverNext()
        #expect(circle.hosts[Self.carl].lastOutputs.isEmpty)
    }
}
