// SPDX-License-Identifier: Apache-2.0
import Entanglement

// Notes for peers who are lost (PROTOCOL.md §13); off unless somebody switches a way on.
extension NodeDriver {
    /// Leaves or seeks a note; other outputs are none of its business.
    func carryOut(note output: Output) {
        if case .seekNote(let id, let slots, let accepted) = output {
            _ = self.lastResorts.offer(.seek(id, in: slots, after: accepted))
        } else if case .leaveNote(let id, let note, let slot) = output,
            !self.lastResorts.offer(.leave(id, note, in: slot))
        {
            self.queue.offer(.note(.noteLost(id, note.sequence)))
        }
    }
}
