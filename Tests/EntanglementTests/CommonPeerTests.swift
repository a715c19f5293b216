// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Three nodes, two of which cannot reach each other (PROTOCOL.md §8.9).
@Suite struct CommonPeerTests {
    private static let (anna, ben, carl) = (0, 1, 2)

    /// Anna and Ben know Carl, and then meet; nothing arrives between the two.
    private func relayed(
        seed: UInt64 = 1, configure: (Int, inout NodeConfiguration) -> Void = { _, _ in }
    ) throws -> Circle {
        var circle = Circle(["Anna", "Ben", "Carl"], seed: seed, configure: configure)
        circle.blocked = [(Self.anna, Self.ben)]
        for host in [Self.anna, Self.ben] {
            try #require(circle.meet(host, Self.carl) != nil)
            circle.run(for: .seconds(2))
        }
        try #require(circle.meet(Self.anna, Self.ben) != nil)
        circle.run(for: .seconds(20))
        return circle
    }

    @Test func twoWhoCannotReachEachOtherMeetByWayOfACommonPeer() throws {
        let circle = try self.relayed()
        for (host, other) in [(Self.anna, "Ben"), (Self.ben, "Anna")] {
            let peer = try #require(circle.peer(host, other))
            #expect(peer.isConnected && peer.path == nil && peer.reason == .noDirectPath)
            #expect(peer.via == circle.peer(host, "Carl")?.id)
            let events = circle.hosts[host].events
            let via = try #require(peer.via)
            #expect(events.contains(.peerRelayed(peer.id, via: via)))
        }
        let counters = circle.hosts[Self.carl].node.status(now: circle.now).counters
        #expect(counters.first { $0.name == "peersIntroduced" }.map { $0.count > 0 } ?? false)
    }

    @Test func aPingSaysByWhomItWasRelayed() throws {
        var circle = try self.relayed()
        let peer = try #require(circle.peer(Self.anna, "Ben"))
        circle.act(Self.anna) { host, now, sent in
            _ = host.request(.ping(peer.id), now: now, sent: &sent)
        }
        circle.run(for: .seconds(1))
        let reply = try #require(circle.hosts[Self.anna].replies.last?.reply)
        let via = try #require(peer.via)
        guard case .pong(peer.id, _, .relayed(via: via, reason: .noDirectPath)) = reply else {
            Issue.record("\(reply)")
            return
        }
    }

    /// No list, no event, no datagram has a place that means something in one node alone.
    @Test func thePlaceOfARelayedWayStaysInside() throws {
        var circle = try self.relayed()
        circle.run(for: .seconds(200))
        for host in circle.hosts {
            let records = host.store.state.relations
            #expect(!records.contains { $0.endpoints.contains { $0.isRelay } })
            #expect(!host.node.publishedEndpoints.contains { $0.isRelay })
            #expect(!host.events.contains { "\($0)".contains("100::") })
        }
        #expect(!circle.log.contains { $0.to.isRelay })
        #expect(circle.peer(Self.anna, "Ben")?.isConnected == true)
    }

    @Test func aDirectPathReplacesTheRelayedOneAndStays() throws {
        var circle = try self.relayed()
        circle.blocked = []
        circle.run(for: .seconds(70))
        for (host, other, place) in [(Self.anna, "Ben", Self.ben), (Self.ben, "Anna", Self.anna)] {
            let peer = try #require(circle.peer(host, other))
            #expect(peer.isConnected && peer.via == nil)
            #expect(peer.path == Circle.endpoint(of: place))
        }
        let count = circle.hosts[Self.carl].relayedCount(circle.now)
        circle.run(for: .seconds(300))
        #expect(circle.hosts[Self.carl].relayedCount(circle.now) == count)
        #expect(circle.peer(Self.anna, "Ben")?.isConnected == true)
    }

    @Test func withoutTheHelperNothingArrivesAndWithItEverythingDoes() throws {
        var circle = try self.relayed()
        circle.stopped = [Self.carl]
        circle.run(for: .seconds(60))
        #expect(circle.peer(Self.anna, "Ben")?.isConnected == false)
        #expect(circle.peer(Self.ben, "Anna")?.isConnected == false)
        circle.stopped = []
        circle.act(Self.carl) { $0.restart(now: $1, sent: &$2) }
        circle.run(for: .seconds(90))
        #expect(circle.peer(Self.anna, "Ben")?.isConnected == true)
        #expect(circle.peer(Self.ben, "Anna")?.isConnected == true)
    }

