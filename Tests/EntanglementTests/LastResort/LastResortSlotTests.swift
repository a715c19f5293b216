// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

@Suite struct LastResortSlotTests {
    private static let pair = Secret([UInt8](repeating: 7, count: 32))
    private static let day: UInt32 = 20_783

    private static func slot(
        pair: Secret = pair, writer: MeetingRole = .offering, day: UInt32 = day
    ) -> LastResortSlot {
        LastResortSlot(pair: pair, writer: writer, day: day, CryptoPrimitives())
    }

    private static func endpoint(_ number: Int) -> Endpoint {
        let address: IPAddress =
            number.isMultiple(of: 2)
            ? .v4(0xc000_0201 + UInt32(number)) : .v6(0x2001_0db8_0000_0000, UInt64(number))
        return Endpoint(address: address, port: UInt16(1 + number))
    }

    private static func note(_ count: Int = 2, sequence: UInt64 = 9) -> LastResortNote {
        LastResortNote(
            sequence: sequence, issued: WallTime(seconds: Int64(Self.day) * 86_400 + 60),
            endpoints: (0..<count).map(Self.endpoint))
    }

    @Test(arguments: 0...8)
    func bothEndsHaveTheSameSlotAndEveryNoteHasTheSameLength(count: Int) throws {
        let sealed = Self.slot().seal(Self.note(count))
        #expect(sealed.count == LastResortSlot.valueByteCount)
        #expect(try Self.slot().open(sealed, after: 8) == Self.note(count))
        let text = LastResortSlot.text(of: sealed)
        #expect(text.utf8.count == LastResortSlot.textByteCount)
        #expect(try LastResortSlot.value(of: Array(" \n\(text)\r\n".utf8)) == sealed)
    }

    @Test func eachPairDirectionAndDayHasItsOwn() {
        let other = Secret([UInt8](repeating: 8, count: 32))
        let slots = [
            Self.slot(), Self.slot(pair: other), Self.slot(writer: .answering),
            Self.slot(day: Self.day + 1), Self.slot(writer: .answering, day: Self.day + 1),
        ]
        let sealed = Self.slot().seal(Self.note())
        for (number, slot) in slots.enumerated() {
            for another in slots[(number + 1)...] {
                #expect(slot.signingKey.publicKey != another.signingKey.publicKey)
                #expect(slot.salt != another.salt && slot.name != another.name)
            }
            if number > 0 {
                #expect(throws: LastResortError.notSealed) { try slot.open(sealed, after: 0) }
            }
        }
        #expect(Self.slot().name.utf8.count == 32 && Self.slot().salt.count == 16)
    }

