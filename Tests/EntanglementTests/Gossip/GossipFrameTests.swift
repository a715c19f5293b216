// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Frames 20 to 31, and 37 (PROTOCOL.md §12.1).
@Suite struct GossipFrameTests {
    private static let cluster = ClusterID(high: 0x0102_0304_0506_8708, low: 0x8910_1112_1314_1516)

    private static func id(_ byte: UInt8) -> RecordID {
        guard let id = RecordID(bytes: [UInt8](repeating: byte, count: 32)) else {
            preconditionFailure("32 bytes are an id")
        }
        return id
    }

    private static func member(_ number: UInt64) -> MemberID { MemberID(high: number, low: 7) }

    private static var digest: RecordDigest {
        guard let digest = RecordDigest(bytes: noise(1_024, seed: 3)) else {
            preconditionFailure("1,024 bytes are a digest")
        }
        return digest
    }

    private static func places(_ count: UInt64, upTo last: UInt64 = .max) -> GossipFrame.Body {
        let sequences = (0..<count).map {
            GossipFrame.PlaceSequence(member: self.member($0), sequence: .max - $0)
        }
        return .places(
            GossipFrame.PlaceList(
                first: MemberID(high: 0, low: 0), last: MemberID(high: last, low: last),
                sequences: sequences))
    }

    private static func welcome(
        _ number: UInt32, _ record: RecordID?, _ name: String
    ) -> GossipFrame.Body {
        .welcome(
            GossipFrame.Welcome(
                number: number, record: record, secret: Secret(noise(32, seed: 4)), name: name))
    }

    /// Those whose length is fixed, or told inside.
    static let closed: [GossipFrame.Body] = [
        .summary(
            GossipFrame.Summary(
                heads: noise(32, seed: 1), places: noise(16, seed: 2), epoch: .max)),
        .summary(
            GossipFrame.Summary(
                heads: GossipFrame.noHeads, places: noise(16, seed: 2), epoch: 0)),
        .digest(offset: 0, digest), .digest(offset: .max, digest),
        welcome(0, nil, "Anna + Ben"), welcome(.max, id(9), String(repeating: "ö", count: 32)),
        welcome(1, id(1), ""), .goodbye, .notices(noise(16, seed: 7)),
        .call(GossipFrame.Call(from: member(1), to: member(2), hops: 16)),
        .call(GossipFrame.Call(from: member(3), to: member(3), hops: 0)), .links(.question),
    ]

    /// Those that end where the packet ends.
    static let open: [GossipFrame.Body] = [
        .ids(GossipFrame.IDList(offset: 0, total: 0, ids: [])),
        .ids(GossipFrame.IDList(offset: 9, total: .max, ids: (1...32).map { id($0) })),
        .want([id(1)]), .want((1...32).map { id($0) }),
        .record([]), .record(noise(1_024, seed: 5)),
        places(0), places(1), places(40), .notice(noise(1_024, seed: 5)),
        notices(0), notices(1), notices(NoticeList.countMax),
        .links(.answer([])), .links(.answer((1...60).map { member($0) })),
    ]

    private static func notices(_ count: Int) -> GossipFrame.Body {
        .noticeList(
            NoticeList(
                first: MemberID(high: 0, low: 0), last: MemberID(high: .max, low: .max),
                entries: (0..<count).map {
                    NoticeList.Entry(
                        name: MemberID(high: UInt64($0) + 1, low: 2), sequence: .max,
                        content: noise(NoticeList.contentByteCount, seed: UInt64($0)))
                }))
    }

    private func bytes(_ body: GossipFrame.Body) -> [UInt8] {
        Frame.gossip(GossipFrame(cluster: Self.cluster, body: body)).bytes
    }

    private func read(_ bytes: [UInt8]) -> GossipFrame.Body? {
        guard case .gossip(let frame)? = Frame(bytes), frame.cluster == Self.cluster else {
            return nil
        }
        return frame.body
    }

