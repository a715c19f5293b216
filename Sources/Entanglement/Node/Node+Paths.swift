// SPDX-License-Identifier: Apache-2.0

/// The direct path to a connected peer.
public struct DirectPath: Sendable, Equatable {
    /// Where the peer is.
    public let endpoint: Endpoint
    /// Where it sees this node.
    public let echo: Endpoint?

    /// The path to a peer that is there and sees this node so.
    public init(endpoint: Endpoint, echo: Endpoint?) {
        self.endpoint = endpoint
        self.echo = echo
    }
}

extension Node {
    /// The direct paths of the peers that are connected, as `status` has them, in the order of their ids.
    public func directPaths(now: Moment) -> [DirectPath] {
        self.ids.compactMap { id in
            guard let relation = self.relations[id], relation.isTrusted, relation.isConnected,
                relation.record.phase != .forgotten, let heard = relation.lastHeard,
                now.instant - heard < Constants.connectedSpan, let path = relation.path,
                !path.isRelay
            else { return nil }
            return DirectPath(endpoint: path, echo: relation.echo)
        }
    }
}
