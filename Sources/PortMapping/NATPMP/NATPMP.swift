// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// The numbers of NAT-PMP that requests and answers share (RFC 6886 §3).
///
/// PCP has the same ports and the same IPv4 group (RFC 6887 §19).
public enum NATPMP {
    /// The router's UDP port.
    public static let serverPort: UInt16 = 5351
    /// The UDP port at which clients hear announcements.
    public static let announcementPort: UInt16 = 5350
    /// The group that announcements are sent to: all hosts of the link.
    public static let announcementGroup = IPAddress.v4(0xe000_0001)
    /// The IPv6 group that announcements are sent to: all nodes of the link.
    public static let announcementGroup6 = IPAddress.v6(0xff02_0000_0000_0000, 1)

    static let version: UInt8 = 0
    static let responseBit: UInt8 = 128

    /// What a mapping is for; the number is the opcode.
    public enum Transport: UInt8, Sendable, Equatable, CaseIterable {
        /// UDP, the only one that SpockEx asks for.
        case udp = 1
        /// TCP.
        case tcp = 2
    }

    /// What a mapping request asks for and its answer grants.
    public struct Mapping: Sendable, Equatable {
        /// UDP or TCP.
        public var transport: Transport
        /// The port of the host behind the router.
        public var internalPort: UInt16
        /// The router's port: a wish in a request (0: any), the truth in an answer.
        public var externalPort: UInt16
        /// Seconds; 0 in a request deletes.
        public var lifetime: UInt32

        /// A mapping of those parts.
        public init(
            transport: Transport = .udp, internalPort: UInt16, externalPort: UInt16,
            lifetime: UInt32
        ) {
            self.transport = transport
            self.internalPort = internalPort
            self.externalPort = externalPort
            self.lifetime = lifetime
        }
    }

    /// How a request went (RFC 6886 §3.5); every number but 0 is a failure.
    public struct ResultCode: RawRepresentable, Sendable, Hashable {
        /// The number on the wire.
        public var rawValue: UInt16

        /// The result with that number.
        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        /// It was done.
        public static let success = ResultCode(rawValue: 0)
        /// The router does not speak this version; it answers PCP so too.
        public static let unsupportedVersion = ResultCode(rawValue: 1)
        /// The router could, but its owner does not allow it.
        public static let notAuthorized = ResultCode(rawValue: 2)
        /// The router itself has no address yet.
        public static let networkFailure = ResultCode(rawValue: 3)
        /// The router's table is full.
        public static let outOfResources = ResultCode(rawValue: 4)
        /// The router does not know this opcode.
        public static let unsupportedOpcode = ResultCode(rawValue: 5)
    }
}

/// Why bytes are not a NAT-PMP packet.
///
/// All of them have one fate at a client: the datagram is dropped.
public enum NATPMPError: Error, Equatable, Sendable {
    /// The packet has not the size of its opcode.
    case badByteCount(Int)
    /// The version is not 0.
    case badVersion(UInt8)
    /// The opcode is not known, or is one of the other direction.
    case badOpcode(UInt8)
}
