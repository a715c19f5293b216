// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// One attribute of a STUN message (RFC 8489 §14).
public enum STUNAttribute: Sendable, Equatable {
    /// MAPPED-ADDRESS: the endpoint in the clear, as servers of RFC 3489 send it.
    case mappedAddress(Endpoint)
    /// XOR-MAPPED-ADDRESS: the endpoint, hidden from routers that rewrite addresses.
    case xorMappedAddress(Endpoint)
    /// ERROR-CODE: 300 to 699, and a reason whose bytes are never shown or trusted.
    case errorCode(Int, reason: [UInt8])
    /// MESSAGE-INTEGRITY: 20 bytes of HMAC-SHA-1, not checked here.
    case messageIntegrity([UInt8])
    /// Any other type with its bytes, without padding.
    case other(type: UInt16, value: [UInt8])

    /// The attribute's number.
    public var type: UInt16 {
        switch self {
        case .mappedAddress: 0x0001
        case .xorMappedAddress: 0x0020
        case .errorCode: 0x0009
        case .messageIntegrity: 0x0008
        case .other(let type, _): type
        }
    }

    /// Whether a receiver that does not know this attribute must give the message up.
    ///
    /// Types below 0x8000 are required (RFC 8489 §14). Known are those of RFC 8489, and the two
    /// addresses that servers of RFC 3489 still add (SOURCE-ADDRESS, CHANGED-ADDRESS).
    public var isUnknownButRequired: Bool {
        self.type < 0x8000 && !Self.knownRequired.contains(self.type)
    }

    private static let knownRequired: [UInt16] = [
        0x0001, 0x0004, 0x0005, 0x0006, 0x0008, 0x0009, 0x000a, 0x0014, 0x0015, 0x001c, 0x001d,
        0x001e, 0x0020,
    ]
}

extension STUNAttribute {
    /// Reads an attribute's value; the transaction is part of the mask of an IPv6 address.
    init(
        type: UInt16, value: ArraySlice<UInt8>, transaction: STUNTransaction
    ) throws(STUNError) {
        switch type {
        case 0x0001:
            guard let endpoint = Self.endpoint(value, mask: nil) else {
                throw .badAttribute(type: type)
            }
            self = .mappedAddress(endpoint)
        case 0x0020:
            guard let endpoint = Self.endpoint(value, mask: transaction.mask) else {
                throw .badAttribute(type: type)
            }
            self = .xorMappedAddress(endpoint)
        case 0x0009:
            let bytes = Array(value)
            guard bytes.count >= 4, (3...6).contains(bytes[2] & 7), bytes[3] < 100 else {
                throw .badAttribute(type: type)
            }
            let code = Int(bytes[2] & 7) * 100 + Int(bytes[3])
            self = .errorCode(code, reason: Array(bytes[4...]))
        case 0x0008:
            guard value.count == 20 else { throw .badAttribute(type: type) }
            self = .messageIntegrity(Array(value))
        default:
            self = .other(type: type, value: Array(value))
        }
    }

    /// The attribute's value without padding.
    func value(transaction: STUNTransaction) -> [UInt8] {
        switch self {
        case .mappedAddress(let endpoint): Self.value(of: endpoint, mask: nil)
        case .xorMappedAddress(let endpoint): Self.value(of: endpoint, mask: transaction.mask)
        case .errorCode(let code, let reason):
            [0, 0, UInt8(truncatingIfNeeded: code / 100), UInt8(truncatingIfNeeded: code % 100)]
                + reason
        case .messageIntegrity(let mac): mac
        case .other(_, let value): value
        }
    }

    /// Reserved byte, family, port, address (RFC 8489 §14.1, §14.2).
    private static func endpoint(_ value: ArraySlice<UInt8>, mask: [UInt8]?) -> Endpoint? {
        let bytes = Array(value)
        guard bytes.count >= 4, bytes.count == (bytes[1] == 1 ? 8 : bytes[1] == 2 ? 20 : 0) else {
            return nil
        }
        let port = Self.masked(bytes[2..<4], mask)
        guard let address = IPAddress(bytes: Self.masked(bytes[4...], mask)) else { return nil }
        return Endpoint(address: address, port: UInt16(port[0]) << 8 | UInt16(port[1]))
    }

    private static func value(of endpoint: Endpoint, mask: [UInt8]?) -> [UInt8] {
        let port = [UInt8(endpoint.port >> 8), UInt8(endpoint.port & 0xff)]
        return [0, endpoint.address.isIPv6 ? 2 : 1] + Self.masked(port[...], mask)
            + Self.masked(endpoint.address.bytes[...], mask)
    }

    private static func masked(_ bytes: ArraySlice<UInt8>, _ mask: [UInt8]?) -> [UInt8] {
        guard let mask else { return Array(bytes) }
        return zip(bytes, mask).map { $0 ^ $1 }
    }
}
