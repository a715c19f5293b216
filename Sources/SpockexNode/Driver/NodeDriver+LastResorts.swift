// SPDX-License-Identifier: Apache-2.0
import Entanglement

// Notes for peers who are lost (PROTOCOL.md §13); off unless somebody switches a way on.
extension NodeDriver {
    func leave(_ note: LastResortNote, for id: RelationID, in slot: LastResortSlot) {
        guard !self.lastResorts.offer(.leave(id, note, in: slot)) else { return }
        self.queue.offer(.note(.noteLost(id, note.sequence)))
    }

    func seekNote(of id: RelationID, in slots: [LastResortSlot], after accepted: UInt64) {
        _ = self.lastResorts.offer(.seek(id, in: slots, after: accepted))
    }
}
