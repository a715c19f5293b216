// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import MainlineDHT
import Testing

/// A slot of a pair in a DHT: what two peers exchange there.
@Suite struct SlotInDHTTests {
    private static func slot(_ day: UInt32) -> LastResortSlot {
        LastResortSlot(
            pair: Secret([UInt8](repeating: 7, count: 32)), writer: .answering, day: day,
            CryptoPrimitives())
    }

    private static func note(_ sequence: UInt64, day: Int64 = 100) -> LastResortNote {
        LastResortNote(
            sequence: sequence, issued: WallTime(seconds: day * 86_400),
            endpoints: [Endpoint(address: .v4(0x5102_0304), port: 41_414)])
    }

    @Test func whatOneLeavesTheOtherFinds() throws {
        var world = DHTWorld(nodes: 80)
        let item = try Self.slot(100).item(of: Self.note(5), CryptoPrimitives())
        #expect(world.run(.put(item, over: nil)) == .stored(by: 8))
        var reader = DHTWorld(seed: 5, nodes: 0)
        reader.models = world.models
        reader.entries = world.entries
        var notes: [LastResortNote] = []
        for day in LastResortSlot.days(around: WallTime(seconds: 101 * 86_400 + 9)) {
            let result = reader.run(.get(Self.slot(day).place, newerThan: 4))
            if case .found(let item, _)? = result {
                notes.append(try Self.slot(day).note(of: item, after: 4))
            }
        }
        #expect(notes == [Self.note(5)])
        #expect(throws: LastResortError.notNewer(5, accepted: 5)) {
            try Self.slot(100).note(of: item, after: 5)
        }
    }

    @Test func numbersOfItemAndNoteAreTheSame() throws {
        let slot = Self.slot(100)
        let other = try MutableItem(
            .bytes(slot.seal(Self.note(5))), sequence: 6, salt: slot.salt,
            signedBy: slot.signingKey, CryptoPrimitives())
        #expect(throws: LastResortError.malformed) { try slot.note(of: other, after: 0) }
        let text = try MutableItem(
            .integer(5), sequence: 6, salt: slot.salt, signedBy: slot.signingKey,
            CryptoPrimitives())
        #expect(throws: LastResortError.malformed) { try slot.note(of: text, after: 0) }
    }
}
