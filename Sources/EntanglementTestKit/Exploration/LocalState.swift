// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// One side's state: its host and clock, and what an exploration asks of them, computed once.
///
/// A class, so that worlds share it by one reference.
final class LocalState: Sendable {
    /// How far the one relation has come.
    enum Standing: Hashable, Sendable {
        /// No relation, or no more.
        case none
        /// A pairing.
        case pending(RelationPhase)
        /// A peer, and whether no 410 counts any more.
        case trusted(ClusterID, isConfirmed: Bool)
        /// Something that must not be.
        case broken
    }

    let host: Host
    let now: Moment
    let standing: Standing
    /// Whether a pairing ended here by Cancel or because its time was over.
    let hasEndedIt: Bool
    /// Equal for equal bytes, counters and generators.
    let exact: MixingDigest
    /// Equal for states that differ in names and counters alone.
    ///
    /// Packet counters do not count: what is on
    /// its way and would be dropped for its counter is taken away (see ``Exploration/sweep(_:)``).
    let shape: MixingDigest
    /// Like `shape`, without time.
    let timelessShape: MixingDigest
    /// Names in order of appearance.
    let names: [UInt64]
    let ownCounters: [UInt64]
    let peerCounters: [UInt64]

    init(_ host: Host, now: Moment) {
        self.host = host
        self.now = now
        self.standing = Self.standing(host)
        self.hasEndedIt = host.events.contains {
            if case .pairingEnded(_, let cause) = $0 { cause != .cancelledByPeer } else { false }
        }
        var tokens = StateTokens(now: now)
        host.node.write(gate: host.gate, store: host.store.state, to: &tokens)
        tokens.put(.plain(self.hasEndedIt ? 1 : 0))
        var (exact, shape, timeless) = (MixingDigest(), MixingDigest(), MixingDigest())
        var names: [UInt64] = []
        var positions: [UInt64: Int32] = [:]
        var (own, peer): ([UInt64], [UInt64]) = ([], [])
        for token in tokens.tokens {
            switch token {
            case .plain(let value):
                exact.absorb(value)
                shape.absorb(value)
                timeless.absorb(value)
            case .serial(let value): exact.absorb(value)
            case .time(let value):
                exact.absorb(UInt64(bitPattern: value))
                shape.absorb(UInt64(bitPattern: value))
            case .name(let value), .serialName(let value):
                exact.absorb(value)
                let position = positions[value] ?? Int32(names.count)
                if position == names.count {
                    positions[value] = position
                    names.append(value)
                }
                shape.absorb(UInt64(position))
                timeless.absorb(UInt64(position))
            case .ownCounter(let value):
                exact.absorb(value)
                own.append(value)
            case .peerCounter(let value):
                exact.absorb(value)
                peer.append(value)
            }
        }
        shape.absorb(UInt64(own.count))
        if let generator = host.node.randomness as? CountingGenerator {
            exact.absorb(generator.seed)
            exact.absorb(generator.count)
        }
        self.exact = exact
        self.shape = shape
        self.timelessShape = timeless
        self.names = names
        self.ownCounters = own
        self.peerCounters = peer
    }

    /// Where a name appears first; -1: nowhere.
    func position(of name: UInt64) -> Int32 {
        self.names.firstIndex(of: name).map { Int32($0) } ?? -1
    }

    /// From now until a timer is due, in nanoseconds; what is overdue is due now.
    var due: Int64? {
        self.host.node.protocolDeadline.map { max(($0 - self.now.instant).nanoseconds, 0) }
    }

    /// From now until the phase ends, in nanoseconds.
    var phaseLeft: Int64? {
        self.host.node.phaseEnd.map { max(($0 - self.now.instant).nanoseconds, 0) }
    }

    private static func standing(_ host: Host) -> Standing {
        let state = host.store.state
        guard let record = state.relations.first else {
            return state.clusters.isEmpty ? .none : .broken
        }
        switch record.phase {
        case .offered, .answered, .connecting, .timedOut:
            return state.clusters.isEmpty ? .pending(record.phase) : .broken
        case .trusted:
            guard let cluster = record.cluster, state.clusters.map(\.id) == [cluster] else {
                return .broken
            }
            return .trusted(cluster, isConfirmed: record.cancelTokens == nil)
        case .forgetting, .forgotten: return .broken
        }
    }
}
