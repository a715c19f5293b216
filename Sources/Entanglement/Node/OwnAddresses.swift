// SPDX-License-Identifier: Apache-2.0

/// The own addresses and how each is known: interfaces, the person, peers' echoes, the IPgetter.
///
/// An echo is a vote, not a fact (PROTOCOL.md §7.4): only two peers in different networks confirm.
struct OwnAddresses: Sendable {
    /// What the driver told: interfaces with the port, and `--external`.
    private(set) var given: [Candidate] = []
    /// Where the router said last that it is, of each family.
    private var mappedLast: [IPAddress] = []
    /// What the IPgetter told last in this network, and whether the router's mapping is kept alive for it.
    private var told: (endpoint: Endpoint, isKeptAlive: Bool)?
    private var estimate = NATEstimate()
    private var votes: [Vote] = []
    /// Where in `votes` each relation's is.
    private var places: [RelationID: Int] = [:]

    private struct Vote: Sendable, Equatable {
        let relation: RelationID
        var echo: Endpoint
        var network: UInt64
        /// The peer's address, and when it spoke last; nil: it sees another socket than others.
        var witness: Witness?
        /// Whether the peer is lost: perhaps because this is not true any more.
        var isStale = false
        /// Whether the peer is not connected.
        var isSilent = false

        /// Whether it says now that the node is somewhere else than there.
        func contradicts(_ endpoint: Endpoint) -> Bool {
            !self.isStale && !self.isSilent && self.echo.address.isPublic && self.echo != endpoint
                && self.echo.address.isIPv6 == endpoint.address.isIPv6
        }
    }

    private struct Witness: Sendable, Equatable {
        let address: IPAddress
        let at: Instant
    }

    /// Whether those across bridges may have to be told other places (PROTOCOL.md §14.8).
    var hasNewsAcross = false

    /// One known address and how many say so.
    struct Known: Sendable, Equatable {
        var candidate: Candidate
        var confirmedBy: Int
    }

    /// Everything known, best first: by the person or the router, seen by peers (most voices
    /// first), told by the IPgetter, then the interfaces' own, public ones before private ones.
    private(set) var known: [Known] = [] {
        didSet { self.published = self.published(voices: 2) }
    }

    /// For sealed messages: everything but what a single network's peers claim.
    private(set) var published: [Endpoint] = []

    mutating func set(given: [Candidate]) {
        self.given = given
        self.hasNewsAcross = true
        self.endFormerMappings()
        self.known = self.ranked()
    }

    /// The router says that it is at another address now: what was seen where it was is over, however long it
    /// said nothing in between.
    private mutating func endFormerMappings() {
        let present = self.given.filter { $0.kind == .mapped }.map(\.endpoint.address)
        let gone = self.mappedLast.filter { address in
            !present.contains(address) && present.contains { $0.isIPv6 == address.isIPv6 }
        }
        self.mappedLast =
            present
            + self.mappedLast.filter { address in
                !present.contains { $0.isIPv6 == address.isIPv6 }
            }
        guard !gone.isEmpty else { return }
        if self.told.map({ gone.contains($0.endpoint.address) }) ?? false { self.told = nil }
        self.votes.removeAll { gone.contains($0.echo.address) }
        self.places = [:]
        for position in self.votes.indices { self.places[self.votes[position].relation] = position }
    }

    /// What the IPgetter told, as long as its mapping is kept alive, or a connected peer sees it.
    private var asked: Endpoint? {
        self.told.flatMap { told in
            let isTrue =
                told.isKeptAlive
                || self.votes.contains {
                    !$0.isStale && !$0.isSilent && $0.echo == told.endpoint
                }
            return isTrue ? told.endpoint : nil
        }
    }

    /// What is not kept alive and what a peer contradicts is over: nobody alone brings it back.
    private mutating func endContradicted() {
        guard let told, !told.isKeptAlive else { return }
        if self.votes.contains(where: { $0.contradicts(told.endpoint) }) { self.told = nil }
    }

    mutating func set(asked endpoint: Endpoint?) {
        self.told = endpoint.map { ($0, true) }
        self.known = self.ranked()
    }

    /// Nothing keeps alive any more what the IPgetter told.
    mutating func lapse() {
        self.told?.isKeptAlive = false
        self.endContradicted()
        self.known = self.ranked()
    }

    /// A peer is not connected any more: what it saw is no proof of what the IPgetter told.
    mutating func silence(_ relation: RelationID) {
        guard let index = self.places[relation], !self.votes[index].isSilent else { return }
        self.votes[index].isSilent = true
        if self.told?.endpoint == self.votes[index].echo { self.known = self.ranked() }
    }

    /// Takes the word of the IPgetter's servers: where a port is seen that is another one for each of
    /// them, the last one goes with the address (PROTOCOL.md §8.8).
    mutating func set(answer: IPgetterAnswer) {
        switch answer {
        case .seen(let endpoint, let count) where !endpoint.isRelay:
            self.estimate.note(seen: [Endpoint](repeating: endpoint, count: min(count, 2)))
            self.set(asked: endpoint)
        case .perDestination(let endpoints) where !endpoints.contains(where: \.isRelay):
            self.estimate.note(seen: endpoints)
            self.set(asked: endpoints.last)
        case .seen, .perDestination, .nothing, .unclear: break
        }
    }

    /// How the own router maps; nil: nothing tells.
    var hint: NATHint? {
        let isPublic = self.given.contains {
            $0.kind == .lan && !$0.endpoint.address.isIPv6 && $0.endpoint.address.isPublic
        }
        return isPublic ? .open : self.estimate.hint
    }

