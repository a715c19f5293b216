// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Logging
import SpockexTransport

// Another way out is preferred and the former one is still there (docs/decisions/0017).
extension NodeDriver {
    /// Before the core hears of the change, so that what it says because of it goes both ways.
    func keepFormerWay(now: Moment) {
        let before = self.formerWays.interface
        self.formerWays.change(to: DefaultRoute.currentIPv4(), now: now.instant) {
            self.node.directPaths(now: now)
        }
        guard let interface = self.formerWays.interface, interface != before else { return }
        self.logger.debug("the former way is kept", metadata: ["interface": "\(interface)"])
    }

    /// Peers that see this node at its new place are served by the new way alone.
    func leaveFormerWay(now: Moment) {
        guard self.formerWays.interface != nil else { return }
        self.formerWays.note(self.node.directPaths(now: now), now: now.instant)
    }

    /// Nobody tells of the new place: an outside service is asked, if there is one.
    func askByNewWay(now: Moment, into outputs: inout [Output]) {
        guard self.formerWays.mustAsk(now: now.instant), self.ipgetter.mayAsk,
            !FormerWays.isPlaceKnown(
                external: self.settings.external + self.opener.external,
                own: self.formerWays.preferred.map { InterfaceAddresses.current(of: $0) } ?? [])
        else { return }
        self.follow(self.ipgetter.gather(now: now.instant), now: now, into: &outputs)
    }

    /// Sends by the former way too what goes to a peer that needs it; sealed anew, for a repeated
    /// packet counts once.
    func sendByFormerWay(to endpoint: Endpoint, _ datagram: () -> [UInt8]?) {
        guard self.formerWays.serves(endpoint),
            let way = self.formerWays.interface.flatMap({ WayOut(interface: $0) }),
            let bytes = datagram()
        else { return }
        self.sockets.send(bytes, to: endpoint, by: way)
    }
}
