// SPDX-License-Identifier: Apache-2.0

/// What a router answers, or announces to all hosts, by PCP (RFC 6887 §7.2, §14.1).
///
/// Version 2, opcode + 128, a reserved byte, result, lifetime (4 bytes), epoch (4), 12 reserved
/// bytes, then the opcode's data and options. Whether the nonce is the right one is for the
/// reader to see: the message does not know what was asked.
public struct PCPResponse: Sendable, Equatable {
    /// How it went.
    public var result: PCPResultCode
    /// Seconds: how long the mapping lasts, or for how long to expect the same failure.
    public var lifetime: UInt32
    /// Seconds since the router's table was last empty (RFC 6887 §8.5).
    public var epoch: UInt32
    /// The opcode and its data.
    public var content: PCPContent
    /// The options in order.
    public var options: [PCPOption]

    /// A response of those parts.
    public init(
        result: PCPResultCode = .success, lifetime: UInt32, epoch: UInt32, content: PCPContent,
        options: [PCPOption] = []
    ) {
        self.result = result
        self.lifetime = lifetime
        self.epoch = epoch
        self.content = content
        self.options = options
    }

    /// The bytes to send.
    public var encoded: [UInt8] {
        var bytes = [
            PCPMessage.version, PCPMessage.responseBit | self.content.opcode, 0,
            self.result.rawValue,
        ]
        bytes.append(bigEndian: self.lifetime)
        bytes.append(bigEndian: self.epoch)
        bytes += [UInt8](repeating: 0, count: 12) + self.content.encoded
        for option in self.options { bytes += option.encoded }
        precondition(bytes.count <= PCPMessage.byteCountLimit, "too many options to send")
        return bytes
    }

    /// Reads a whole datagram; a failure must carry its opcode's data as well.
    ///
    /// Stricter than RFC 6887 §7.4, which lets a failure be as short as its header: without the
    /// nonce nobody could tell whose failure it is.
    public init(parsing bytes: [UInt8]) throws(PCPError) {
        let (opcode, reader) = try PCPMessage.start(of: bytes, isResponse: true)
        var rest = reader
        guard rest.uint8() != nil, let result = rest.uint8(), let lifetime = rest.uint32(),
            let epoch = rest.uint32(), rest.take(12) != nil
        else { throw .badByteCount(bytes.count) }
        self.result = PCPResultCode(rawValue: result)
        self.lifetime = lifetime
        self.epoch = epoch
        self.content = try PCPContent(opcode: opcode, from: &rest, of: bytes.count)
        self.options = try PCPOption.all(
            from: &rest, of: self.content, passesUnknown: self.result != .success)
    }
}