    @Test func anOldNoteIsRefusedWheneverItIsShownAgain() throws {
        let sealed = Self.slot().seal(Self.note(sequence: 9))
        #expect(try Self.slot().open(sealed, after: 8).sequence == 9)
        for accepted in [UInt64(9), 10, .max] {
            #expect(throws: LastResortError.notNewer(9, accepted: accepted)) {
                try Self.slot().open(sealed, after: accepted)
            }
        }
    }

    @Test func noBitOfItCanBeChanged() {
        let slot = Self.slot()
        let sealed = slot.seal(Self.note())
        for bit in 0..<sealed.count * 8 {
            var other = sealed
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: LastResortError.notSealed) { try slot.open(other, after: 0) }
        }
        for count in 0..<sealed.count {
            #expect(throws: LastResortError.wrongLength(count)) {
                try slot.open(Array(sealed[..<count]), after: 0)
            }
        }
    }

    @Test func twoNotesWithOneNumberShareNoKey() {
        let slot = Self.slot()
        let (one, two) = (slot.seal(Self.note(1)), slot.seal(Self.note(2)))
        #expect(one[..<8] == two[..<8])
        #expect(one[8..<24] != two[8..<24])
        // The plaintexts differ in a few bytes; under one key and nonce most others were equal.
        let equal = zip(one[24...], two[24...]).filter { $0 == $1 }.count
        #expect(equal < 16)
        #expect(slot.seal(Self.note(1)) == one)
    }

    @Test(arguments: [-1, 0, 1, 2, -2] as [Int64])
    func aNoteOfAnotherDayIsRefused(days: Int64) throws {
        let issued = WallTime(seconds: (Int64(Self.day) + days) * 86_400 + 5)
        let note = LastResortNote(sequence: 1, issued: issued, endpoints: [])
        let sealed = Self.slot().seal(note)
        if abs(days) <= 1 {
            #expect(try Self.slot().open(sealed, after: 0) == note)
        } else {
            #expect(throws: LastResortError.otherDay(UInt32(Int64(Self.day) + days))) {
                try Self.slot().open(sealed, after: 0)
            }
        }
    }

    @Test func textsOfOthersAreRefused() throws {
        let text = LastResortSlot.text(of: Self.slot().seal(Self.note()))
        #expect(throws: LastResortError.wrongLength(0)) { try LastResortSlot.value(of: []) }
        #expect(throws: LastResortError.wrongLength(287)) {
            try LastResortSlot.value(of: Array(text.utf8.dropLast()))
        }
        #expect(throws: LastResortError.notText) {
            try LastResortSlot.value(of: Array("!".utf8) + Array(text.utf8.dropLast()))
        }
    }

    @Test func aReaderLooksAtThreeDays() {
        func days(_ seconds: Int64) -> [UInt32] {
            LastResortSlot.days(around: WallTime(seconds: seconds))
        }
        #expect(days(86_400 * 100) == [100, 99, 101])
        #expect(days(86_400 * 101 - 1) == [100, 99, 101])
        #expect(days(0) == [0, 1])
        #expect(days(-1) == [])
        #expect(days(86_400 * Int64(UInt32.max)) == [.max, .max - 1])
        #expect(days(86_400 * (Int64(UInt32.max) + 1)) == [])
    }

    @Test func numbersGrowWhateverTheClockDoes() {
        let now = WallTime(seconds: 1_000)
        #expect(LastResortNote.nextSequence(after: 0, now: now) == 1_000_000)
        #expect(LastResortNote.nextSequence(after: 1_000_000, now: now) == 1_000_001)
        #expect(LastResortNote.nextSequence(after: 5, now: WallTime(seconds: -9)) == 6)
    }

    @Test func whatCannotBeReachedIsLeftOut() throws {
        let endpoints =
            [Endpoint(address: .v4(0), port: 1), Endpoint(address: .v4(0xa9fe_0001), port: 1)]
            + (0..<9).map(Self.endpoint)
        let note = LastResortNote(
            sequence: 1, issued: WallTime(seconds: Int64(Self.day) * 86_400), endpoints: endpoints)
        #expect(note.endpoints == (0..<8).map(Self.endpoint))
        #expect(try Self.slot().open(Self.slot().seal(note), after: 0) == note)
    }

    @Test func theSecretOfAPairIsTheSameAtBothEnds() throws {
        let primitives = CryptoPrimitives()
        var generator = SeededGenerator(seed: 1)
        let (anna, ben) = (
            primitives.agreementKey(using: &generator), primitives.agreementKey(using: &generator)
        )
        let psk = Secret(byteCount: 32, using: &generator)
        let one = try #require(
            LastResortSlot.pairSecret(
                psk: psk, ownKey: anna, peerKey: ben.publicKey, primitives))
        let other = LastResortSlot.pairSecret(
            psk: psk, ownKey: ben, peerKey: anna.publicKey, primitives)
        #expect(one == other && one.byteCount == 32)
        let zero = try #require(PublicKey(bytes: [UInt8](repeating: 0, count: 32)))
        #expect(
            LastResortSlot.pairSecret(psk: psk, ownKey: anna, peerKey: zero, primitives) == nil)
    }
}
