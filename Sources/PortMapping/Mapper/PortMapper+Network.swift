// SPDX-License-Identifier: Apache-2.0
import Entanglement

extension PortMapper {
    /// Keeps what the new link leaves as it was, gives the rest up, and asks for what is new.
    mutating func move(
        to network: LocalNetwork, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        let old = self.network
        let isSameRouter =
            old.gateway == network.gateway && old.inner?.address == network.inner?.address
        let isSameRouter6 = old.gateway6 == network.gateway6
        self.network = network
        self.network.inner6 = Array(
            network.inner6.filter(\.address.isPublic).prefix(Limits.pinholeCount))
        var kept: [Opening] = []
        for opening in self.openings {
            var opening = opening
            let isIPv6 = opening.inner.address.isIPv6
            let isWanted =
                isIPv6
                ? isSameRouter6 && self.network.inner6.contains(opening.inner)
                : isSameRouter && old.inner == network.inner
            if isWanted {
                if !isSameRouter { opening.changeUPnP(isUsed: self.usesUPnP, &turn) }
                kept.append(opening)
            } else if isSameRouter, !isIPv6 {
                opening.close(&self.upnp, &turn)
                self.remember(opening)
            } else {
                if isSameRouter { self.upnp.delete(opening.inner, &turn) }
                self.remember(opening)
                opening.lose(&turn)
            }
        }
        if !isSameRouter {
            self.upnp.reset(
                gateway: network.inner == nil ? nil : network.gateway,
                source: network.inner?.address)
            self.natpmpEpoch = RouterEpoch(.natpmp)
            self.pcpEpoch = RouterEpoch(.pcp)
        }
        if !isSameRouter6 { self.pcpEpoch6 = RouterEpoch(.pcp) }
        self.upnp.gateway6 = network.gateway6
        self.announcedAt = nil
        self.announcedAt6 = nil
        self.openings = kept
        self.openAll(&turn)
    }

    /// Starts the race of every endpoint that has no lease.
    private mutating func openAll(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        let kept = self.openings
        self.openings = []
        for inner in [self.network.inner].compactMap({ $0 }) + self.network.inner6 {
            if let opening = kept.first(where: { $0.inner == inner }) {
                self.openings.append(opening)
            } else if let opening = self.opening(of: inner, &turn) {
                self.openings.append(opening)
            } else {
                turn.outputs.append(.unavailable(inner))
                continue
            }
            let index = self.openings.count - 1
            guard self.openings[index].lease == nil else { continue }
            self.upnp.keepOpen(inner)
            self.openings[index].refresh(isDoubtful: false, &self.upnp, &turn)
        }
    }

    /// An endpoint's race, by all protocols for which there is a router; `nil` without any.
    private func opening(
        of inner: Endpoint, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) -> Opening? {
        let router = inner.address.isIPv6 ? self.network.gateway6 : self.network.gateway
        guard router != nil || self.usesUPnP else { return nil }
        let pcp = router.map { router in
            self.remembered.first { $0.inner == inner && $0.server.address == router }
                ?? PCPExchange(inner, at: router, using: &turn.generator)
        }
        let natpmp = inner.address.isIPv6 ? nil : router.map { NATPMPExchange(inner, at: $0) }
        return Opening(inner, pcp: pcp, natpmp: natpmp, usesUPnP: self.usesUPnP)
    }

    private var usesUPnP: Bool { self.network.gateway != nil && self.network.inner != nil }

    /// Keeps the nonce of what a router may still have open when we come back to it.
    mutating func remember(_ opening: Opening) {
        guard var exchange = opening.pcp else { return }
        exchange.leave()
        self.remembered.removeAll {
            $0.inner == exchange.inner && $0.server == exchange.server
        }
        self.remembered.append(exchange)
        if self.remembered.count > Limits.rememberedCount { self.remembered.removeFirst() }
    }
}
