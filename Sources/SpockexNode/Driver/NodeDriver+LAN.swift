// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexTransport

extension NodeDriver {
    /// The sockets of the groups; nil when no hellos are said.
    static func multicast(
        _ ports: HelloPorts?, bound: [Endpoint], _ queue: InputQueue, _ zones: LinkZones
    ) async -> MulticastSockets? {
        guard ports != nil else { return nil }
        return await MulticastSockets(
            bound: bound.filter { !$0.address.isLoopback }, zones: zones
        ) { bytes, source in
            queue.offer(.hello(bytes, from: source))
        }
    }

    /// Joins the groups on the interfaces of this moment, and tells the core whether there are any.
    func joinLAN(now: Moment, into outputs: inout [Output]) {
        guard let multicast = self.multicast else { return }
        self.node.handle(.localNetwork(multicast.refresh()), now: now, into: &outputs)
    }

    /// Links came or went: who is missed may be on a new one.
    func joinLinks(now: Moment, into outputs: inout [Output]) {
        guard let multicast = self.multicast else { return }
        let isThere = multicast.refresh()
        for hasLAN in [false, isThere] {
            self.node.handle(.localNetwork(hasLAN), now: now, into: &outputs)
        }
    }
}
