// SPDX-License-Identifier: Apache-2.0

/// Where a pairing is, as far as nothing more is to be told about it.
public struct PairingState: Codable, Sendable, Equatable {
    /// The pairing's id.
    public var pairing: String
    /// `offered`, `answered`, `connecting`, `timedOut`, `trusted` or `cancelled`.
    public var state: String

    /// A pairing in a state.
    public init(pairing: String, state: String) {
        self.pairing = pairing
        self.state = state
    }
}

/// A pairing or what became of it (`GET /v1/pairings/ID`).
public struct PairingReport: Codable, Sendable, Equatable {
    /// The pairing's row; null once it is trusted.
    @Nullable public var unfinished: PairingRow?
    /// How it ended; null while it is unfinished.
    @Nullable public var trusted: TrustReport?

    /// A report on a pairing.
    public init(unfinished: PairingRow?, trusted: TrustReport?) {
        self.unfinished = unfinished
        self.trusted = trusted
    }
}

/// The end of a successful pairing: what `accept --wait --json` prints.
public struct TrustReport: Codable, Sendable, Equatable {
    /// The pairing's id, and the new peer's on this node; the other node has an id of its own.
    public var pairing: String
    /// Always `trusted`.
    public var state: String
    /// The new peer.
    public var peer: PeerRow
    /// The common cluster; null in scenario C.
    @Nullable public var cluster: ClusterName?
    /// The bridge in scenario C, else null.
    @Nullable public var bridge: String?
    /// `A`, `B` or `C`.
    public var scenario: String
    /// The digits that both screens must show.
    public var safetyNumber: String
    /// Where the peer sees this node.
    @Nullable public var echo: String?

    /// A report on a new peer.
    public init(
        pairing: String, peer: PeerRow, cluster: ClusterName?, bridge: String?, scenario: String,
        safetyNumber: String, echo: String?
    ) {
        self.pairing = pairing
        self.state = "trusted"
        self.peer = peer
        self.cluster = cluster
        self.bridge = bridge
        self.scenario = scenario
        self.safetyNumber = safetyNumber
        self.echo = echo
    }
}
