// SPDX-License-Identifier: Apache-2.0

/// What somebody across was told of the own addresses.
struct ToldPlaces: Sendable {
    let endpoints: [Endpoint]
    let at: Instant
    let sequence: UInt32
}

// The own addresses as those across bridges are told (PROTOCOL.md §14.8).
extension Node {
    /// Who is across is told what the interfaces, the person and the router tell, and where those see this node
    /// who carry between the two: no other peer is noticed by it.
    mutating func announceAcross(_ turn: inout Turn) {
        guard self.own.hasNewsAcross else { return }
        self.own.hasNewsAcross = false
        turn.given = self.own.given
        for id in self.ids {
            guard let relation = self.relations[id], relation.leadsAcross else { continue }
            let seen = relation.seeking.relays.compactMap { self.own.echo(of: $0.helper) }
            self.update(id, &turn) {
                if $0.isCrossing { $0.seenPlaces = seen }
                $0.tellPlaces(&$1)
            }
        }
    }
}

extension Relation {
    /// Where this node may be reached, for somebody across.
    func ownEndpointsAcross(_ turn: Turn) -> [Endpoint] {
        guard self.mayTellAddresses else { return [] }
        let mapped = turn.given.filter { $0.kind == .mapped }.map(\.endpoint)
        let others = turn.given.filter { $0.kind != .mapped }.map(\.endpoint)
        var places: [Endpoint] = []
        for place in mapped + self.seenPlaces + others where !places.contains(place) {
            if place.address.isPublic || !self.isCrossing { places.append(place) }
        }
        return Array(places.prefix(Constants.sealedEndpointCountMax))
    }

    /// Tells what has changed, until it is acknowledged; not oftener than once in 5 s, since one who carries may
    /// see another place each time.
    mutating func tellPlaces(_ turn: inout Turn) {
        self.tellingAt = nil
        guard self.record.phase == .trusted, self.duty != .farewell, self.mayTellAddresses else {
            return
        }
        let places = self.ownEndpointsAcross(turn)
        guard places != (self.toldAcross?.endpoints ?? []) else { return }
        if let told = self.toldAcross, turn.instant - told.at < Constants.tellingInterval {
            self.tellingAt = told.at + Constants.tellingInterval
            return
        }
        // A number of its own: how much others are told is no business of the other.
        let former = max(self.toldAcross?.sequence ?? 0, self.unacknowledgedAddresses ?? 0)
        let sequence = max(former &+ 1, Node.firstSequence(turn.wall))
        self.toldAcross = ToldPlaces(endpoints: places, at: turn.instant, sequence: sequence)
        if !turn.has(.addressesToldOnce) { self.unacknowledgedAddresses = sequence }
        self.send(.addresses(sequence: sequence, places), &turn)
    }
}

extension Constants {
    /// Somebody across is told other places not sooner than after this time.
    static let tellingInterval = Duration.seconds(5)
}
