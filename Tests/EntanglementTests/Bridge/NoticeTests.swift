// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// The bytes of notices and of frames 28 to 36 (PROTOCOL.md §14).
@Suite struct NoticeTests {
    private static func keys(_ byte: UInt8) -> MemberKeys {
        MemberKeys(signingKey: publicKey(byte), agreementKey: publicKey(byte &+ 1))
    }

    private static let word = BridgeWord(
        policy: BridgePolicy(.relaying, addresses: true), until: 1_800_000_000, name: "family",
        signature: noise(64, seed: 1))

    static let card = Card(
        origin: ClusterAlias(high: 1, low: 2), target: ClusterAlias(high: 3, low: 4),
        sequence: .max, until: 5, policy: .cardDefault, name: String(repeating: "ö", count: 32),
        keys: keys(7), signature: noise(64, seed: 2))

    static let vouched = VouchedCard(
        card: card,
        voucher: CardVoucher(key: publicKey(9), signature: noise(64, seed: 3)))

    static let bodies: [Notice.Body] = [
        .bridge(
            BridgeID(high: 1, low: 2),
            Notice.Bridge(
                isOpen: true, role: .answering, meeting: noise(32, seed: 4),
                alias: ClusterAlias(high: 3, low: 4), own: keys(1), other: keys(3),
                policy: BridgePolicy(.nothing), name: "hackers", word: word,
                proof: noise(64, seed: 16))),
        .vote(.all, isOn: true), .vote(BridgeID(high: 1, low: 2), isOn: false),
        .card(ClusterAlias(high: 3, low: 4), nil),
        .card(
            ClusterAlias(high: 3, low: 4),
            Notice.OwnCard(
                card: card, proof: noise(64, seed: 17),
                bridges: (0..<8).map { BridgeID(high: $0, low: 1) },
                vouchers: (0..<4).map {
                    Notice.Voucher(
                        card: noise(32, seed: $0), signature: noise(64, seed: $0 + 10))
                })),
        .foreign(BridgeID(high: 5, low: 6), CardID(high: 7, low: 8), nil),
        .foreign(BridgeID(high: 5, low: 6), CardID(high: 7, low: 8), vouched),
    ]

    private func notice(_ body: Notice.Body) -> Notice {
        var notice = Notice(
            author: MemberID(high: 11, low: 12), sequence: 13, issuedAt: 14, body)
        notice.signature = noise(64, seed: 15)
        return notice
    }

