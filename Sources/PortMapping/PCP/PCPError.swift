// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not a PCP message.
///
/// A client drops the datagram whatever it is; a router answers the last four with the result
/// codes 1, 4, 6 and 5 of RFC 6887 §7.4.
public enum PCPError: Error, Equatable, Sendable {
    /// Fewer bytes than the opcode needs, more than 1,100, or no multiple of four.
    case badByteCount(Int)
    /// A request where a response is read, or the other way round.
    case wrongDirection
    /// The version is not 2.
    case badVersion(UInt8)
    /// The opcode is none of ANNOUNCE, MAP and PEER.
    case badOpcode(UInt8)
    /// An option ends after the message, has not its size, or stands where it must not.
    case malformedOption(UInt8)
    /// An option that must be understood (code below 128) is not known.
    case unknownOption(UInt8)
}

/// How a request went (RFC 6887 §7.4); every number but 0 is a failure.
public struct PCPResultCode: RawRepresentable, Sendable, Hashable {
    /// The number on the wire.
    public var rawValue: UInt8

    /// The result with that number.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// It was done.
    public static let success = PCPResultCode(rawValue: 0)
    /// The router does not speak this version.
    public static let unsupportedVersion = PCPResultCode(rawValue: 1)
    /// The router could, but does not allow it; also another nonce's mapping.
    public static let notAuthorized = PCPResultCode(rawValue: 2)
    /// The request could not be read.
    public static let malformedRequest = PCPResultCode(rawValue: 3)
    /// The opcode is not known there.
    public static let unsupportedOpcode = PCPResultCode(rawValue: 4)
    /// An option that must be understood is not.
    public static let unsupportedOption = PCPResultCode(rawValue: 5)
    /// An option could not be read.
    public static let malformedOption = PCPResultCode(rawValue: 6)
    /// The router itself has no network.
    public static let networkFailure = PCPResultCode(rawValue: 7)
    /// The router's table is full.
    public static let noResources = PCPResultCode(rawValue: 8)
    /// The transport protocol is not mapped there.
    public static let unsupportedProtocol = PCPResultCode(rawValue: 9)
    /// This host has too many mappings.
    public static let userExceededQuota = PCPResultCode(rawValue: 10)
    /// The wished endpoint cannot be given, and nothing else was wanted.
    public static let cannotProvideExternal = PCPResultCode(rawValue: 11)
    /// The request came from another address than it says: there is a NAT before the router.
    public static let addressMismatch = PCPResultCode(rawValue: 12)
    /// Too many FILTER options.
    public static let excessiveRemotePeers = PCPResultCode(rawValue: 13)
}
