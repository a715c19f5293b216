// SPDX-License-Identifier: Apache-2.0
public import Entanglement

extension SOAPCall {
    /// What a mapping is called in the router's own page.
    static let mappingName = "SpockEx"

    /// GetExternalIPAddress; the answer has ``SOAPAnswer/externalAddress``.
    public static func externalAddress(of service: UPnPService.Kind) -> SOAPCall {
        SOAPCall(service, "GetExternalIPAddress")
    }

    /// AddPortMapping, or with `any` AddAnyPortMapping, which may give another external port.
    ///
    /// Lease in seconds; 0 means without end.
    public static func map(
        _ inner: Endpoint, externalPort: UInt16, lease: UInt32, any: Bool,
        at service: UPnPService.Kind
    ) -> SOAPCall {
        SOAPCall(
            service, any ? "AddAnyPortMapping" : "AddPortMapping",
            Self.key(externalPort) + [
                SOAPArgument("NewInternalPort", "\(inner.port)"),
                SOAPArgument("NewInternalClient", "\(inner.address)"),
                SOAPArgument("NewEnabled", "1"),
                SOAPArgument("NewPortMappingDescription", Self.mappingName),
                SOAPArgument("NewLeaseDuration", "\(lease)"),
            ])
    }

    /// DeletePortMapping of a UDP port.
    public static func unmap(externalPort: UInt16, at service: UPnPService.Kind) -> SOAPCall {
        SOAPCall(service, "DeletePortMapping", Self.key(externalPort))
    }

    /// GetSpecificPortMappingEntry of a UDP port.
    public static func entry(externalPort: UInt16, at service: UPnPService.Kind) -> SOAPCall {
        SOAPCall(service, "GetSpecificPortMappingEntry", Self.key(externalPort))
    }

    /// GetGenericPortMappingEntry: the entries of the router's table, from 0 on.
    public static func entry(index: Int, at service: UPnPService.Kind) -> SOAPCall {
        SOAPCall(
            service, "GetGenericPortMappingEntry",
            [SOAPArgument("NewPortMappingIndex", "\(index)")])
    }

    /// AddPinhole: lets UDP from anywhere through the IPv6 firewall to this endpoint.
    ///
    /// Lease in seconds, 1 to 86,400; asking again for the same endpoint renews.
    public static func openPinhole(to inner: Endpoint, lease: UInt32) -> SOAPCall {
        SOAPCall(
            .firewall6, "AddPinhole",
            [
                SOAPArgument("RemoteHost", ""), SOAPArgument("RemotePort", "0"),
                SOAPArgument("InternalClient", "\(inner.address)"),
                SOAPArgument("InternalPort", "\(inner.port)"),
                SOAPArgument("Protocol", "\(PCPMapping.udp)"),
                SOAPArgument("LeaseTime", "\(lease)"),
            ])
    }

    /// DeletePinhole.
    public static func closePinhole(_ uniqueID: UInt16) -> SOAPCall {
        SOAPCall(.firewall6, "DeletePinhole", [SOAPArgument("UniqueID", "\(uniqueID)")])
    }

    private static func key(_ externalPort: UInt16) -> [SOAPArgument] {
        [
            SOAPArgument("NewRemoteHost", ""),
            SOAPArgument("NewExternalPort", "\(externalPort)"),
            SOAPArgument("NewProtocol", "UDP"),
        ]
    }
}

extension SOAPAnswer {
    /// The address in an answer to GetExternalIPAddress; `nil` if there is none.
    public var externalAddress: IPAddress? {
        self.value("NewExternalIPAddress").flatMap { IPAddress($0) }
    }

    /// The port in an answer to AddAnyPortMapping; `nil` if there is none.
    public var reservedPort: UInt16? {
        self.value("NewReservedPort").flatMap { UInt16($0) }.flatMap { $0 == 0 ? nil : $0 }
    }

    /// The external port of an entry that leads to that endpoint without end and that this program has
    /// made; `nil` for any other entry.
    func leftover(of inner: Endpoint) -> UInt16? {
        guard self.value("NewProtocol") == "UDP",
            self.value("NewInternalClient").flatMap({ IPAddress($0) }) == inner.address,
            self.value("NewInternalPort").flatMap({ UInt16($0) }) == inner.port,
            self.value("NewPortMappingDescription") == SOAPCall.mappingName,
            self.value("NewLeaseDuration") == "0"
        else { return nil }
        return self.value("NewExternalPort").flatMap { UInt16($0) }
    }

    /// The number in an answer to AddPinhole; `nil` if there is none.
    public var uniqueID: UInt16? {
        self.value("UniqueID").flatMap { UInt16($0) }
    }
}
