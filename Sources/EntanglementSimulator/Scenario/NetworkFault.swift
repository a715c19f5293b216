// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// What can go wrong with the network that a host is in when it happens.
enum NetworkFault: Sendable {
    /// Its router forgets everything, and may get another address.
    case restart(renumbers: Bool)
    /// The same for the router of its carrier.
    case carrierRestart(renumbers: Bool)
    /// Its prefix of IPv6 is another.
    case prefixChange
    /// Other people fill the table of the outermost router.
    case crowd
    /// Its links are bad.
    case links(LinkConditions)
    /// No larger UDP payload passes.
    case narrow(toByteCount: Int)
    /// Nothing goes out, or nothing comes in.
    case uplinkCut(isOutward: Bool)
    /// Its router drops all UDP.
    case noUDP
}
