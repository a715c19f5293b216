// SPDX-License-Identifier: Apache-2.0
public import Entanglement

extension LastResortSlot {
    /// Where in the DHT the slot's item is.
    public var place: ItemPlace {
        ItemPlace(key: self.signingKey.publicKey, salt: self.salt)
    }

    /// The item of a sealed note: its value is the note's bytes, its number the note's.
    public func item(
        of note: LastResortNote, _ primitives: any Primitives
    ) throws(MutableItemError) -> MutableItem {
        try MutableItem(
            .bytes(self.seal(note)), sequence: Int64(note.sequence), salt: self.salt,
            signedBy: self.signingKey, primitives)
    }

    /// The note of an item that was found at the slot's ``place``.
    public func note(
        of item: MutableItem, after accepted: UInt64
    ) throws(LastResortError) -> LastResortNote {
        guard let value = item.value.bytes else { throw .malformed }
        let note = try self.open(value, after: accepted)
        guard Int64(note.sequence) == item.sequence else { throw .malformed }
        return note
    }
}
