// SPDX-License-Identifier: Apache-2.0

/// How many handshakes a second some relations may ask for together.
struct HandshakeTotal: Sendable {
    /// For messages 1 that are newer than all before.
    var bucket: TokenBucket
    /// For all others.
    var repeats: TokenBucket

    /// Full ones, of a cluster whose members could all make the keys, or of meetings.
    init(of cluster: ClusterID?, now: Instant) {
        let count =
            cluster == nil
            ? Limits.handshakesPerSecondOfAll : Limits.handshakesPerSecondOfCluster
        self.bucket = TokenBucket(burst: count, perSecond: count, now: now)
        self.repeats = self.bucket
    }
}
