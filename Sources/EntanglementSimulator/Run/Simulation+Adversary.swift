// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// Who sees packets and sends others: repeats, changes, makes up.
extension Simulation {
    /// One burst against a host: recorded datagrams again, from elsewhere, changed, and nonsense.
    mutating func attack(_ id: HostID) {
        let recorded = self.recent.recorded(to: id)
        let source = Endpoint(address: self.freshPublicAddress(), port: 4_444)
        for _ in 0..<20 {
            guard var packet = recorded.randomElement(using: &self.generator) else { break }
            switch Int.random(in: 0..<4, using: &self.generator) {
            case 0: self.count(.replay)
            case 1:
                self.count(.replay)
                packet.source = source
            case 2:
                self.count(.forgery)
                self.corrupt(&packet)
            default:
                self.count(.forgery)
                packet.bytes = self.madeUp(like: packet.bytes)
                packet.isForged = true
            }
            self.deliver(packet, to: id)
        }
        self.count(.flood)
    }

    /// A message whose fields fit but whose MAC nobody could make.
    private mutating func madeUp(like bytes: [UInt8]) -> [UInt8] {
        var changed = bytes
        let tail = min(40, changed.count)
        for position in (changed.count - tail)..<changed.count
        where changed[position] != 0x22 && changed[position] != 0x7d {
            changed[position] = UInt8.random(in: 0x41...0x5a, using: &self.generator)
        }
        return changed == bytes ? bytes + [0] : changed
    }
}
