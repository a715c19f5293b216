// SPDX-License-Identifier: Apache-2.0

/// By what a common peer finds that two of its peers look for each other (PROTOCOL.md §8.9).
///
/// Both sides of one relation derive it, and nobody else can.
public struct RendezvousTag: Identifier {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// The tag of those sixteen bytes.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

extension KeySchedule {
    /// HKDF-Expand(psk, "spockex/1 common peer", 16): the same in both directions.
    func rendezvousTag(psk: Secret) -> RendezvousTag? {
        let label = Array("spockex/1 common peer".utf8)
        return self.primitives.expand(psk, label: label, byteCount: 16)
            .withBytes { RendezvousTag(bytes: $0) }
    }
}
