// SPDX-License-Identifier: Apache-2.0

/// A service of a router, and where it takes calls.
public struct UPnPService: Sendable, Hashable {
    /// The services that are used, by their full names.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Port mapping, second generation (with AddAnyPortMapping).
        case connection2 = "urn:schemas-upnp-org:service:WANIPConnection:2"
        /// Port mapping, first generation.
        case connection1 = "urn:schemas-upnp-org:service:WANIPConnection:1"
        /// Port mapping of a router that dials in.
        case pppConnection1 = "urn:schemas-upnp-org:service:WANPPPConnection:1"
        /// Ways through the router's IPv6 firewall.
        case firewall6 = "urn:schemas-upnp-org:service:WANIPv6FirewallControl:1"

        /// Whether it maps ports.
        public var mapsPorts: Bool {
            switch self {
            case .connection2, .connection1, .pppConnection1: true
            case .firewall6: false
            }
        }
    }

    /// What it does.
    public var kind: Kind
    /// Where it takes calls: on the host of the description.
    public var control: HTTPLocation

    /// A service of those parts.
    public init(_ kind: Kind, control: HTTPLocation) {
        self.kind = kind
        self.control = control
    }

    /// The services in a device description, those of ``Kind`` only, at most
    /// ``UPnPLimits/serviceCount``, in the order of their usefulness (that of ``Kind``).
    ///
    /// A service whose control address leads to another host is passed over. The description is
    /// XML of UPnP Device Architecture 1.1 §2.3; URLBase counts if it leads to the same host.
    public static func all(
        in description: [UInt8], from location: HTTPLocation
    ) throws(XMLError) -> [UPnPService] {
        let root = try XMLElement(parsing: description)
        guard root.name == "root" else { return [] }
        let given = root.child("URLBase").flatMap { location.resolve($0.text) }
        let base = given ?? location
        var devices = root.children("device")
        var found: [UPnPService] = []
        // Devices in devices are taken in turn: XML's own depth and count bound the loop.
        while let device = devices.popLast() {
            for service in device.children("serviceList").flatMap({ $0.children("service") }) {
                guard let type = service.child("serviceType"), let kind = Kind(rawValue: type.text),
                    let address = service.child("controlURL"),
                    let control = base.resolve(address.text)
                else { continue }
                let one = UPnPService(kind, control: control)
                let isMore = found.count { $0.kind == kind } < UPnPLimits.serviceCount
                if isMore, !found.contains(one) { found.append(one) }
            }
            devices += device.children("deviceList").flatMap { $0.children("device") }.reversed()
        }
        let ordered = Kind.allCases.flatMap { kind in found.filter { $0.kind == kind } }
        return Array(ordered.prefix(UPnPLimits.serviceCount))
    }

    /// A description with those services, as the simulated router gives it.
    public static func description(of services: [UPnPService]) -> [UInt8] {
        let list = services.map { service in
            XMLElement(
                "service",
                children: [
                    XMLElement("serviceType", text: service.kind.rawValue),
                    XMLElement("controlURL", text: service.control.path),
                ])
        }
        let device = XMLElement(
            "device",
            children: [
                XMLElement("deviceType", text: SSDP.Target.gateway2.rawValue),
                XMLElement("serviceList", children: list),
            ])
        let root = XMLElement("root", children: [device])
        return Array(("<?xml version=\"1.0\"?>" + root.encoded).utf8)
    }
}

extension XMLElement {
    /// The element as text, without white space between.
    var encoded: String {
        let inner = Self.escape(self.text) + self.children.map(\.encoded).joined()
        return "<\(self.name)>\(inner)</\(self.name)>"
    }
}
