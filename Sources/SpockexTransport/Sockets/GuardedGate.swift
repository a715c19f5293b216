// SPDX-License-Identifier: Apache-2.0
public import Entanglement
import Synchronization

/// The one gate of a node, shared by the event loop that reads and the driver that sends.
///
/// Both hold the lock only for one datagram: a look-up, at most one MAC and one seal.
public final class GuardedGate: Sendable {
    private let gate: Mutex<Gate>

    /// A gate that lets nothing through yet.
    public init(primitives: any Primitives) {
        self.gate = Mutex(Gate(primitives: primitives))
    }

    /// Looks at a datagram; see ``Gate/receive(_:from:via:now:)``.
    public func receive(
        _ datagram: UnsafeRawBufferPointer, from source: Endpoint, via socket: SocketID,
        now: Instant
    ) -> Gate.Verdict {
        self.gate.withLock { $0.receive(datagram, from: source, via: socket, now: now) }
    }

    /// Looks at a datagram that a peer relayed; see ``Gate/receive(relayed:from:to:now:)``.
    public func receive(
        relayed datagram: [UInt8], from place: Endpoint, to pid: PeerID, now: Instant
    ) -> Gate.Verdict {
        self.gate.withLock { $0.receive(relayed: datagram, from: place, to: pid, now: now) }
    }

    /// Does what an output asks of the gate; see ``Gate/apply(_:now:)``.
    public func apply(_ output: Output, now: Instant) -> [UInt8]? {
        self.gate.withLock { $0.apply(output, now: now) }
    }

    /// The gate's counters.
    public var counters: [(name: String, count: UInt64)] {
        self.gate.withLock { $0.counters }
    }
}
