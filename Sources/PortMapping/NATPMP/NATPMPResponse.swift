// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// What a router answers, or tells all hosts unasked, by NAT-PMP (RFC 6886 §3.2 to §3.5).
///
/// Version, opcode + 128, result (2 bytes), seconds since start of epoch (4), then the address
/// (4) or the ports and the lifetime (8): 12 or 16 bytes. A failure may end after the seconds.
public struct NATPMPResponse: Sendable, Equatable {
    /// What it says.
    public enum Content: Sendable, Equatable {
        /// The router's address outside; the only content that also comes unasked.
        case externalAddress(IPAddress)
        /// The mapping that now exists.
        case mapped(NATPMP.Mapping)
        /// The request with this opcode was not carried out.
        ///
        /// `mapping` echoes what was asked, if the router says so much.
        case failure(opcode: UInt8, NATPMP.ResultCode, mapping: NATPMP.Mapping?)
    }

    /// Seconds since the router's table was last empty (RFC 6886 §3.6).
    public var epoch: UInt32
    /// What it says.
    public var content: Content

    /// A response of those parts.
    public init(epoch: UInt32, content: Content) {
        self.epoch = epoch
        self.content = content
    }

    /// The bytes to send; an external address that is not IPv4 traps.
    public var encoded: [UInt8] {
        let opcode: UInt8
        var result = NATPMP.ResultCode.success
        var tail: [UInt8] = []
        switch self.content {
        case .externalAddress(let address):
            precondition(!address.isIPv6, "NAT-PMP tells IPv4 addresses only")
            opcode = 0
            tail = address.bytes
        case .mapped(let mapping):
            opcode = mapping.transport.rawValue
            tail = Self.tail(of: mapping)
        case .failure(let request, let why, let mapping):
            opcode = request
            result = why
            tail = mapping.map { Self.tail(of: $0) } ?? []
        }
        var bytes = [NATPMP.version, NATPMP.responseBit | opcode]
        bytes.append(bigEndian: result.rawValue)
        bytes.append(bigEndian: self.epoch)
        return bytes + tail
    }

    /// Reads a whole datagram of exactly the size that its opcode and result have.
    public init(parsing bytes: [UInt8]) throws(NATPMPError) {
        var reader = FieldReader(bytes)
        guard let version = reader.uint8(), let opcode = reader.uint8() else {
            throw .badByteCount(bytes.count)
        }
        guard version == NATPMP.version else { throw .badVersion(version) }
        guard opcode & NATPMP.responseBit != 0 else { throw .badOpcode(opcode) }
        guard let result = reader.uint16(), let epoch = reader.uint32() else {
            throw .badByteCount(bytes.count)
        }
        self.epoch = epoch
        let request = opcode & ~NATPMP.responseBit
        let code = NATPMP.ResultCode(rawValue: result)
        let transport = NATPMP.Transport(rawValue: request)
        if code != .success {
            guard bytes.count == 8 || bytes.count == (transport == nil ? 12 : 16) else {
                throw .badByteCount(bytes.count)
            }
            let mapping = transport.flatMap { Self.mapping($0, from: &reader) }
            self.content = .failure(opcode: request, code, mapping: mapping)
        } else if let transport {
            guard bytes.count == 16, let mapping = Self.mapping(transport, from: &reader) else {
                throw .badByteCount(bytes.count)
            }
            self.content = .mapped(mapping)
        } else {
            guard request == 0 else { throw .badOpcode(opcode) }
            guard bytes.count == 12, let address = reader.address(byteCount: 4) else {
                throw .badByteCount(bytes.count)
            }
            self.content = .externalAddress(address)
        }
    }

    private static func tail(of mapping: NATPMP.Mapping) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: mapping.internalPort)
        bytes.append(bigEndian: mapping.externalPort)
        bytes.append(bigEndian: mapping.lifetime)
        return bytes
    }

    private static func mapping(
        _ transport: NATPMP.Transport, from reader: inout FieldReader
    ) -> NATPMP.Mapping? {
        guard let inner = reader.uint16(), let outer = reader.uint16(),
            let lifetime = reader.uint32()
        else { return nil }
        return NATPMP.Mapping(
            transport: transport, internalPort: inner, externalPort: outer, lifetime: lifetime)
    }
}
