// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// What is compared to tell whether the network changed.
struct NetworkState: Sendable, Equatable {
    /// The addresses of the interfaces.
    var addresses: [IPAddress]
    /// The ways out.
    var routes: [DefaultRoute]

    /// The state now.
    static func current() -> NetworkState {
        NetworkState(
            addresses: InterfaceAddresses.current(), routes: DefaultRoute.current())
    }
}
