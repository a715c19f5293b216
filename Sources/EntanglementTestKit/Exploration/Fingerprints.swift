// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// Tells whether two worlds are the same but for random values and what may still go wrong.
///
/// Random values are renamed in the order in which they appear, Alice's state first, then Bob's,
/// then the datagrams; counters `n` are replaced by their order. Computed in parts that many
/// worlds share: one digest for each side, one for the pair, one for each datagram.
struct Fingerprints: Sendable {
    private struct PairPart: Sendable {
        var digest: MixingDigest
        /// Alice's counters, and Bob's, as both sides know them, in order.
        var counters: [[UInt64]]
    }

    private struct DatagramPart: Sendable {
        var digest: MixingDigest
        /// Names that neither side knows (any more), in order.
        var strangers: [UInt64] = []
    }

    private struct DatagramKey: Hashable {
        var pair: UInt64
        var datagram: Int32
    }

    /// Parts are computed again when they were forgotten; worlds that are near each other share them.
    private static let rememberedCountMax = 1 << 17

    private var pairs: [UInt64: PairPart] = [:]
    private var datagrams: [DatagramKey: DatagramPart] = [:]

    /// The fingerprint; the budget does not count.
    mutating func fingerprint(_ world: World, _ catalogue: Catalogue) -> MixingDigest {
        let pair =
            UInt64(UInt32(bitPattern: world.alice)) << 32
            | UInt64(UInt32(bitPattern: world.bob))
        var digest = self.part(pair, world, catalogue).digest
        digest.absorb(UInt64(bitPattern: Int64(world.shownAnswer)))
        digest.absorb(world.isAliceBlocked ? 1 : 0)
        // A sum does not depend on the order.
        var sum: (high: UInt64, low: UInt64) = (0, 0)
        var withStrangers: [DatagramPart] = []
        for number in world.inFlight.numbers {
            let key = DatagramKey(pair: pair, datagram: number)
            let part: DatagramPart
            if let known = self.datagrams[key] {
                part = known
            } else {
                part = self.compute(number, pair, world, catalogue)
                if self.datagrams.count >= Self.rememberedCountMax {
                    self.datagrams.removeAll(keepingCapacity: true)
                }
                self.datagrams[key] = part
            }
            sum.high &+= part.digest.high
            sum.low &+= part.digest.low
            if !part.strangers.isEmpty { withStrangers.append(part) }
        }
        if withStrangers.count > 1 {
            let links = Self.links(withStrangers)
            sum.high &+= links.high
            sum.low &+= links.low
        }
        digest.absorb(sum.high)
        digest.absorb(sum.low)
        return digest
    }

    /// Which datagrams share names that neither side knows.
    private static func links(_ parts: [DatagramPart]) -> (high: UInt64, low: UInt64) {
        var sum: (high: UInt64, low: UInt64) = (0, 0)
        for (number, first) in parts.enumerated() {
            for second in parts[(number + 1)...] {
                for (position, name) in first.strangers.enumerated() {
                    guard let other = second.strangers.firstIndex(of: name) else { continue }
                    for (one, two, left, right) in [
                        (first, second, position, other), (second, first, other, position),
                    ] {
                        var digest = one.digest
                        digest.absorb(two.digest)
                        digest.absorb(UInt64(left))
                        digest.absorb(UInt64(right))
                        sum.high &+= digest.high
                        sum.low &+= digest.low
                    }
                }
            }
        }
        return sum
    }

    private mutating func part(
        _ pair: UInt64, _ world: World, _ catalogue: Catalogue
    ) -> PairPart {
        if let known = self.pairs[pair] { return known }
        let alice = catalogue.state(world.alice)
        let bob = catalogue.state(world.bob)
        var digest = alice.shape
        digest.absorb(bob.shape)
        for name in bob.names {
            digest.absorb(UInt64(bitPattern: Int64(alice.position(of: name))))
        }
        let lists = [
            alice.ownCounters + bob.peerCounters, bob.ownCounters + alice.peerCounters,
        ]
        var counters: [[UInt64]] = []
        for list in lists {
            var sorted: [UInt64] = []
            for counter in list.sorted() where sorted.last != counter { sorted.append(counter) }
            for counter in list {
                digest.absorb(UInt64(sorted.firstIndex(of: counter) ?? 0))
            }
            counters.append(sorted)
        }
        let part = PairPart(digest: digest, counters: counters)
        if self.pairs.count >= Self.rememberedCountMax {
            self.pairs.removeAll(keepingCapacity: true)
        }
        self.pairs[pair] = part
        return part
    }

    private mutating func compute(
        _ number: Int32, _ pair: UInt64, _ world: World, _ catalogue: Catalogue
    ) -> DatagramPart {
        let datagram = catalogue.datagram(number)
        let receiver = datagram.sender == .alice ? world.bob : world.alice
        if catalogue.use(of: number, at: receiver) == .probe {
            return DatagramPart(digest: MixingDigest(domain: datagram.sender == .alice ? 3 : 4))
        }
        let counters = self.part(pair, world, catalogue).counters
        let isAlices = datagram.sender == .alice
        let alice = catalogue.state(world.alice)
        let bob = catalogue.state(world.bob)
        var strangers: [UInt64] = []
        var digest = MixingDigest(domain: isAlices ? 1 : 2)
        for token in datagram.tokens {
            switch token {
            case .plain(let value): digest.absorb(value)
            case .serial: break
            case .time(let value): digest.absorb(UInt64(bitPattern: value))
            case .name(let value), .serialName(let value):
                let alicePosition = alice.position(of: value)
                let bobPosition = bob.position(of: value)
                digest.absorb(UInt64(bitPattern: Int64(alicePosition)))
                digest.absorb(UInt64(bitPattern: Int64(bobPosition)))
                guard alicePosition < 0, bobPosition < 0 else { continue }
                let position = strangers.firstIndex(of: value) ?? strangers.count
                if position == strangers.count { strangers.append(value) }
                digest.absorb(UInt64(position))
            case .ownCounter(let value):
                Self.absorb(value, among: counters[isAlices ? 0 : 1], into: &digest)
            case .peerCounter(let value):
                Self.absorb(value, among: counters[isAlices ? 1 : 0], into: &digest)
            }
        }
        return DatagramPart(digest: digest, strangers: strangers)
    }

    private static func absorb(
        _ counter: UInt64, among sorted: [UInt64], into digest: inout MixingDigest
    ) {
        let position = sorted.firstIndex { $0 >= counter } ?? sorted.count
        digest.absorb(UInt64(position))
        if position == sorted.count || sorted[position] != counter { digest.absorb(counter) }
    }
}