    @Test(arguments: Self.closed)
    func aFrameOfOneLengthComesBackWholeOnly(body: GossipFrame.Body) {
        let bytes = self.bytes(body)
        #expect(self.read(bytes) == body)
        #expect(Frame(bytes + [0]) == nil)
        for count in 0..<bytes.count { #expect(Frame(Array(bytes[..<count])) == nil) }
    }

    /// A list that is cut between two of its parts is a shorter list; anywhere else it is nothing.
    @Test(arguments: Self.open)
    func aFrameWithAListIsReadToItsEnd(body: GossipFrame.Body) {
        let bytes = self.bytes(body)
        #expect(self.read(bytes) == body)
        for count in 0..<bytes.count {
            let part = Array(bytes[..<count])
            guard let frame = Frame(part) else { continue }
            #expect(frame.bytes == part)
        }
        switch body {
        case .record, .notice: break
        case .summary, .digest, .ids, .want, .places, .welcome, .goodbye, .notices, .noticeList,
            .call, .links:
            #expect(Frame(bytes + [0]) == nil)
            #expect(Frame(Array(bytes.dropLast())) == nil || bytes.count == 21)
        }
    }

    /// The largest of each fits into a packet that a common peer relays.
    @Test(arguments: Self.open + Self.closed)
    func everyFrameFitsIntoARelayedPacket(body: GossipFrame.Body) {
        let headerAndTag = 16 + 16
        #expect(self.bytes(body).count + headerAndTag <= Constants.relayedByteCountMax)
    }

    /// One part more than the limit is refused when read, and never written.
    @Test func listsHaveTheirLimits() {
        let ids = (1...33).map { Self.id($0) }
        #expect(self.read(self.bytes(.want(ids))) == .want(Array(ids.prefix(32))))
        #expect(Frame(self.bytes(.want(Array(ids.prefix(32)))) + ids[32].bytes) == nil)
        let list = GossipFrame.IDList(offset: 0, total: 33, ids: Array(ids.prefix(32)))
        #expect(Frame(self.bytes(.ids(list)) + ids[32].bytes) == nil)
        let places = self.bytes(Self.places(40))
        #expect(Frame(places + Self.member(40).bytes + [UInt8](repeating: 0, count: 8)) == nil)
        #expect(Frame(self.bytes(.record(noise(1_025, seed: 6)))) == nil)
        // Nothing is asked for.
        #expect(Frame(Array(self.bytes(.want([Self.id(1)])).prefix(17))) == nil)
    }

    /// Members come in ascending order, all of them within the range.
    @Test func placesAreInOrderAndInTheirRange() {
        func frame(_ first: UInt64, _ last: UInt64, _ members: [UInt64]) -> Frame? {
            let list = GossipFrame.PlaceList(
                first: Self.member(first), last: Self.member(last),
                sequences: members.map {
                    GossipFrame.PlaceSequence(member: Self.member($0), sequence: 1)
                })
            return Frame(self.bytes(.places(list)))
        }
        #expect(frame(3, 5, [3, 4, 5]) != nil)
        #expect(frame(4, 4, [4]) != nil)
        #expect(frame(5, 3, []) == nil)
        #expect(frame(3, 5, [4, 4]) == nil)
        #expect(frame(3, 5, [5, 3]) == nil)
        #expect(frame(3, 5, [2]) == nil)
        #expect(frame(3, 5, [6]) == nil)
    }

    /// The founding has no record of its epoch, and every later epoch has one.
    @Test func onlyTheFirstEpochHasNoRecord() {
        #expect(Frame(self.bytes(Self.welcome(0, Self.id(1), "x"))) == nil)
        #expect(Frame(self.bytes(Self.welcome(1, nil, "x"))) == nil)
    }

    /// A cluster's name is a claim, and may not play with the screen.
    @Test(arguments: ["\u{202e}x", "a\nb", String(repeating: "x", count: 65)])
    func aWelcomeWithAnUncleanNameIsNone(name: String) {
        #expect(Frame(self.bytes(Self.welcome(0, nil, name))) == nil)
    }

    @Test func aSecretIsNotWrittenOut() {
        let text = "\(Self.welcome(1, Self.id(1), "x"))"
        #expect(!text.contains(String("\(noise(32, seed: 4))".dropFirst().dropLast())))
    }

    @Test(arguments: 1...50)
    func damageNeverTrapsAndHasOneSpelling(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        let all = Self.open + Self.closed
        for _ in 0..<300 {
            var bytes = self.bytes(all[Int.random(in: 0..<all.count, using: &dice)])
            for _ in 0..<Int.random(in: 1...3, using: &dice) {
                bytes[Int.random(in: 0..<bytes.count, using: &dice)] = UInt8.random(
                    in: 0...255, using: &dice)
            }
            if Int.random(in: 0..<4, using: &dice) == 0 {
                bytes.removeLast(Int.random(in: 1...bytes.count, using: &dice))
            }
            if let frame = Frame(bytes) { #expect(frame.bytes == bytes) }
        }
    }
}
