// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// How a host is joined to the internet; the kinds that the NAT laboratory has, and a few more.
public enum Place: String, Sendable, Hashable, CaseIterable {
    /// A public IPv4 address.
    case publicHost
    /// Behind a router that lets everybody in.
    case fullCone
    /// Behind one that lets in who was sent to, from any port.
    case restricted
    /// Behind a common home router.
    case home
    /// Behind a router with another random port for each destination.
    case symmetric
    /// Behind one with another port for each destination, one after the other.
    case sequential
    /// Behind a home router and a carrier's.
    case carrier
    /// A home router for IPv4, a firewall for IPv6.
    case dualStack
    /// Behind a router with another port for each remote address, which lets in that address alone.
    case addressDependent
    /// Behind a home router that opens ports on request.
    case homeOpen
    /// Behind a home router that does not keep port numbers.
    case homeRemap
    /// Behind a home router through which its own hosts meet at the outer address.
    case homeHairpin
    /// Behind a home router that lets no UDP out, ever.
    case noUDP
    /// Behind a home router and a carrier's with another random port for each destination.
    case carrierSymmetric
    /// A telephone: behind a carrier's router alone.
    case mobile
    /// A telephone behind a carrier's router with another random port for each destination.
    case mobileSymmetric
    /// IPv6 alone, behind a firewall.
    case v6Firewall
    /// A telephone with two interfaces: a home's LAN first, then its carrier.
    case homeAndMobile
    /// Behind a router whose behaviour is drawn, sometimes below a carrier's that is drawn too.
    case anyRouter

    /// A LAN that leads nowhere, as on a plane: link-local addresses, no router.
    case island

    /// All places that lead somewhere.
    public static let connected = Self.allCases.filter { $0 != .island }

    /// Places whose hosts share a LAN in which nobody helps: no hairpin, and codes that may name nothing.
    static let local: [Place] = [
        .island, .home, .homeRemap, .dualStack, .symmetric, .v6Firewall, .noUDP, .carrier,
    ]

    /// Places at which hosts mostly find each other: half of all hosts are at one of them.
    static let common: [Place] = [
        .publicHost, .fullCone, .restricted, .home, .homeOpen, .homeRemap, .dualStack, .carrier,
    ]

    /// The router at home; nil: none, or one that is drawn.
    var home: NATBehavior? {
        switch self {
        case .publicHost, .mobile, .mobileSymmetric, .v6Firewall, .anyRouter, .island: nil
        case .fullCone: .fullCone
        case .restricted: .restricted
        case .home, .homeOpen, .carrier, .carrierSymmetric, .dualStack, .noUDP, .homeAndMobile:
            .home
        case .homeHairpin: .hairpinning
        case .homeRemap: .remapping
        case .addressDependent: .addressDependent
        case .symmetric: .symmetric
        case .sequential: .sequential
        }
    }

    /// The router of the carrier whose customer the host or its home is; nil: none.
    var carrier: NATBehavior? {
        switch self {
        case .carrier: .restricted
        case .mobile, .homeAndMobile: .remapping
        case .carrierSymmetric, .mobileSymmetric: .symmetric
        case .publicHost, .fullCone, .restricted, .home, .homeOpen, .symmetric, .sequential,
            .dualStack, .addressDependent, .homeRemap, .homeHairpin, .noUDP, .v6Firewall,
            .anyRouter, .island:
            nil
        }
    }

    /// Whether hosts there share a LAN.
    var hasHome: Bool {
        switch self {
        case .publicHost, .mobile, .mobileSymmetric: false
        case .fullCone, .restricted, .home, .homeOpen, .symmetric, .sequential, .carrier,
            .dualStack,
            .addressDependent, .homeRemap, .homeHairpin, .noUDP, .carrierSymmetric, .v6Firewall,
            .homeAndMobile, .anyRouter, .island:
            true
        }
    }

    /// Whether the home is a customer of that carrier (otherwise the host is, if there is one).
    var hasCarriedHome: Bool { self == .carrier || self == .carrierSymmetric }

    /// Whether the LAN has public IPv6 addresses behind a firewall.
    var hasIPv6: Bool { self == .dualStack || self == .v6Firewall }
}
