// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// The order of the checks and what each of them counts.
@Suite struct GateTests {
    private let primitives = CryptoPrimitives()
    private let source = at("203.0.113.5:5")
    private let mac = Secret([UInt8](repeating: 1, count: 32))
    private let pid = PeerID(high: 0x4000, low: 1 << 63)
    private let stranger = PeerID(high: 0x4001, low: 1 << 63)
    private let start = Instant(nanoseconds: 5_000_000_000)

    /// What became of a datagram, in one word.
    private func receive(_ gate: inout Gate, _ bytes: [UInt8], after: Duration = .zero) -> String {
        let verdict = bytes.withUnsafeBytes {
            gate.receive($0, from: self.source, via: SocketID(0), now: self.start + after)
        }
        switch verdict {
        case .dropped: return "dropped"
        case .stun: return "stun"
        case .input(.datagram(let passed, let from, _)):
            return passed == bytes && from == self.source ? "datagram" : "changed"
        case .input(.opened(let packet)): return "opened \(packet.counter)"
        case .input: return "other"
        }
    }

    private func counters(_ gate: Gate) -> [UInt64] { gate.counters.map(\.count) }

    private func gate(hasKey: Bool = true) -> Gate {
        var gate = Gate(primitives: self.primitives)
        let admission = Admission(
            pid: self.pid, receiveMAC: hasKey ? self.mac : nil,
            cancelToken: Secret([UInt8](repeating: 7, count: 16)))
        let sent = gate.apply(.admit(admission), now: self.start)
        #expect(sent == nil)
        return gate
    }

    /// A message 1 of its exact size.
    private func opening(_ pid: PeerID, n: UInt64 = 5, key: Secret? = nil) -> [UInt8] {
        for from in [UInt32(1), 10] {
            let writer = EnvelopeWriter.opening(pid: pid, from: from, n: n)
            let count = writer.payloadByteCountMax(byteCountMax: Constants.openingByteCount)
            let bytes = writer.finish(
                payload: noise(count, seed: n), key: key ?? self.mac, self.primitives)
            if bytes.count == Constants.openingByteCount { return bytes }
        }
        preconditionFailure("one of two lengths of the index fits")
    }

    /// The two ends of one session, the first one with the gate's pid.
    private func sessions(createdAt: Instant) -> (own: Session, peer: Session) {
        let one = Secret([UInt8](repeating: 0x11, count: 32))
        let other = Secret([UInt8](repeating: 0x22, count: 32))
        func keys(_ peerPID: PeerID) -> RelationKeys {
            RelationKeys(
                peerPID: peerPID, peerKey: publicKey(9), meeting: [], psk: one, sendMAC: self.mac,
                receiveMAC: self.mac)
        }
        return (
            Session(
                index: 77, remoteIndex: 88, keys: keys(self.stranger), ownPID: self.pid,
                sendKey: one, receiveKey: other, createdAt: createdAt),
            Session(
                index: 88, remoteIndex: 77, keys: keys(self.pid), ownPID: self.stranger,
                sendKey: other, receiveKey: one, createdAt: createdAt)
        )
    }

    private func seal(
        _ session: inout Session, _ content: SessionContent = .frame, after: Duration = .zero
    ) throws -> [UInt8] {
        let sealed = session.seal(
            [8], as: content, echo: self.source, now: self.start + after, self.primitives)
        return try #require(sealed)
    }

