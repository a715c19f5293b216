// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// What a peer does that was met in person, holds the keys, and means harm.
///
/// Its node is a real one. The strategy changes what it says, or makes it say things at the wrong
/// time; seals and MACs are right, so it gets as far as any peer can.
enum Hostility: String, Sendable, Hashable, CaseIterable {
    /// Says that it sees everybody at an address where nobody is, and gives others' addresses for its own.
    case lies
    /// Seals nonsense: frames that do not parse, of every length and kind.
    case forges
    /// Starts handshake after handshake, each with a right MAC.
    case floods
    /// Sends everything again, many times and much later.
    case repeats
    /// Signs each attempt to found a cluster with other member keys.
    case substitutes
}

/// One hostile peer: its strategy, and what it needs for it.
struct Villain: Sendable {
    let strategy: Hostility
    /// Where nobody is.
    let lies: [Endpoint]
    var generator: SeededGenerator
    private var own: [(bytes: [UInt8], to: Endpoint)] = []

    init(_ strategy: Hostility, lies: [Endpoint], seed: UInt64) {
        self.strategy = strategy
        self.lies = lies
        self.generator = SeededGenerator(seed: seed)
    }

    /// What becomes of an output of its honest node.
    func twisted(_ output: Output) -> Output {
        guard self.strategy == .lies,
            case .sendSealed(let session, .frame, let bytes, let target) = output,
            let first = self.lies.first,
            let lie = HostileFrame.lie(first, in: bytes)
        else { return output }
        return .sendSealed(session: session, .frame, lie, to: target)
    }

    /// Remembers what it sent.
    mutating func note(_ bytes: [UInt8], to target: Endpoint) {
        guard self.strategy == .repeats else { return }
        self.own.append((bytes, target))
        if self.own.count > 64 { self.own.removeFirst(32) }
    }

    /// Datagrams to send again.
    mutating func repetitions() -> [(bytes: [UInt8], to: Endpoint)] {
        guard !self.own.isEmpty else { return [] }
        return (0..<12).map { _ in
            self.own[Int.random(in: 0..<self.own.count, using: &self.generator)]
        }
    }

    /// Plaintexts for its sessions, as its strategy has them.
    mutating func plaintexts() -> [(SessionContent, [UInt8])] {
        switch self.strategy {
        case .lies:
            let sequence = UInt32.random(in: 0...UInt32.max, using: &self.generator)
            let token = self.generator.next()
            let named = (0..<Int.random(in: 1...8, using: &self.generator)).compactMap { _ in
                self.lies.randomElement(using: &self.generator)
            }
            let echo = self.lies.randomElement(using: &self.generator)
            return [
                echo.map { (.frame, HostileFrame.ping(token: token, echo: $0)) },
                (.frame, HostileFrame.addresses(sequence: sequence, named)),
            ].compactMap { $0 }
        case .forges: return (0..<4).map { _ in (self.content(), self.nonsense()) }
        case .floods, .repeats, .substitutes: return []
        }
    }

    private mutating func content() -> SessionContent {
        switch Int.random(in: 0..<6, using: &self.generator) {
        case 0: .founding
        case 1: .foundingAnswer
        default: .frame
        }
    }

    private mutating func nonsense() -> [UInt8] {
        let byteCount = Int.random(in: 0...400, using: &self.generator)
        var bytes = (0..<byteCount).map { _ in
            UInt8.random(in: 0...255, using: &self.generator)
        }
        if byteCount > 0 { bytes[0] = UInt8.random(in: 0...9, using: &self.generator) }
        return bytes
    }
}
