// SPDX-License-Identifier: Apache-2.0

/// Why a router did not carry a SOAP call out (WANIPConnection:2 §2.5, WANIPv6FirewallControl:1).
public struct UPnPErrorCode: RawRepresentable, Sendable, Hashable {
    /// The number in the fault.
    public var rawValue: Int

    /// The error with that number.
    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// There is no such action.
    public static let invalidAction = UPnPErrorCode(rawValue: 401)
    /// An argument is missing or wrong.
    public static let invalidArguments = UPnPErrorCode(rawValue: 402)
    /// It did not work.
    public static let actionFailed = UPnPErrorCode(rawValue: 501)
    /// The action is optional and not there.
    public static let notImplemented = UPnPErrorCode(rawValue: 602)
    /// The router's owner does not allow it.
    public static let notAuthorized = UPnPErrorCode(rawValue: 606)
    /// The router lets nobody open pinholes.
    public static let inboundPinholeNotAllowed = UPnPErrorCode(rawValue: 703)
    /// There is no such pinhole.
    public static let noSuchPinhole = UPnPErrorCode(rawValue: 704)
    /// There is no such mapping.
    public static let noSuchEntry = UPnPErrorCode(rawValue: 714)
    /// Somebody else has this external port.
    public static let conflict = UPnPErrorCode(rawValue: 718)
    /// External and internal port must be the same number.
    public static let samePortRequired = UPnPErrorCode(rawValue: 724)
    /// The router knows only mappings without end: ask again with lease 0.
    public static let onlyPermanentLeases = UPnPErrorCode(rawValue: 725)
    /// The router's table is full.
    public static let noMappingsAvailable = UPnPErrorCode(rawValue: 728)
    /// Something else of the router has this external port.
    public static let conflictWithOtherMechanism = UPnPErrorCode(rawValue: 729)
}