    /// Recorded messages 1 of many relations must not use up what a new one of another needs.
    @Test func replaysOfManyRelationsStarveNobody() {
        var gate = self.gate()
        let others = (0..<60).map { PeerID(high: 0x4100 + UInt64($0), low: 1 << 63) }
        for other in others {
            let admission = Admission(pid: other, receiveMAC: self.mac, cancelToken: nil)
            #expect(gate.apply(.admit(admission), now: self.start) == nil)
        }
        let recorded = others.map { self.opening($0) }
        for bytes in recorded { #expect(self.receive(&gate, bytes) == "datagram") }
        // Three seconds of 10 replays a second each, then one that is new.
        for tenth in 1...30 {
            let after = Duration.milliseconds(tenth * 100)
            for bytes in recorded { _ = self.receive(&gate, bytes, after: after) }
            let new = self.opening(self.pid, n: 5 + UInt64(tenth))
            let isSpaced = tenth.isMultiple(of: 3)
            if isSpaced { #expect(self.receive(&gate, new, after: after) == "datagram") }
        }
    }

    /// Who has the secret of a cluster can make messages 1 of all its members; others get in all the same.
    @Test(arguments: [true, false])
    func aClustersSecretStarvesNobodyElse(isOfMeeting: Bool) {
        var gate = self.gate()
        let (one, other) = (ClusterID(high: 1, low: 1), ClusterID(high: 2, low: 2))
        let pids = (0..<60).map { PeerID(high: 0x4200 + UInt64($0), low: 1 << 63) }
        for pid in pids {
            let admission = Admission(
                pid: pid, receiveMAC: self.mac, cancelToken: nil, cluster: one)
            #expect(gate.apply(.admit(admission), now: self.start) == nil)
        }
        var honest = self.pid
        if !isOfMeeting {
            honest = PeerID(high: 0x4300, low: 1 << 63)
            let admission = Admission(
                pid: honest, receiveMAC: self.mac, cancelToken: nil, cluster: other)
            #expect(gate.apply(.admit(admission), now: self.start) == nil)
        }
        var passed = 0
        for n in UInt64(1)...10 {
            for pid in pids where self.receive(&gate, self.opening(pid, n: n)) == "datagram" {
                passed += 1
            }
        }
        #expect(passed == Limits.handshakesPerSecondOfCluster)
        #expect(self.receive(&gate, self.opening(honest)) == "datagram")
    }

    /// After a restart the gate knows which `n` are old.
    @Test func whatWasAcceptedBeforeTheRestartIsOld() {
        var gate = Gate(primitives: self.primitives)
        let admission = Admission(
            pid: self.pid, receiveMAC: self.mac, cancelToken: nil, acceptedCounter: 100)
        #expect(gate.apply(.admit(admission), now: self.start) == nil)
        for n in UInt64(1)...100 { _ = self.receive(&gate, self.opening(self.pid, n: n)) }
        #expect(self.receive(&gate, self.opening(self.pid, n: 101)) == "datagram")
    }

    @Test func onlySizesOfOursAreRead() {
        var gate = self.gate()
        for count in [0, 1, 19, 1_233, 65_507] {
            #expect(self.receive(&gate, [UInt8](repeating: 0x7b, count: count)) == "dropped")
        }
        #expect(self.counters(gate) == [5, 5, 0, 0, 0, 0])
    }

    @Test func onlyThreeSortsOfFirstBytesAreRead() {
        var gate = self.gate()
        let cookie: [UInt8] = [0, 0, 0x21, 0x12, 0xa4, 0x42]
        for first in UInt8(0)...255 where first != 0x7b && first != 0x81 {
            let plain = [first] + [UInt8](repeating: 0, count: 40)
            #expect(self.receive(&gate, plain) == "dropped")
            let stun = [first, 1] + cookie + [UInt8](repeating: 0, count: 20)
            #expect(self.receive(&gate, stun) == (first < 4 ? "stun" : "dropped"))
        }
        #expect(self.counters(gate)[1] == 254 + 250)
    }

    @Test func aStrangerGetsSilence() {
        var gate = self.gate()
        for sample in EnvelopeTests.samples {
            #expect(self.receive(&gate, sample.bytes) == "dropped")
        }
        #expect(self.receive(&gate, self.opening(self.stranger)) == "dropped")
        // Samples of messages 1 and 2 without their sizes count as malformed.
        let counters = self.counters(gate)
        #expect(counters[0] == UInt64(EnvelopeTests.samples.count + 1))
        #expect(counters[1] + counters[2] == counters[0])
        #expect(counters[1] <= 3)
    }

    @Test func aWrongMACIsCountedAsForgedAndCostsNoToken() {
        var gate = self.gate()
        let wrong = Secret([UInt8](repeating: 2, count: 32))
        for n in 1...50 {
            #expect(
                self.receive(&gate, self.opening(self.pid, n: UInt64(n), key: wrong)) == "dropped")
        }
        #expect(self.counters(gate) == [50, 0, 0, 50, 0, 0])
        #expect(self.receive(&gate, self.opening(self.pid, n: 99)) == "datagram")
    }

    @Test func beforeTheAnswerIsKnownNothingPasses() {
        var gate = self.gate(hasKey: false)
        #expect(self.receive(&gate, self.opening(self.pid)) == "dropped")
        #expect(self.counters(gate) == [1, 0, 1, 0, 0, 0])
    }

    @Test func aRelationHasABurstOfTenAndFiveASecond() {
        var gate = self.gate()
        var passed = 0
        for n in 1...30
        where self.receive(&gate, self.opening(self.pid, n: UInt64(n))) == "datagram" {
            passed += 1
        }
        #expect(passed == 10)
        #expect(self.counters(gate) == [30, 0, 0, 0, 0, 20])
        for step in 1...40 {
            let bytes = self.opening(self.pid, n: UInt64(100 + step))
            if self.receive(&gate, bytes, after: .milliseconds(100 * step)) == "datagram" {
                passed += 1
            }
        }
        #expect(passed == 30)
    }

    @Test func allRelationsTogetherHaveTwoHundredASecond() {
        var gate = Gate(primitives: self.primitives)
        let pids = (0..<60).map { PeerID(high: UInt64($0), low: 9) }
        for pid in pids {
            _ = gate.apply(
                .admit(Admission(pid: pid, receiveMAC: self.mac, cancelToken: nil)), now: self.start
            )
        }
        var passed = 0
        for pid in pids {
            for n in 1...5 where self.receive(&gate, self.opening(pid, n: UInt64(n))) == "datagram"
            {
                passed += 1
            }
        }
        #expect(passed == 200)
    }

    @Test func aPacketIsOpenedOnce() throws {
        var gate = self.gate()
        var (own, peer) = self.sessions(createdAt: self.start)
        _ = gate.apply(.install(own), now: self.start)
        let packets = try (0..<3).map { _ in try self.seal(&peer) }
        #expect(self.receive(&gate, packets[0]) == "opened 0")
        #expect(self.receive(&gate, packets[2]) == "opened 2")
        #expect(self.receive(&gate, packets[1]) == "opened 1")
        for packet in packets { #expect(self.receive(&gate, packet) == "dropped") }
        #expect(self.counters(gate) == [6, 0, 0, 0, 3, 0])
        // Reflected to its sender, a packet opens nothing.
        own = self.sessions(createdAt: self.start).own
        let reflected = try self.seal(&own)
        #expect(self.receive(&gate, reflected) == "dropped")
    }

    @Test func aForgedPacketDoesNotMoveTheWindow() throws {
        var gate = self.gate()
        var (own, peer) = self.sessions(createdAt: self.start)
        _ = gate.apply(.install(own), now: self.start)
        own = peer
        let right = try self.seal(&peer)
        for index in right.indices {
            var forged = right
            forged[index] ^= 0x40
            #expect(self.receive(&gate, forged) == "dropped")
        }
        var far = right
        far[8] = 0x7f
        #expect(self.receive(&gate, far) == "dropped")
        #expect(self.receive(&gate, right) == "opened 0")
    }

    @Test func reservedBytesAreZero() throws {
        var gate = self.gate()
        var (own, peer) = self.sessions(createdAt: self.start)
        _ = gate.apply(.install(own), now: self.start)
        own = peer
        let right = try self.seal(&peer)
        for index in 1...3 {
            var changed = right
            changed[index] = 1
            #expect(self.receive(&gate, changed) == "dropped")
        }
        #expect(self.counters(gate) == [3, 3, 0, 0, 0, 0])
        for count in 20..<32 {
            #expect(self.receive(&gate, Array(right.prefix(count))) == "dropped")
        }
        #expect(self.counters(gate)[1] == 15)
    }

    @Test func anOldSessionOpensAndSealsNothing() throws {
        var gate = self.gate()
        var (own, peer) = self.sessions(createdAt: self.start)
        _ = gate.apply(.install(own), now: self.start)
        own = peer
        let early = try self.seal(&peer)
        let late = try self.seal(&peer)
        #expect(self.receive(&gate, early, after: .milliseconds(179_999)) == "opened 0")
        #expect(self.receive(&gate, late, after: .seconds(180)) == "dropped")
        let sealed = peer.seal(
            [8], as: .frame, echo: self.source, now: self.start + .seconds(180), self.primitives)
        #expect(sealed == nil)
    }

    @Test func messages3And4ShareTheWindowWithPackets() throws {
        var gate = self.gate()
        var (own, peer) = self.sessions(createdAt: self.start)
        _ = gate.apply(.install(own), now: self.start)
        own = peer
        let founding = try self.seal(&peer, .founding)
        let packet = try self.seal(&peer)
        #expect(self.receive(&gate, founding) == "opened 0")
        #expect(self.receive(&gate, packet) == "opened 1")
        #expect(self.receive(&gate, founding) == "dropped")
        // The same counter in a packet is as old as in message 3.
        var again = self.sessions(createdAt: self.start).peer
        let samePlace = try self.seal(&again)
        #expect(self.receive(&gate, samePlace) == "dropped")
        #expect(self.counters(gate)[4] == 2)
    }

    @Test func aMessageOfAnotherRelationOpensNothing() throws {
        var gate = self.gate()
        var (own, peer) = self.sessions(createdAt: self.start)
        _ = gate.apply(
            .admit(Admission(pid: self.stranger, receiveMAC: self.mac, cancelToken: nil)),
            now: self.start)
        _ = gate.apply(.install(own), now: self.start)
        own = peer
        let right = String(decoding: try self.seal(&peer, .founding), as: UTF8.self)
        let cut = try #require(envelope(Array(right.utf8))).macOffset
        let body = right.utf8.prefix(cut)
        let renamed = String(decoding: body, as: UTF8.self)
            .split(separator: self.pid.description).joined(separator: self.stranger.description)
        let mac = self.primitives.hmac(Array(renamed.utf8), key: self.mac).prefix(16)
        var bytes = Array("\(renamed),\"mac\":\"".utf8)
        Base64URL.append(Array(mac), to: &bytes)
        bytes += Array("\"}".utf8)
        #expect(self.receive(&gate, bytes) == "dropped")
        #expect(self.counters(gate)[2] == 1)
    }

    @Test func whoIsDismissedIsAStranger() throws {
        var gate = self.gate()
        var (own, peer) = self.sessions(createdAt: self.start)
        _ = gate.apply(.install(own), now: self.start)
        own = peer
        _ = gate.apply(.dismiss(self.pid), now: self.start)
        #expect(self.receive(&gate, try self.seal(&peer)) == "dropped")
        #expect(self.receive(&gate, self.opening(self.pid)) == "dropped")
        let gone = EnvelopeWriter.gone(pid: self.pid, token: [UInt8](repeating: 7, count: 16))
        #expect(self.receive(&gate, gone) == "dropped")
        #expect(self.counters(gate) == [3, 0, 3, 0, 0, 0])
        #expect(gate.sessions.isEmpty)
    }

    @Test func onlyTheRightTokenPasses() {
        var gate = self.gate()
        let right = [UInt8](repeating: 7, count: 16)
        for bit in 0..<128 {
            var wrong = right
            wrong[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(
                self.receive(&gate, EnvelopeWriter.gone(pid: self.pid, token: wrong)) == "dropped")
            #expect(self.receive(&gate, EnvelopeWriter.gone(pid: nil, token: wrong)) == "dropped")
        }
        #expect(
            self.receive(&gate, EnvelopeWriter.gone(pid: self.stranger, token: right)) == "dropped")
        #expect(self.receive(&gate, EnvelopeWriter.gone(pid: self.pid, token: right)) == "datagram")
        #expect(self.receive(&gate, EnvelopeWriter.gone(pid: nil, token: right)) == "datagram")
    }

    @Test func aBuriedNamePassesOnceInTenSeconds() {
        var gate = Gate(primitives: self.primitives)
        let hash = self.primitives.hash(self.pid.bytes)
        _ = gate.apply(.bury(pidHash: hash), now: self.start)
        var times: [Int] = []
        for second in 0...30
        where self.receive(&gate, self.opening(self.pid), after: .seconds(second)) == "datagram" {
            times.append(second)
        }
        #expect(times == [0, 10, 20, 30])
        #expect(self.receive(&gate, self.opening(self.stranger), after: .seconds(40)) == "dropped")
        _ = gate.apply(.unbury(pidHash: hash), now: self.start)
        #expect(self.receive(&gate, self.opening(self.pid), after: .seconds(60)) == "dropped")
    }
}
