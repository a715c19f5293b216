// SPDX-License-Identifier: Apache-2.0

/// What the gate must know of one relation to tell its packets from a stranger's.
public struct Admission: Sendable, Equatable {
    /// The own `pid`, which packets to this node name.
    public var pid: PeerID
    /// Authenticates the other's messages; nil while only one code is known.
    public var receiveMAC: Secret?
    /// The cancel token that the other would show, 16 bytes; nil once confirmed.
    public var cancelToken: Secret?

    /// The highest `n` of the other that was accepted: what is not above it is a repetition.
    public var acceptedCounter: UInt64

    /// Whose secret the key is from, so that all its members could make it; nil: only the other one has it.
    public var cluster: ClusterID?

    /// An admission.
    public init(
        pid: PeerID, receiveMAC: Secret?, cancelToken: Secret?, acceptedCounter: UInt64 = 0,
        cluster: ClusterID? = nil
    ) {
        self.cluster = cluster
        self.acceptedCounter = acceptedCounter
        self.pid = pid
        self.receiveMAC = receiveMAC
        self.cancelToken = cancelToken
    }
}
