// SPDX-License-Identifier: Apache-2.0

// What a driver must know to open a port on the router for the node, and to close it again.
extension Node {
    /// Whether somebody may want to reach this node: there is a pairing or a peer.
    ///
    /// One that the other side has ended, and that is only remembered, is none.
    public var hasRelations: Bool {
        self.ids.contains { self.relations[$0]?.record.phase != .forgotten }
    }

    /// Whether anything tells an address at which peers elsewhere can reach this node.
    public var knowsExternalAddress: Bool { self.own.knowsExternal }
}