    /// Counts what one peer sees; its newest word replaces the former one.
    ///
    /// `at` is nil where the peer sees a socket of its own, which says nothing about other ports.
    mutating func vote(
        _ relation: RelationID, echo: Endpoint, from peer: Endpoint, at now: Instant? = nil
    ) {
        let witness = now.map { Witness(address: peer.address, at: $0) }
        self.compare(echo, of: witness)
        let vote = Vote(
            relation: relation, echo: echo, network: peer.address.votingNetwork, witness: witness)
        if self.echo(of: relation) != echo { self.hasNewsAcross = true }
        if let index = self.places[relation] {
            let former = self.votes[index]
            self.votes[index] = vote
            let isKnown =
                former.echo == vote.echo && former.network == vote.network && !former.isStale
            guard !isKnown || former.isSilent else { return }
        } else {
            self.places[relation] = self.votes.count
            self.votes.append(vote)
        }
        self.endContradicted()
        self.known = self.ranked()
    }

    /// What different peers see within a minute tells how the router maps.
    private mutating func compare(_ echo: Endpoint, of witness: Witness?) {
        guard let witness else { return }
        let others = self.votes.filter { vote in
            vote.witness.map {
                $0.address != witness.address && witness.at - $0.at < NATEstimate.voteSpan
            } ?? false
        }
        self.estimate.note(echo: echo, others: others.map(\.echo))
    }

    /// Where one peer saw this node last; nil: it said nothing since the network changed.
    func echo(of relation: RelationID) -> Endpoint? {
        self.places[relation].map { self.votes[$0].echo }
    }

    /// What lost peers saw counts less than anything else, until they say it again.
    mutating func doubt(_ isLost: (RelationID) -> Bool) {
        var hasChanged = false
        for index in self.votes.indices where !self.votes[index].isStale {
            guard isLost(self.votes[index].relation) else { continue }
            self.votes[index].isStale = true
            hasChanged = true
        }
        if hasChanged { self.known = self.ranked() }
    }

    mutating func withdraw(_ relation: RelationID) {
        guard let index = self.places.removeValue(forKey: relation) else { return }
        self.votes.remove(at: index)
        for later in index..<self.votes.count { self.places[self.votes[later].relation] = later }
        self.known = self.ranked()
    }

    /// Forgets what was seen from outside: the network changed.
    mutating func forgetSeen() {
        self.votes = []
        self.places = [:]
        self.hasNewsAcross = true
        self.told = nil
        self.mappedLast = []
        self.estimate.forget()
        self.known = self.ranked()
    }

    /// What peers see, each endpoint once, with the number of networks that see it; of lost ones alone, or
    /// of all others.
    private func observed(isStale: Bool) -> [Known] {
        var found: [Known] = []
        var positions: [Endpoint: Int] = [:]
        var networks: [Set<UInt64>] = []
        let asked = self.asked
        for vote in self.votes where vote.isStale == isStale {
            if let position = positions[vote.echo] {
                networks[position].insert(vote.network)
                continue
            }
            positions[vote.echo] = found.count
            networks.append([vote.network])
            let isAsked = vote.echo == asked
            let kind =
                self.given.first { $0.endpoint == vote.echo }?.kind
                ?? (isAsked ? .ipgetter : .observed)
            found.append(
                Known(
                    candidate: Candidate(endpoint: vote.echo, kind: kind),
                    confirmedBy: isAsked ? 1 : 0))
        }
        for position in found.indices { found[position].confirmedBy += networks[position].count }
        return found.sorted {
            ($1.confirmedBy, $0.candidate.endpoint) < ($0.confirmedBy, $1.candidate.endpoint)
        }
    }

    private func ranked() -> [Known] {
        var list = self.given.filter { $0.kind == .mapped }.map {
            Known(candidate: $0, confirmedBy: 1)
        }
        list += self.observed(isStale: false)
        if let asked = self.asked {
            list.append(
                Known(candidate: Candidate(endpoint: asked, kind: .ipgetter), confirmedBy: 1))
        }
        list += self.observed(isStale: true)
        let own = self.given.filter { $0.kind != .mapped }
        list += own.filter(\.endpoint.address.isPublic).map { Known(candidate: $0, confirmedBy: 0) }
        list += own.filter { !$0.endpoint.address.isPublic }.map {
            Known(candidate: $0, confirmedBy: 0)
        }
        var seen: Set<Endpoint> = []
        return list.filter { seen.insert($0.candidate.endpoint).inserted }
    }

    /// Whether anything tells an address that peers elsewhere can reach.
    ///
    /// A public IPv6 address is not enough where IPv4 goes through a router: most peers have IPv4.
    var knowsExternal: Bool {
        let stale = self.votes.filter(\.isStale).map(\.echo)
        let fresh = self.votes.filter { !$0.isStale }.map(\.echo)
        let asked = self.asked
        let addresses = self.known.map(\.candidate.endpoint).filter {
            $0 == asked || fresh.contains($0) || !stale.contains($0)
        }.map(\.address)
        let hasIPv4 = addresses.contains { !$0.isIPv6 && !$0.isLoopback }
        return addresses.contains { $0.isPublic && $0.isIPv6 != hasIPv4 }
    }

    /// Whether somebody outside answered since the network changed last.
    var isSeenFromOutside: Bool {
        self.asked != nil
            || self.votes.contains { vote in
                // A neighbour on the same network sees an interface's own address.
                vote.echo.address.isPublic
                    && !self.given.contains {
                        $0.kind != .mapped && $0.endpoint.address == vote.echo.address
                    }
            }
    }

    /// Everything but what peers in fewer networks claim.
    func published(voices: Int) -> [Endpoint] {
        Array(
            self.known.filter { $0.candidate.kind != .observed || $0.confirmedBy >= voices }
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
