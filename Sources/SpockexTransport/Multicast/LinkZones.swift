// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Synchronization

/// By which interface each link-local IPv6 address was heard last (its zone, RFC 4007).
///
/// An endpoint of the protocol has no zone: which interface a peer is behind is this machine's own
/// business. What may be a repetition is noted apart, as in ``AnsweringSockets``.
public final class LinkZones: Sendable {
    private struct Places: Sendable {
        var proved: [IPAddress: UInt32] = [:]
        var claimed: [IPAddress: UInt32] = [:]
    }

    private let places = Mutex(Places())

    /// Nothing is known yet.
    public init() {}

    func note(_ address: IPAddress, zone: UInt32, isProved: Bool) {
        guard zone != 0, address.isIPv6, address.isLinkLocal else { return }
        self.places.withLock { places in
            if isProved {
                Self.put(address, zone, into: &places.proved)
            } else {
                Self.put(address, zone, into: &places.claimed)
            }
        }
    }

    /// The interface to send by; 0: none is known, or the address needs none.
    func zone(of address: IPAddress) -> UInt32 {
        guard address.isIPv6, address.isLinkLocal else { return 0 }
        return self.places.withLock { $0.proved[address] ?? $0.claimed[address] ?? 0 }
    }

    /// Forgets what was heard by interfaces that are gone.
    func keep(_ interfaces: [UInt32]) {
        self.places.withLock { places in
            places.proved = places.proved.filter { interfaces.contains($0.value) }
            places.claimed = places.claimed.filter { interfaces.contains($0.value) }
        }
    }

    /// At the limit all is forgotten, and the next datagram of each tells it anew.
    private static func put(
        _ address: IPAddress, _ zone: UInt32, into places: inout [IPAddress: UInt32]
    ) {
        if places.count >= Limits.zoneCountMax, places[address] == nil {
            places.removeAll(keepingCapacity: true)
        }
        places[address] = zone
    }
}