    @Test func whoeverIsLostIsFoundByWayOfACommonPeer() throws {
        var circle = try self.relayed()
        circle.blocked = []
        circle.run(for: .seconds(100))
        try #require(circle.peer(Self.anna, "Ben")?.path != nil)
        circle.blocked = [(Self.anna, Self.ben)]
        circle.run(for: .seconds(60))
        #expect(circle.peer(Self.anna, "Ben")?.via != nil)
        #expect(circle.peer(Self.anna, "Ben")?.isConnected == true)
        #expect(circle.peer(Self.ben, "Anna")?.isConnected == true)
    }

    @Test func aSessionIsRenewedByTheRelayedWay() throws {
        var circle = try self.relayed()
        circle.run(for: .seconds(600))
        let peer = try #require(circle.peer(Self.anna, "Ben"))
        #expect(peer.isConnected && peer.via != nil)
        let lost = circle.hosts[Self.anna].events.contains(.peerUnreachable(peer.id))
        #expect(!lost)
    }

    @Test(arguments: [0, 1, 2])
    func whoDoesNotWantHelpGetsNoneAndGivesNone(number: Int) throws {
        var circle = try self.relayed { host, configuration in
            if host == number { configuration.usesCommonPeers = false }
        }
        circle.run(for: .seconds(100))
        #expect(circle.peer(Self.anna, "Ben") == nil)
        #expect(circle.hosts[Self.carl].relayedCount(circle.now) == 0)
    }

    @Test func twoWhoReachEachOtherAreNotRelayed() throws {
        var circle = Circle(["Anna", "Ben", "Carl"])
        for host in [Self.anna, Self.ben] {
            try #require(circle.meet(host, Self.carl) != nil)
            circle.run(for: .seconds(2))
        }
        try #require(circle.meet(Self.anna, Self.ben) != nil)
        circle.run(for: .seconds(300))
        #expect(circle.peer(Self.anna, "Ben")?.path == Circle.endpoint(of: Self.ben))
        #expect(circle.hosts[Self.carl].relayedCount(circle.now) == 0)
    }

    // MARK: Harm

