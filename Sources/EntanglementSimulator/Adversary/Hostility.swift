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
    /// As a common peer, names wrong places, spoils and repeats what it relays; asks for what is not its.
    case meddles
    /// Signs each attempt to found a cluster with other member keys.
    case substitutes

    // Members of a cluster.

    /// Takes somebody in twice from one meeting, with other keys for each half of the others.
    case equivocates
    /// Writes as many records as it can.
    case inundates
    /// Sends endpoint records of others that are not the newest.
    case outdates
    /// Sends secrets that belong to no epoch.
    case miskeys
    /// Sends frames about the cluster with nonsense in them.
    case babbles
    /// Passes nothing on, and answers nothing about the cluster.
    case withholds

    /// At a bridge: alters, repeats and drops what it carries, floods, invents cards.
    case tampers
    /// The same, and says again what it said at other times or to others: words, cards, take-backs.
    case betrays

    /// What a peer does who need not be a member of a cluster.
    static let ofPeers: [Self] = [.lies, .forges, .floods, .repeats, .meddles, .substitutes]
    /// What a member of a cluster does.
    static let ofMembers: [Self] = [
        .equivocates, .inundates, .outdates, .miskeys, .babbles, .withholds,
    ]
}

/// One hostile peer: its strategy, and what it needs for it.
struct Villain: Sendable {
    let strategy: Hostility
    /// Where nobody is.
    let lies: [Endpoint]
    var generator: SeededGenerator
    private var relayed: [[UInt8]] = []
    private var own: [(bytes: [UInt8], to: Endpoint)] = []
    /// Endpoint records that it has seen.
    private var places: [[UInt8]] = []
    /// How often it has written records.
    private var writeCount = 0
    /// Frames about bridges that it has sent.
    var atBridge: [[UInt8]] = []

    init(_ strategy: Hostility, lies: [Endpoint], seed: UInt64) {
        self.strategy = strategy
        self.lies = lies
        self.generator = SeededGenerator(seed: seed)
    }

    /// What becomes of an output of its honest node; nil: nothing.
    mutating func twisted(_ output: Output) -> Output? {
        if self.strategy == .meddles { return self.meddled(output) }
        if self.strategy == .tampers || self.strategy == .betrays { return self.tampered(output) }
        if self.strategy == .withholds, case .sendSealed(_, .frame, let bytes, _) = output,
            HostileFrame.passesOn(bytes)
        {
            return nil
        }
        guard self.strategy == .lies,
            case .sendSealed(let session, .frame, let bytes, let target) = output,
            let first = self.lies.first,
            let lie = HostileFrame.lie(first, in: bytes)
        else { return output }
        return .sendSealed(session: session, .frame, lie, to: target)
    }

    /// Wrong places, spoiled bytes, what was carried before; half of it goes through as it is.
    private mutating func meddled(_ output: Output) -> Output {
        guard case .sendSealed(let session, .frame, let bytes, let target) = output,
            let frame = HelpFrame(frame: bytes)
        else { return output }
        var other = bytes
        switch frame {
        case .seek, .sought: break
        case .found: other = HostileFrame.mislead(Array(self.lies.prefix(8)), in: bytes) ?? bytes
        case .relay:
            switch Int.random(in: 0..<4, using: &self.generator) {
            case 0:
                let position = Int.random(in: 0..<1_000, using: &self.generator)
                other = HostileFrame.spoil(bytes, at: position) ?? bytes
            case 1: other = self.relayed.randomElement(using: &self.generator) ?? bytes
            default: break
            }
            self.relayed.append(bytes)
            if self.relayed.count > 32 { self.relayed.removeFirst(16) }
        }
        return .sendSealed(session: session, .frame, other, to: target)
    }

    /// Tags that nobody has, and floods under its own.
    private mutating func demands(
        _ tags: [RendezvousTag], _ primitives: any Primitives
    ) -> [(SessionContent, [UInt8])] {
        let guesses = (0..<32).map { _ in RendezvousTag(using: &self.generator) }
        var made: [(SessionContent, [UInt8])] = [(.frame, HostileFrame.seek(guesses))]
        made.append((.frame, self.sought(guesses, primitives)))
        if !tags.isEmpty {
            made.append((.frame, HostileFrame.seek(Array(tags.prefix(32)))))
            made.append((.frame, self.sought(Array(tags.prefix(32)), primitives)))
        }
        for tag in tags + guesses.prefix(1) {
            let bytes = [UInt8](repeating: 0x81, count: Constants.relayedByteCountMax)
            made += (0..<60).map { _ in (.frame, HostileFrame.relay(tag, bytes)) }
        }
        return made
    }

    private mutating func sought(
        _ tags: [RendezvousTag], _ primitives: any Primitives
    ) -> [UInt8] {
        HostileFrame.sought(tags, nonce: self.generator.next(), primitives)
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
    mutating func plaintexts(
        _ tags: [RendezvousTag], _ ends: [SigningKey], _ primitives: any Primitives
    ) -> [(SessionContent, [UInt8])] {
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
        case .meddles: return self.demands(tags, primitives)
        case .tampers, .betrays: return self.atBridge(ends, primitives)
        case .floods, .repeats, .substitutes, .equivocates, .inundates, .outdates, .miskeys,
            .babbles, .withholds:
            return []
        }
    }

    /// What it does to its clusters now; nil: nothing.
    mutating func gossip(_ places: [[UInt8]]) -> HostileGossip? {
        switch self.strategy {
        case .equivocates, .inundates:
            // Guests that nobody knows fill a cluster, and records its memory, for ever.
            self.writeCount += 1
            guard self.writeCount <= (self.strategy == .equivocates ? 3 : 16) else { return nil }
            return self.strategy == .equivocates ? .equivocates : .inundates
        case .outdates:
            self.places += places.filter { !self.places.contains($0) }
            self.places = self.places.suffix(64)
            let chosen = (0..<8).compactMap { _ in
                self.places.randomElement(using: &self.generator)
            }
            return .outdates(chosen)
        case .miskeys: return .miskeys
        case .babbles: return .babbles
        case .lies, .forges, .floods, .repeats, .meddles, .substitutes, .withholds, .tampers,
            .betrays:
            return nil
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
