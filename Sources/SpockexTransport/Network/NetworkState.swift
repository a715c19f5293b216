// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// What is compared to tell whether the network changed.
struct NetworkState: Sendable, Equatable {
    /// The addresses of the interfaces.
    var addresses: [IPAddress]
    /// The ways out.
    var routes: [DefaultRoute]

    /// What another state than before means.
    enum Change: Sendable, Equatable {
        /// Other links, but the same ways out and the same addresses on them.
        case links
        /// Another network.
        case network
    }

    /// What has changed since then.
    ///
    /// Addresses of a link alone come and go with every container. They count where no router leads out:
    /// there they are what peers call.
    func change(since former: NetworkState) -> Change? {
        if self == former { return nil }
        let isSame =
            self.routes == former.routes && !self.routes.isEmpty
            && self.farAddresses == former.farAddresses
        return isSame ? .links : .network
    }

    private var farAddresses: [IPAddress] { self.addresses.filter { !$0.isLinkLocal } }

    /// The state now.
    static func current() -> NetworkState {
        NetworkState(
            addresses: InterfaceAddresses.current(), routes: DefaultRoute.current())
    }
}