    @Test(arguments: Self.bodies)
    func aNoticeComesBackWholeOnly(body: Notice.Body) {
        let notice = self.notice(body)
        let bytes = notice.bytes
        #expect(bytes.count <= BridgeLimits.noticeByteCountMax)
        #expect(Notice(bytes: bytes) == notice)
        #expect(Notice(bytes: bytes + [0]) == nil)
        for count in 0..<bytes.count { #expect(Notice(bytes: Array(bytes[..<count])) == nil) }
    }

    /// Whatever is read is written as it was.
    @Test(arguments: Self.bodies)
    func thereIsOneSpelling(body: Notice.Body) {
        let bytes = self.notice(body).bytes
        for position in bytes.indices {
            for change in [1, 0x80, 0xFF] as [UInt8] {
                var other = bytes
                other[position] ^= change
                if let read = Notice(bytes: other) { #expect(read.bytes == other) }
            }
        }
    }

    static let frames: [BridgeFrame] = [
        .word(number: .max, word), .card(vouched), .withdrawal(CardID(high: 1, low: 2)),
    ]

    @Test(arguments: Self.frames)
    func aFrameComesBackWholeOnly(frame: BridgeFrame) {
        let bytes = Frame.bridge(frame).bytes
        #expect(Frame(bytes) == .bridge(frame))
        #expect(Frame(bytes + [0]) == nil)
        for count in 0..<bytes.count { #expect(Frame(Array(bytes[..<count])) == nil) }
        #expect(bytes.count <= Constants.framedByteCountMax)
    }

    @Test func listsAndDatagramsHaveTheirLimits() {
        func answer(_ count: Int) -> BridgeFrame {
            .wordAnswer(
                number: 1,
                (0..<count).map {
                    BridgeFrame.Held(card: CardID(high: UInt64($0), low: 0), sequence: 2)
                })
        }
        for count in [0, 1, 40] {
            let bytes = Frame.bridge(answer(count)).bytes
            #expect(Frame(bytes) == .bridge(answer(count)))
            #expect(bytes.count <= Constants.framedByteCountMax)
        }
        let full = Frame.bridge(answer(40)).bytes
        #expect(Frame(full + noise(24, seed: 1)) == nil)
        func carried(_ count: Int, hops: UInt8 = 2) -> [UInt8] {
            Frame.bridge(
                .carry(
                    Carried(
                        origin: CardID(high: 1, low: 2), target: CardID(high: 3, low: 4),
                        hops: hops, id: 5, bytes: noise(count, seed: 6)))
            ).bytes
        }
        #expect(Frame(carried(19)) == nil)
        #expect(Frame(carried(20)) != nil)
        #expect(Frame(carried(Constants.carriedByteCountMax)) != nil)
        #expect(Frame(carried(Constants.carriedByteCountMax + 1)) == nil)
        #expect(Frame(carried(100, hops: 3)) == nil)
        #expect(carried(Constants.carriedByteCountMax).count == Constants.framedByteCountMax)
    }

    @Test func ofAPolicyThereIsOneSpelling() {
        var count = 0
        for code in UInt8.min...UInt8.max {
            guard let policy = BridgePolicy(code: code) else { continue }
            count += 1
            #expect(policy.code == code)
        }
        #expect(count == 6)
    }

    /// Whoever says nothing else has room for its votes, whatever others say.
    @Test func aFullTableTakesVotes() {
        var table = NoticeTable()
        let now = Instant(nanoseconds: 0)
        func vote(_ author: UInt64, _ subject: UInt64) -> Notice {
            Notice(
                author: MemberID(high: author, low: 1), sequence: 1, issuedAt: 0,
                .vote(BridgeID(high: 0, low: subject), isOn: true))
        }
        for author in 1...100 as ClosedRange<UInt64> {
            for subject in 1...32 as ClosedRange<UInt64> {
                _ = table.take(vote(author, subject), now: now, isOwn: false, CryptoPrimitives())
            }
        }
        var intakes: [NoticeTable.Intake] = []
        for subject in 1...5 as ClosedRange<UInt64> {
            intakes.append(
                table.take(vote(101, subject), now: now, isOwn: false, CryptoPrimitives()))
        }
        #expect(intakes == [.taken, .taken, .taken, .taken, .refused])
        #expect(table.notices.count <= BridgeLimits.noticeCountMax + 4 * 101)
    }

    @Test func theNewestCountsAndRoomIsLimited() {
        var table = NoticeTable()
        let now = Instant(nanoseconds: 0)
        func notice(_ sequence: UInt64, about subject: UInt64 = 1, isOn: Bool = true) -> Notice {
            Notice(
                author: MemberID(high: 1, low: 1), sequence: sequence, issuedAt: 0,
                .vote(BridgeID(high: 0, low: subject), isOn: isOn))
        }
        let first = table.take(notice(2), now: now, isOwn: false, CryptoPrimitives())
        #expect(first == .taken)
        let again = table.take(notice(2), now: now, isOwn: false, CryptoPrimitives())
        #expect(again == .known)
        let old = table.take(notice(1, isOn: false), now: now, isOwn: false, CryptoPrimitives())
        #expect(old == .known)
        let newer = table.take(notice(3, isOn: false), now: now, isOwn: false, CryptoPrimitives())
        #expect(newer == .taken)
        #expect(table.notices.count == 1)
        for subject in 2...40 as ClosedRange<UInt64> {
            _ = table.take(notice(1, about: subject), now: now, isOwn: false, CryptoPrimitives())
        }
        #expect(table.notices.count == BridgeLimits.voteCountMax)
        var accepted = 0
        for sequence in 10...400 as ClosedRange<UInt64> {
            let intake = table.take(notice(sequence), now: now, isOwn: false, CryptoPrimitives())
            if intake == .taken { accepted += 1 }
        }
        #expect(accepted <= BridgeLimits.noticeBurst)
    }
}
