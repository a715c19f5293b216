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
    func change(since former: NetworkState) -> Change? {
        self == former ? nil : .network
    }

    /// The state now.
    static func current() -> NetworkState {
        NetworkState(
            addresses: InterfaceAddresses.current(), routes: DefaultRoute.current())
    }
}
