// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// The part of MAP and PEER that requests and responses share (RFC 6887 §11.1, §12.1).
///
/// Nonce (12 bytes), protocol, 3 reserved bytes, internal port, external port, external address
/// (16, an IPv4 one as `::ffff:0:0/96`): 36 bytes.
public struct PCPMapping: Sendable, Equatable {
    /// The protocol number of UDP.
    public static let udp: UInt8 = 17

    /// Whose mapping it is.
    public var nonce: PCPNonce
    /// The number of the transport protocol; 0 means all of them.
    public var transport: UInt8
    /// The port of the host behind the router.
    public var internalPort: UInt16
    /// The router's endpoint: a wish in a request, the truth in a response.
    public var external: Endpoint

    /// A mapping of those parts.
    public init(
        nonce: PCPNonce, transport: UInt8 = Self.udp, internalPort: UInt16, external: Endpoint
    ) {
        self.nonce = nonce
        self.transport = transport
        self.internalPort = internalPort
        self.external = external
    }
}

/// What a PCP message is about: its opcode and the opcode's data.
public enum PCPContent: Sendable, Equatable {
    /// ANNOUNCE: only the header matters (RFC 6887 §14.1).
    case announce
    /// MAP: a way in for everybody, or through a firewall (RFC 6887 §11).
    case map(PCPMapping)
    /// PEER: a way in for one peer; read, never asked for (RFC 6887 §12).
    case peer(PCPMapping, remote: Endpoint)

    /// The opcode on the wire, without the bit that marks responses.
    public var opcode: UInt8 {
        switch self {
        case .announce: 0
        case .map: 1
        case .peer: 2
        }
    }

    var encoded: [UInt8] {
        switch self {
        case .announce: return []
        case .map(let mapping): return Self.encode(mapping)
        case .peer(let mapping, let remote):
            var bytes = Self.encode(mapping)
            bytes.append(bigEndian: remote.port)
            bytes += [0, 0]
            bytes.append(address: remote.address)
            return bytes
        }
    }

    /// Reads the data of an opcode; reserved bytes are ignored.
    init(opcode: UInt8, from reader: inout FieldReader, of byteCount: Int) throws(PCPError) {
        switch opcode {
        case 0: self = .announce
        case 1:
            guard let mapping = Self.mapping(from: &reader) else {
                throw .badByteCount(byteCount)
            }
            self = .map(mapping)
        case 2:
            guard let mapping = Self.mapping(from: &reader), let port = reader.uint16(),
                reader.uint16() != nil, let address = reader.address(byteCount: 16)
            else { throw .badByteCount(byteCount) }
            self = .peer(mapping, remote: Endpoint(address: address, port: port))
        default: throw .badOpcode(opcode)
        }
    }

    private static func encode(_ mapping: PCPMapping) -> [UInt8] {
        var bytes = mapping.nonce.bytes + [mapping.transport, 0, 0, 0]
        bytes.append(bigEndian: mapping.internalPort)
        bytes.append(bigEndian: mapping.external.port)
        bytes.append(address: mapping.external.address)
        return bytes
    }

    private static func mapping(from reader: inout FieldReader) -> PCPMapping? {
        guard let raw = reader.take(12), let nonce = PCPNonce(bytes: raw),
            let transport = reader.uint8(), reader.take(3) != nil, let inner = reader.uint16(),
            let outer = reader.uint16(), let address = reader.address(byteCount: 16)
        else { return nil }
        return PCPMapping(
            nonce: nonce, transport: transport, internalPort: inner,
            external: Endpoint(address: address, port: outer))
    }
}
