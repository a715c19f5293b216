// SPDX-License-Identifier: Apache-2.0

/// The own addresses and how each is known: interfaces, the person, peers' echoes, the IPgetter.
///
/// An echo is a vote, not a fact (PROTOCOL.md §7.4): only two peers in different networks confirm.
struct OwnAddresses: Sendable {
    /// What the driver told: interfaces with the port, and `--external`.
    private(set) var given: [Candidate] = []
    /// What the IPgetter told last.
    private(set) var asked: Endpoint?
    private var votes: [Vote] = []

    private struct Vote: Sendable {
        let relation: RelationID
        var echo: Endpoint
        var network: UInt64
    }

    /// One known address and how many say so.
    struct Known: Sendable, Equatable {
        var candidate: Candidate
        var confirmedBy: Int
    }

    mutating func set(given: [Candidate]) {
        self.given = given
    }

    mutating func set(asked: Endpoint?) {
        self.asked = asked
    }

    /// Counts what one peer sees; its newest word replaces the former one.
    mutating func vote(_ relation: RelationID, echo: Endpoint, from peer: Endpoint) {
        let network = peer.address.votingNetwork
        if let index = self.votes.firstIndex(where: { $0.relation == relation }) {
            self.votes[index].echo = echo
            self.votes[index].network = network
        } else {
            self.votes.append(Vote(relation: relation, echo: echo, network: network))
        }
    }

    mutating func withdraw(_ relation: RelationID) {
        self.votes.removeAll { $0.relation == relation }
    }

    /// Forgets what was seen from outside: the network changed.
    mutating func forgetSeen() {
        self.votes = []
        self.asked = nil
    }

    /// Everything known, best first: by the person or the router, seen by peers (most voices
    /// first), told by the IPgetter, then the interfaces' own, public ones before private ones.
    var known: [Known] {
        var list = self.given.filter { $0.kind == .mapped }.map {
            Known(candidate: $0, confirmedBy: 1)
        }
        var observed: [Known] = []
        for vote in self.votes
        where !observed.contains(where: { $0.candidate.endpoint == vote.echo }) {
            let networks = Set(self.votes.filter { $0.echo == vote.echo }.map(\.network))
            let kind = self.given.first { $0.endpoint == vote.echo }?.kind ?? .observed
            observed.append(
                Known(
                    candidate: Candidate(endpoint: vote.echo, kind: kind),
                    confirmedBy: networks.count))
        }
        observed.sort {
            ($1.confirmedBy, $0.candidate.endpoint) < ($0.confirmedBy, $1.candidate.endpoint)
        }
        list += observed
        if let asked = self.asked {
            list.append(
                Known(candidate: Candidate(endpoint: asked, kind: .ipgetter), confirmedBy: 1))
        }
        let own = self.given.filter { $0.kind != .mapped }
        list += own.filter(\.endpoint.address.isPublic).map { Known(candidate: $0, confirmedBy: 0) }
        list += own.filter { !$0.endpoint.address.isPublic }.map {
            Known(candidate: $0, confirmedBy: 0)
        }
        var unique: [Known] = []
        for entry in list
        where !unique.contains(where: { $0.candidate.endpoint == entry.candidate.endpoint }) {
            unique.append(entry)
        }
        return unique
    }

    /// Whether anything tells an address that peers elsewhere can reach.
    var knowsExternal: Bool {
        self.known.contains { $0.candidate.endpoint.address.isPublic }
    }

    /// For sealed messages: everything but what a single network's peers claim.
    var published: [Endpoint] {
        Array(
            self.known.filter { $0.candidate.kind != .observed || $0.confirmedBy >= 2 }
                .map(\.candidate.endpoint).prefix(Constants.sealedEndpointCountMax))
    }

    /// For a code: the best external IPv4, the best LAN address, the best IPv6, then the rest.
    var shown: [Endpoint] {
        let endpoints = self.known.map(\.candidate.endpoint)
        let leads = [
            endpoints.first { !$0.address.isIPv6 && $0.address.isPublic },
            endpoints.first { !$0.address.isIPv6 && !$0.address.isPublic },
            endpoints.first { $0.address.isIPv6 && $0.address.isPublic },
        ].compactMap { $0 }
        return Array(
            (leads + endpoints.filter { !leads.contains($0) })
                .prefix(Constants.codeHostCountMax))
    }
}
