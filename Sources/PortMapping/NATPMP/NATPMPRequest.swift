// SPDX-License-Identifier: Apache-2.0

/// What a client asks a router by NAT-PMP (RFC 6886 §3.2, §3.3).
///
/// Version and opcode, one byte each; then, for a mapping, two reserved bytes, the internal and
/// the external port and the lifetime: 2 or 12 bytes.
public enum NATPMPRequest: Sendable, Equatable {
    /// Which address has the router outside?
    case externalAddress
    /// Open, renew or (lifetime 0) delete a mapping.
    case map(NATPMP.Mapping)

    /// The bytes to send to the router's port 5351.
    public var encoded: [UInt8] {
        switch self {
        case .externalAddress: return [NATPMP.version, 0]
        case .map(let mapping):
            var bytes = [NATPMP.version, mapping.transport.rawValue, 0, 0]
            bytes.append(bigEndian: mapping.internalPort)
            bytes.append(bigEndian: mapping.externalPort)
            bytes.append(bigEndian: mapping.lifetime)
            return bytes
        }
    }

    /// Reads a whole datagram; the reserved bytes are ignored (RFC 6886 §3.3).
    public init(parsing bytes: [UInt8]) throws(NATPMPError) {
        var reader = FieldReader(bytes)
        guard let version = reader.uint8(), let opcode = reader.uint8() else {
            throw .badByteCount(bytes.count)
        }
        guard version == NATPMP.version else { throw .badVersion(version) }
        if opcode == 0 {
            guard reader.remainingCount == 0 else { throw .badByteCount(bytes.count) }
            self = .externalAddress
            return
        }
        guard let transport = NATPMP.Transport(rawValue: opcode) else {
            throw .badOpcode(opcode)
        }
        guard bytes.count == 12, reader.uint16() != nil, let inner = reader.uint16(),
            let outer = reader.uint16(), let lifetime = reader.uint32()
        else { throw .badByteCount(bytes.count) }
        self = .map(
            NATPMP.Mapping(
                transport: transport, internalPort: inner, externalPort: outer,
                lifetime: lifetime))
    }
}