    /// Frames that one host makes in its session with another.
    private func say(
        _ frames: [Frame], _ one: Int, to other: Int, _ circle: inout Circle
    ) throws {
        let name = ["Anna", "Ben", "Carl"][other]
        let id = try #require(circle.peer(one, name)?.id)
        let view = try #require(
            circle.hosts[one].node.relations[id]?.sendingSession(circle.now.instant))
        circle.act(one) { host, now, sent in
            for frame in frames {
                host.carryOut(
                    .sendSealed(
                        session: view.index, .frame, frame.bytes, to: Circle.endpoint(of: other)),
                    now, &sent)
            }
        }
    }

    /// A helper that lies sends a victim no more than an attempt's worth.
    @Test func aLieAboutAPlaceCostsItAnAttempt() throws {
        var circle = try self.relayed()
        let victims = (1...8).map { at("203.0.113.\($0):53") }
        let id = try #require(circle.peer(Self.anna, "Ben")?.id)
        let tag = try #require(circle.hosts[Self.anna].node.relations[id]?.seeking.tag)
        let before = circle.log.count
        for _ in 0..<60 {
            let lie = Frame.found(tag, delay: .zero, victims)
            try self.say([Frame](repeating: lie, count: 20), Self.carl, to: Self.anna, &circle)
            circle.run(for: .seconds(1))
        }
        let sent = circle.log.dropFirst(before).filter { $0.to == victims[0] }
        #expect(sent.count <= 18)
        #expect(circle.peer(Self.anna, "Ben")?.isConnected == true)
    }

    /// A peer that is relayed names one place after the other: each costs no more than a search does.
    @Test func newPlacesOfARelayedPeerCostAnAttemptEachHalfMinute() throws {
        var circle = try self.relayed()
        let id = try #require(circle.peer(Self.ben, "Anna")?.id)
        let victim = at("203.0.113.1:53")
        let before = circle.log.count
        let carl = try #require(circle.peer(Self.ben, "Carl")?.id)
        for number in 0..<60 {
            let relations = circle.hosts[Self.ben].node.relations
            let tag = try #require(relations[id]?.seeking.tag)
            let sessions = [id, carl].compactMap {
                relations[$0]?.sendingSession(circle.now.instant)?.index
            }
            try #require(sessions.count == 2)
            let list = Frame.addresses(
                sequence: UInt32.max - 100 + UInt32(number),
                [victim, at("203.0.113.2:\(number + 1)")])
            let carrier = RelayCarrier(
                session: sessions[1], tag: tag, to: Circle.endpoint(of: Self.carl))
            circle.act(Self.ben) { host, now, sent in
                host.carryOut(
                    .sendRelayed(session: sessions[0], .frame, list.bytes, by: carrier), now, &sent)
            }
            circle.run(for: .seconds(1))
        }
        let sent = circle.log.dropFirst(before).filter { $0.to == victim }
        #expect((1...18).contains(sent.count))
        #expect(circle.peer(Self.anna, "Ben")?.isConnected == true)
    }

    @Test func aTagThatIsGuessedFindsNobody() throws {
        var circle = try self.relayed { $1.sharesRecords = false }
        let guess = RendezvousTag(high: 1, low: 2)
        let inner = [UInt8](repeating: 0x81, count: 100)
        let count = circle.hosts[Self.carl].relayedCount(circle.now)
        try self.say([.seek([guess]), .relay(guess, inner)], Self.anna, to: Self.carl, &circle)
        circle.run(for: .seconds(1))
        #expect(circle.hosts[Self.carl].relayedCount(circle.now) == count)
    }

    /// Who knows a tag (its helper does) and did not seek under it is heard by nobody.
    @Test func aHelperRelaysOnlyForWhoAsked() throws {
        var circle = Circle(["Anna", "Ben", "Carl"])
        for host in [Self.anna, Self.ben] {
            try #require(circle.meet(host, Self.carl) != nil)
            circle.run(for: .seconds(2))
        }
        let tag = RendezvousTag(high: 7, low: 7)
        let inner = [UInt8](repeating: 0x81, count: 100)
        try self.say([.seek([tag]), .relay(tag, inner)], Self.anna, to: Self.carl, &circle)
        circle.run(for: .seconds(1))
        #expect(circle.hosts[Self.carl].relayedCount(circle.now) == 0)
        try self.say([.relay(tag, inner)], Self.ben, to: Self.carl, &circle)
        circle.run(for: .seconds(1))
        #expect(circle.hosts[Self.carl].relayedCount(circle.now) == 0)
        try self.say([.seek([tag]), .relay(tag, inner)], Self.ben, to: Self.carl, &circle)
        circle.run(for: .seconds(1))
        #expect(circle.hosts[Self.carl].relayedCount(circle.now) == 1)
    }

    @Test func aFloodEndsAtTheQuota() throws {
        var circle = try self.relayed()
        let id = try #require(circle.peer(Self.anna, "Ben")?.id)
        let tag = try #require(circle.hosts[Self.anna].node.relations[id]?.seeking.tag)
        let inner = [UInt8](repeating: 0x81, count: 1_024)
        let count = circle.hosts[Self.carl].relayedCount(circle.now)
        try self.say(
            [Frame](repeating: .relay(tag, inner), count: 500), Self.anna, to: Self.carl, &circle)
        circle.run(for: .milliseconds(10))
        #expect(circle.hosts[Self.carl].relayedCount(circle.now) - count <= 64)
    }

    /// Bytes that are spoiled, sent twice, or kept back end at the gate of the inner session.
    @Test func whatIsChangedOrRepeatedOnTheWayChangesNothing() throws {
        var circle = try self.relayed()
        let id = try #require(circle.peer(Self.anna, "Ben")?.id)
        let relation = try #require(circle.hosts[Self.anna].node.relations[id])
        let tag = try #require(relation.seeking.tag)
        let view = try #require(relation.sendingSession(circle.now.instant))
        // Ben's next packet to Anna, as Carl gets it.
        let ben = try #require(circle.peer(Self.ben, "Anna")?.id)
        let sealing = try #require(
            circle.hosts[Self.ben].node.relations[ben]?.sendingSession(circle.now.instant))
        var gate = circle.hosts[Self.ben].gate
        let sealed = gate.apply(
            .sendSealed(
                session: sealing.index, .frame, Frame.ping(token: 9, echo: .relayed).bytes,
                to: .relayed), now: circle.now.instant)
        let inner = try #require(sealed)
        var spoiled = inner
        spoiled[30] ^= 1
        let before = circle.hosts[Self.anna].gate.counters
        try self.say(
            [.relay(tag, spoiled), .relay(tag, inner), .relay(tag, inner)], Self.carl,
            to: Self.anna, &circle)
        circle.run(for: .milliseconds(1))
        let after = circle.hosts[Self.anna].gate.counters
        func growth(_ name: String) -> UInt64 {
            (after.first { $0.name == name }?.count ?? 0)
                - (before.first { $0.name == name }?.count ?? 0)
        }
        #expect(growth("datagramsDroppedForged") == 1)
        #expect(growth("datagramsDroppedReplayed") == 1)
        #expect(
            view.index
                == circle.hosts[Self.anna].node.relations[id]?.sendingSession(
                    circle.now.instant)?.index)
    }

    /// A helper that wraps a packet of its own relation, or of a third one, opens nothing.
    @Test func aRelayedDatagramIsForItsOwnRelationAlone() throws {
        var circle = try self.relayed()
        let id = try #require(circle.peer(Self.anna, "Ben")?.id)
        let tag = try #require(circle.hosts[Self.anna].node.relations[id]?.seeking.tag)
        let carl = try #require(circle.peer(Self.carl, "Anna")?.id)
        let view = try #require(
            circle.hosts[Self.carl].node.relations[carl]?.sendingSession(circle.now.instant))
        var gate = circle.hosts[Self.carl].gate
        // A relay frame inside a relay frame would have no end either.
        let sealed = gate.apply(
            .sendSealed(
                session: view.index, .frame, Frame.ping(token: 9, echo: .relayed).bytes,
                to: .relayed), now: circle.now.instant)
        let inner = try #require(sealed)
        let before = circle.hosts[Self.anna].gate.counters.first {
            $0.name == "datagramsDroppedUnknown"
        }
        try self.say([.relay(tag, inner)], Self.carl, to: Self.anna, &circle)
        circle.run(for: .milliseconds(1))
        let after = circle.hosts[Self.anna].gate.counters.first {
            $0.name == "datagramsDroppedUnknown"
        }
        #expect(after?.count == (before?.count ?? 0) + 1)
        #expect(circle.peer(Self.anna, "Carl")?.path == Circle.endpoint(of: Self.carl))
    }

    @Test func nobodyOutsideIsAtARelayedPlace() throws {
        var circle = try self.relayed()
        let place = try #require(Endpoint("[100::1]:1"))
        #expect(place.isRelay && !place.isUsable && !place.address.isPublic)
        let dropped = circle.hosts[Self.anna].gate.counters[1].count
        let recorded = try #require(
            circle.log.last { $0.to == Circle.endpoint(of: Self.anna) })
        circle.deliver(
            Host.Sent(bytes: recorded.bytes, from: place, to: Circle.endpoint(of: Self.anna)))
        #expect(circle.hosts[Self.anna].gate.counters[1].count == dropped + 1)
        #expect(circle.inFlight.isEmpty)
    }

    @Test func whatIsRelayedInsideARelayedPacketIsPassedOver() throws {
        var circle = try self.relayed()
        let ben = try #require(circle.peer(Self.ben, "Anna")?.id)
        let relation = try #require(circle.hosts[Self.ben].node.relations[ben])
        let view = try #require(relation.sendingSession(circle.now.instant))
        let tag = try #require(relation.seeking.tag)
        var gate = circle.hosts[Self.ben].gate
        let nested = Frame.relay(tag, [UInt8](repeating: 0x81, count: 60))
        let sealed = gate.apply(
            .sendSealed(session: view.index, .frame, nested.bytes, to: .relayed),
            now: circle.now.instant)
        let count = circle.log.count
        try self.say([.relay(tag, try #require(sealed))], Self.carl, to: Self.anna, &circle)
        circle.run(for: .milliseconds(1))
        #expect(circle.log.count == count + 1)
        #expect(circle.peer(Self.anna, "Ben")?.isConnected == true)
    }
}

extension Circle {
    /// What a host's status shows of the peer of that name.
    func peer(_ number: Int, _ name: String) -> NodeStatus.Peer? {
        self.hosts[number].node.status(now: self.now).peers.first { $0.name == name }
    }
}

extension Host {
    /// How much this host has relayed for others.
    func relayedCount(_ now: Moment) -> UInt64 {
        self.node.status(now: now).counters.first { $0.name == "datagramsRelayed" }?.count ?? 0
    }
}
