// SPDX-License-Identifier: Apache-2.0

/// Why a peer, or the other side of a pairing, is not reached directly.
///
/// The codes are stable: programs read them in `status --json`. What they mean in words, and what
/// helps, stands in docs/REACHABILITY.md.
public enum Obstacle: String, Sendable, Hashable, CaseIterable {
    /// The search has just begun.
    case searching
    /// This device has no address but loopback.
    case noNetwork
    /// Nothing is known of where the other is.
    case noAddress
    /// One side has IPv4 alone and the other IPv6 alone.
    case noCommonFamily
    /// Questions to outside services and peers all stay unanswered: UDP does not get out.
    case noUDP
    /// The routers of both sides take another random port for each destination.
    case bothRandom
    /// One router takes random ports, and probing has not met it (yet).
    case randomPorts
    /// Nothing comes from any place where the other may be.
    case silent
    /// It is across a bridge, and nobody leads there now.
    case bridge

    /// Whether waiting changes nothing, whatever the other side does.
    var isCertain: Bool {
        switch self {
        case .noNetwork, .noCommonFamily, .noUDP, .bothRandom: true
        case .searching, .noAddress, .randomPorts, .silent, .bridge: false
        }
    }
}

/// What is known when somebody asks why a peer is not reached directly.
struct ReachCircumstances: Sendable {
    /// How long the peer has been looked for.
    var searchedFor: Duration
    /// The own addresses.
    var own: [IPAddress]
    /// Where the peer may be.
    var theirs: [IPAddress]
    /// How the own router maps, as far as known.
    var ownMapping: NATHint?
    /// How the peer's router maps, as far as told.
    var theirMapping: NATHint?
    /// Whether this node listens on loopback on purpose.
    var allowsLoopback = false
    /// Whether all rounds of probing are over.
    var isProbedInVain = false
    /// Whether an outside service was asked and did not answer.
    var isAskedInVain: Bool
    /// Whether anything came from outside the local network since it changed last.
    var isOutsideHeard: Bool

    /// A search younger than this may still succeed by itself.
    static let patience = Duration.seconds(8)

    /// The first obstacle that explains it; the order is from the own device outwards.
    var obstacle: Obstacle {
        if !self.own.contains(where: { !$0.isLoopback || self.allowsLoopback }) {
            return .noNetwork
        }
        if self.theirs.isEmpty { return .noAddress }
        if !self.theirs.contains(where: { self.isFamilyThere($0) }) { return .noCommonFamily }
        if self.isAskedInVain, !self.isOutsideHeard { return .noUDP }
        if self.searchedFor < Self.patience { return .searching }
        switch (self.ownMapping?.isPerDestination, self.theirMapping?.isPerDestination) {
        case (true?, true?): return .bothRandom
        case (true?, _), (_, true?): return self.isProbedInVain ? .randomPorts : .searching
        default: return .silent
        }
    }

    /// Whether this device can send there: IPv6 beyond the local network needs a public address.
    private func isFamilyThere(_ address: IPAddress) -> Bool {
        self.own.contains { own in
            guard own.isIPv6 == address.isIPv6, !own.isLoopback || address.isLoopback else {
                return false
            }
            return !address.isIPv6 || !address.isPublic || own.isPublic
        }
    }
}
