// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// Who sees packets and sends others: repeats, changes, makes up.
extension Simulation {
    /// One burst against a host: recorded datagrams again, from elsewhere, changed, and nonsense.
    mutating func attack(_ id: HostID) {
        let recorded = self.recent.recorded(to: id)
        let strays = self.recent.recordedOfAll()
        let source = self.freshAdversary()
        for _ in 0..<20 {
            let isStray = Int.random(in: 0..<4, using: &self.generator) == 0
            let choice = isStray ? strays : recorded
            guard var packet = choice.randomElement(using: &self.generator) else { continue }
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
                let refusal =
                    Bool.random(using: &self.generator) ? self.refusal(to: packet.bytes) : nil
                packet.bytes = refusal ?? self.madeUp(like: packet.bytes)
                packet.isForged = true
                packet.digest = TraceHash()
                packet.digest.absorb(packet.bytes)
            }
            self.deliver(packet, to: id)
        }
        self.count(.flood)
    }

    /// A place from which an adversary sends.
    private mutating func freshAdversary() -> Endpoint {
        let source = Endpoint(address: self.freshPublicAddress(), port: 4_444)
        self.checker.adversaries.insert(source)
        return source
    }

    /// Who sits on the way keeps one packet of four, and hands it on later, perhaps from elsewhere.
    mutating func intercept(_ packet: Packet, to id: HostID) -> Bool {
        guard let end = self.interceptions[id] else { return false }
        guard end > self.now else {
            self.interceptions[id] = nil
            return false
        }
        guard packet.origin != nil, Int.random(in: 0..<4, using: &self.generator) == 0 else {
            return false
        }
        self.count(.interception)
        var late = packet
        if Bool.random(using: &self.generator) { late.source = self.freshAdversary() }
        let isSoon = Bool.random(using: &self.generator)
        let milliseconds: ClosedRange<Int64> = isSoon ? 1...3_000 : 3_000...400_000
        self.plan(
            .hand(late, to: id),
            after: .milliseconds(Int64.random(in: milliseconds, using: &self.generator)))
        return true
    }

    /// A host that was met in person does what its strategy says.
    mutating func misbehave(_ id: HostID) {
        guard let strategy = self.hosts[id.number].villain?.strategy,
            self.hosts[id.number].isRunning
        else { return }
        switch strategy {
        case .lies: self.count(.lying)
        case .forges: self.count(.forging)
        case .floods: self.count(.flooding)
        case .repeats: self.count(.repeating)
        case .meddles: self.count(.meddling)
        case .substitutes: return self.substitute(id)
        case .equivocates, .inundates, .outdates, .miskeys, .babbles, .withholds:
            self.count(.clusterHarm)
        case .tampers, .betrays: self.count(.tampering)
        }
        self.step(id) { $0.misbehave(at: $1) }
    }

    /// Other member keys for what it has begun, at the next start.
    private mutating func substitute(_ id: HostID) {
        guard Int.random(in: 0..<12, using: &self.generator) == 0 else { return }
        self.count(.substituting)
        self.hosts[id.number].stop(losesPower: false)
        let count = self.hosts[id.number].disk.store.state.relations.count
        for position in 0..<count {
            self.hosts[id.number].disk.edit {
                $0.substituteMemberKeys(of: position, using: &self.generator)
            }
        }
        self.plan(.start(id), after: .milliseconds(200))
    }

    /// An error or a Cancel that names the pairing of a message, without the key for its MAC.
    private mutating func refusal(to bytes: [UInt8]) -> [UInt8]? {
        let mark = Array("\"pid\":\"".utf8)
        guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: mark) }),
            start + mark.count + 36 <= bytes.count
        else { return nil }
        let pid = String(decoding: bytes[(start + mark.count)...].prefix(36), as: UTF8.self)
        let mac = String(repeating: "A", count: 22)
        let n = 117_637_120_000_000 + UInt64.random(in: 0...60_000_000, using: &self.generator)
        switch Int.random(in: 0..<3, using: &self.generator) {
        case 0:
            return Array("{\"response\":400,\"pid\":\"\(pid)\",\"n\":\(n),\"mac\":\"\(mac)\"}".utf8)
        case 1:
            return Array(
                "{\"response\":409,\"pid\":\"\(pid)\",\"n\":\(n),\"have\":\(n),\"mac\":\"\(mac)\"}"
                    .utf8)
        default: return Array("{\"response\":410,\"pid\":\"\(pid)\",\"token\":\"\(mac)\"}".utf8)
        }
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
