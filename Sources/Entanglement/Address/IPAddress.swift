// SPDX-License-Identifier: Apache-2.0

/// An IPv4 or IPv6 address of fixed size, without zone.
///
/// IPv4-mapped IPv6 addresses (`::ffff:0:0/96`) become IPv4 at `init(bytes:)` and are refused in
/// text, so that one host has one value.
public enum IPAddress: Sendable, Hashable {
    /// Four bytes, the first one most significant.
    case v4(UInt32)
    /// Sixteen bytes as two big-endian halves.
    case v6(UInt64, UInt64)

    /// The address of 4 or 16 bytes in network order; nil for any other count.
    public init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4:
            self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            let high = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let low = bytes.dropFirst(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            if high == 0, low >> 32 == 0xffff {
                self = .v4(UInt32(truncatingIfNeeded: low))
            } else {
                self = .v6(high, low)
            }
        default: return nil
        }
    }

    /// The 4 or 16 bytes in network order.
    public var bytes: [UInt8] {
        switch self {
        case .v4(let value):
            return (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
        case .v6(let high, let low):
            return [high, low].flatMap { half in
                (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * $0)) }
            }
        }
    }

    /// Whether this is an IPv6 address.
    public var isIPv6: Bool {
        if case .v6 = self { return true }
        return false
    }

    /// 127.0.0.0/8 or ::1.
    public var isLoopback: Bool {
        switch self {
        case .v4(let value): value >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }

    /// Neither unspecified ("this network", ::), multicast, broadcast nor class E.
    public var isUnicast: Bool {
        switch self {
        case .v4(let value): value >> 24 != 0 && value >> 24 < 224
        case .v6(let high, let low): high >> 56 != 0xff && !(high == 0 && low == 0)
        }
    }

    /// 169.254.0.0/16 or fe80::/10: useless without a zone.
    public var isLinkLocal: Bool {
        switch self {
        case .v4(let value): value >> 16 == 0xa9fe
        case .v6(let high, _): high >> 54 == 0xfe80 >> 6
        }
    }

    /// RFC 1918, RFC 6598 (shared, 100.64.0.0/10) or unique local IPv6 (fc00::/7).
    ///
    /// The documentation ranges count as public.
    public var isPrivate: Bool {
        switch self {
        case .v4(let value):
            value >> 24 == 10 || value >> 20 == 0xac1 || value >> 16 == 0xc0a8
                || value >> 22 == 0x6440 >> 6
        case .v6(let high, _): high >> 57 == 0xfc >> 1
        }
    }

    /// Whether a peer anywhere on the internet could send to it.
    public var isPublic: Bool {
        self.isUnicast && !self.isLoopback && !self.isLinkLocal && !self.isPrivate
            && !self.isDiscardOnly
    }

    /// The network that counts as one voice in a vote about our address: /16 or /32.
    public var votingNetwork: UInt64 {
        switch self {
        case .v4(let value): UInt64(value >> 16)
        case .v6(let high, _): 1 << 63 | high >> 32
        }
    }
}

extension IPAddress: Comparable {
    /// IPv4 before IPv6, then by bytes.
    public static func < (left: IPAddress, right: IPAddress) -> Bool {
        switch (left, right) {
        case (.v4(let left), .v4(let right)): left < right
        case (.v4, .v6): true
        case (.v6, .v4): false
        case (.v6(let leftHigh, let leftLow), .v6(let rightHigh, let rightLow)):
            (leftHigh, leftLow) < (rightHigh, rightLow)
        }
    }
}
