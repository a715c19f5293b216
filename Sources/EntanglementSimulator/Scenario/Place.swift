// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// How a host is joined to the internet.
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

    var behavior: NATBehavior? {
        switch self {
        case .publicHost: nil
        case .fullCone: .fullCone
        case .restricted: .restricted
        case .home, .carrier, .dualStack: .home
        case .symmetric: .symmetric
        case .sequential: .sequential
        }
    }
}
