// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// What somebody at a bridge does that means harm.
extension Villain {
    /// Drops, alters and repeats what it carries; half of it goes through as it is.
    mutating func tampered(_ output: Output) -> Output? {
        guard case .sendSealed(let session, .frame, let bytes, let target) = output,
            BridgeFrameView(frame: bytes) != nil
        else { return output }
        self.noteAtBridge(bytes)
        guard bytes.first == 36 else {
            guard self.strategy == .betrays else { return output }
            // Words and cards are kept back, or old ones said in their place.
            switch Int.random(in: 0..<8, using: &self.generator) {
            case 0: return nil
            case 1:
                let former = self.atBridge.filter { $0.first != 36 }
                    .randomElement(using: &self.generator)
                return .sendSealed(session: session, .frame, former ?? bytes, to: target)
            default: return output
            }
        }
        var other = bytes
        switch Int.random(in: 0..<6, using: &self.generator) {
        case 0: return nil
        case 1:
            let position = Int.random(in: 0..<1_000, using: &self.generator)
            other = HostileBridge.spoil(bytes, at: position) ?? bytes
        case 2: other = self.atBridge.randomElement(using: &self.generator) ?? bytes
        default: break
        }
        return .sendSealed(session: session, .frame, other, to: target)
    }

    private mutating func noteAtBridge(_ bytes: [UInt8]) {
        self.atBridge.append(bytes)
        if self.atBridge.count > 48 { self.atBridge.removeFirst(16) }
    }

    /// What it carried again, many times and from too far; and cards of nobody.
    mutating func atBridge(
        _ ends: [SigningKey], _ primitives: any Primitives
    ) -> [(SessionContent, [UInt8])] {
        var made: [(SessionContent, [UInt8])] = []
        // Who betrays floods less: there are more courses of it.
        let (countMax, copyCount) = self.strategy == .betrays ? (80, 2) : (400, 12)
        for bytes in self.atBridge {
            let seed = UInt8.random(in: 1...9, using: &self.generator)
            // Half of them with the word that an end may give.
            let vouchers = seed % 2 == 0 ? ends : []
            if let card = HostileBridge.invent(from: bytes, seed: seed, by: vouchers, primitives) {
                made.append((.frame, card))
            }
            guard made.count < countMax else { continue }
            if bytes.first != 36 {
                if self.strategy == .betrays { made.append((.frame, bytes)) }
                continue
            }
            made.append((.frame, bytes))
            made.append((.frame, bytes))
            let id = UInt64.random(in: 0 ... .max, using: &self.generator)
            if let far = HostileBridge.repeated(bytes, id: id, hops: 0) {
                made.append((.frame, far))
            }
            for _ in 0..<copyCount {
                let id = UInt64.random(in: 0 ... .max, using: &self.generator)
                if let again = HostileBridge.repeated(bytes, id: id) {
                    made.append((.frame, again))
                }
            }
        }
        return made
    }
}
