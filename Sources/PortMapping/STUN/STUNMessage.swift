// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// A STUN message: what is asked of or answered by a server that tells us our own endpoint.
///
/// RFC 8489 §5: 2 zero bits, class and method, length, magic cookie, 12 bytes of transaction, then
/// attributes padded to four bytes. A FINGERPRINT is checked whenever it is there;
/// MESSAGE-INTEGRITY is only read, as the binding requests of SpockEx carry none.
public struct STUNMessage: Sendable, Equatable {
    /// What kind of message it is.
    public enum Class: UInt8, Sendable, Equatable {
        /// Asks and is answered.
        case request = 0
        /// Tells and is not answered.
        case indication = 1
        /// Answers a request that was carried out.
        case success = 2
        /// Answers a request that was refused.
        case failure = 3
    }

    /// The only method that is used here.
    public static let binding: UInt16 = 1

    /// Longer datagrams are refused unread.
    public static let byteCountLimit = 2048

    static let headerByteCount = 20

    /// What kind of message it is.
    public var messageClass: Class
    /// The method, 12 bits.
    public var method: UInt16
    /// Which question it belongs to.
    public var transaction: STUNTransaction
    /// The attributes in order, without FINGERPRINT.
    public var attributes: [STUNAttribute]

    /// Makes a message from its parts.
    public init(
        _ messageClass: Class, method: UInt16 = Self.binding, transaction: STUNTransaction,
        attributes: [STUNAttribute] = []
    ) {
        self.messageClass = messageClass
        self.method = method
        self.transaction = transaction
        self.attributes = attributes
    }

    /// The endpoint at which the server saw us: the XOR-MAPPED-ADDRESS, else the MAPPED-ADDRESS.
    public var reflexiveEndpoint: Endpoint? {
        var plain: Endpoint?
        for attribute in self.attributes {
            switch attribute {
            case .xorMappedAddress(let endpoint): return endpoint
            case .mappedAddress(let endpoint): plain = plain ?? endpoint
            case .errorCode, .messageIntegrity, .other: continue
            }
        }
        return plain
    }

    /// The bytes to send, with FINGERPRINT at the end unless it is not wanted.
    ///
    /// One port carries STUN and our own packets, so RFC 8489 §7.1 asks for the fingerprint.
    public func encoded(hasFingerprint: Bool = true) -> [UInt8] {
        let type =
            self.method & 0x000f | (self.method & 0x0070) << 1 | (self.method & 0x0f80) << 2
            | UInt16(self.messageClass.rawValue & 1) << 4
            | UInt16(self.messageClass.rawValue >> 1) << 8
        var bytes = Self.bigEndian(type & 0x3fff) + [0, 0] + self.transaction.mask
        for attribute in self.attributes {
            let value = attribute.value(transaction: self.transaction)
            precondition(value.count <= Self.byteCountLimit, "an attribute is too long to send")
            bytes += Self.bigEndian(attribute.type) + Self.bigEndian(UInt16(value.count)) + value
            bytes += [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
        }
        let byteCount = bytes.count + (hasFingerprint ? Self.fingerprintByteCount : 0)
        precondition(byteCount <= Self.byteCountLimit, "the message is too long to send")
        bytes.replaceSubrange(
            2..<4, with: Self.bigEndian(UInt16(byteCount - Self.headerByteCount)))
        if hasFingerprint {
            bytes +=
                Self.bigEndian(Self.fingerprintType) + [0, 4] + Self.fingerprint(of: bytes[...])
        }
        return bytes
    }

    /// Reads a whole datagram; what is not exactly one message is refused.
    ///
    /// Attributes behind MESSAGE-INTEGRITY are passed over (RFC 8489 §14.5).
    public init(
        parsing bytes: [UInt8], demandsFingerprint: Bool = false
    ) throws(STUNError) {
        guard (Self.headerByteCount...Self.byteCountLimit).contains(bytes.count) else {
            throw .badByteCount(bytes.count)
        }
        let type = Self.number(bytes[0..<2])
        guard
            type >> 14 == 0, bytes[4..<8].elementsEqual(STUNTransaction.cookie),
            let transaction = STUNTransaction(bytes: bytes[8..<20]),
            let messageClass = Class(rawValue: UInt8(type >> 4 & 1 | type >> 7 & 2))
        else { throw .notSTUN }
        let length = Int(Self.number(bytes[2..<4]))
        guard length == bytes.count - Self.headerByteCount, length.isMultiple(of: 4) else {
            throw .badLength(length)
        }
        self.init(
            messageClass, method: type & 0x000f | type >> 1 & 0x0070 | type >> 2 & 0x0f80,
            transaction: transaction)
        let hasFingerprint = try self.readAttributes(of: bytes)
        guard hasFingerprint || !demandsFingerprint else { throw .badFingerprint }
    }

    /// Reads all attributes and says whether a right FINGERPRINT was the last one.
    private mutating func readAttributes(of bytes: [UInt8]) throws(STUNError) -> Bool {
        var rest = bytes[Self.headerByteCount...]
        var isSealed = false
        while let start = rest.indices.first {
            let type = Self.number(rest.prefix(2))
            let length = Int(Self.number(rest.dropFirst(2).prefix(2)))
            let value = rest.dropFirst(4).prefix(length)
            guard rest.count >= 4, value.count == length else { throw .badAttribute(type: type) }
            rest = rest.dropFirst(4 + (length + 3) / 4 * 4)
            if type == Self.fingerprintType {
                guard rest.isEmpty, value.elementsEqual(Self.fingerprint(of: bytes[..<start]))
                else { throw .badFingerprint }
                return true
            }
            let attribute = try STUNAttribute(
                type: type, value: value, transaction: self.transaction)
            if !isSealed { self.attributes.append(attribute) }
            if case .messageIntegrity = attribute { isSealed = true }
        }
        return false
    }
}

extension STUNMessage {
    private static let fingerprintType: UInt16 = 0x8028
    private static let fingerprintByteCount = 8

    /// CRC-32 of the message up to the attribute, masked with "STUN" (RFC 8489 §14.7).
    private static func fingerprint(of bytes: ArraySlice<UInt8>) -> [UInt8] {
        var remainder: UInt32 = .max
        for byte in bytes {
            remainder ^= UInt32(byte)
            for _ in 0..<8 {
                remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0xedb8_8320 : 0)
            }
        }
        let fingerprint = ~remainder ^ 0x5354_554e
        return (0..<4).map { UInt8(truncatingIfNeeded: fingerprint >> (24 - 8 * $0)) }
    }

    private static func bigEndian(_ number: UInt16) -> [UInt8] {
        [UInt8(number >> 8), UInt8(number & 0xff)]
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        bytes.reduce(0) { $0 << 8 | UInt16($1) }
    }
}
