// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// What a client asks a router by PCP (RFC 6887 §7.1).
///
/// Version 2, opcode, 2 reserved bytes, lifetime (4 bytes), the client's address (16), then the
/// opcode's data and options; at most 1,100 bytes, a multiple of four.
public struct PCPRequest: Sendable, Equatable {
    /// For how many seconds; 0 deletes.
    public var lifetime: UInt32
    /// The address that the request is sent from, so that a NAT on the way is noticed.
    public var client: IPAddress
    /// The opcode and its data.
    public var content: PCPContent
    /// The options in order; unknown ones that may be passed over are not kept.
    public var options: [PCPOption]

    /// A request of those parts.
    public init(
        lifetime: UInt32, client: IPAddress, content: PCPContent, options: [PCPOption] = []
    ) {
        self.lifetime = lifetime
        self.client = client
        self.content = content
        self.options = options
    }

    /// The bytes to send to the router's port 5351.
    public var encoded: [UInt8] {
        var bytes = [PCPMessage.version, self.content.opcode, 0, 0]
        bytes.append(bigEndian: self.lifetime)
        bytes.append(address: self.client)
        bytes += self.content.encoded
        for option in self.options { bytes += option.encoded }
        precondition(bytes.count <= PCPMessage.byteCountLimit, "too many options to send")
        return bytes
    }

    /// Reads a whole datagram; reserved bytes are ignored (RFC 6887 §7.1).
    public init(parsing bytes: [UInt8]) throws(PCPError) {
        let (opcode, reader) = try PCPMessage.start(of: bytes, isResponse: false)
        var rest = reader
        guard rest.uint16() != nil, let lifetime = rest.uint32(),
            let client = rest.address(byteCount: 16)
        else { throw .badByteCount(bytes.count) }
        self.lifetime = lifetime
        self.client = client
        self.content = try PCPContent(opcode: opcode, from: &rest, of: bytes.count)
        self.options = try PCPOption.all(from: &rest, of: self.content, passesUnknown: false)
    }
}

/// What both directions of PCP have in common.
enum PCPMessage {
    static let version: UInt8 = 2
    static let byteCountLimit = 1100
    static let headerByteCount = 24
    static let responseBit: UInt8 = 128

    /// Checks size, version and direction.
    static func start(
        of bytes: [UInt8], isResponse: Bool
    ) throws(PCPError) -> (opcode: UInt8, rest: FieldReader) {
        var reader = FieldReader(bytes)
        guard let version = reader.uint8(), let opcode = reader.uint8() else {
            throw .badByteCount(bytes.count)
        }
        guard version == Self.version else { throw .badVersion(version) }
        guard (Self.headerByteCount...Self.byteCountLimit).contains(bytes.count),
            bytes.count.isMultiple(of: 4)
        else { throw .badByteCount(bytes.count) }
        guard (opcode & Self.responseBit != 0) == isResponse else { throw .wrongDirection }
        return (opcode & ~Self.responseBit, reader)
    }
}
