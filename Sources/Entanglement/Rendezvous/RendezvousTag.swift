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

/// A tag as a helper shows it to those who may not share it: only who knows the tag can tell.
public struct VeiledTag: Identifier {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// The veiled tag of those sixteen bytes.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

extension RendezvousTag {
    /// The first 16 bytes of HMAC-SHA-256(tag, "spockex/1 sought" | nonce).
    func veiled(nonce: UInt64, _ primitives: any Primitives) -> VeiledTag {
        var writer = ByteWriter()
        writer.put("spockex/1 sought".utf8)
        writer.put(nonce)
        let mac = primitives.hmac(writer.bytes, key: Secret(self.bytes))
        func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
            bytes.reduce(0) { $0 << 8 | UInt64($1) }
        }
        return VeiledTag(high: word(mac[0..<8]), low: word(mac[8..<16]))
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
