// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexAPI

extension CauseRow {
    init(_ obstacle: Obstacle) {
        let (sentence, hint) = Self.words(obstacle)
        self.init(code: obstacle.rawValue, sentence: sentence, hint: hint)
    }

    private static func words(_ obstacle: Obstacle) -> (sentence: String, hint: String) {
        switch obstacle {
        case .searching:
            ("The search has just begun.", "Wait a few seconds.")
        case .noNetwork:
            (
                "This device is in no network.",
                "Join a network; the search goes on by itself."
            )
        case .noAddress:
            (
                "No address of the other side is known.",
                "Show each other fresh codes, with --host or --ipgetter on one side."
            )
        case .noCommonFamily:
            (
                "One side has only IPv4 and the other only IPv6.",
                "Join a network that has both, or let a common peer that has both relay."
            )
        case .noUDP:
            (
                "Nothing comes back from outside: this network seems to let no UDP through.",
                "Try another network, such as a phone's hotspot."
            )
        case .bothRandom:
            (
                "The routers of both sides take a random port for each connection.",
                "Switch on port mapping (UPnP) in one of the routers, or meet a common peer."
            )
        case .randomPorts:
            (
                "One side's router takes a random port for each connection, and probing has not "
                    + "met it yet.",
                "Wait for the next attempt, change one side's network, or switch on port mapping "
                    + "(UPnP) in the router."
            )
        case .silent:
            (
                "Nothing comes from any place where the other side may be.",
                "See whether the other device is on and in a network; if it is, its router or "
                    + "firewall keeps this one out: port mapping or a common peer helps. If it has moved and "
                    + "nobody knows where to, show each other fresh codes; one member of its cluster is enough."
            )
        case .bridge:
            (
                "It is across a bridge, and nobody leads there now.",
                "See `spockex bridges`: whoever is the bridge's end on this side must be connected; "
                    + "if it is, the end on the other side, or the peer itself, is away."
            )
        }
    }
}
