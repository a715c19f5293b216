// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// A stateful firewall that translates nothing: in comes what answers something that went out.
///
/// The common case of IPv6 at home (RFC 6092).
struct Firewall: Sendable {
    private struct Flow: Sendable {
        let inner: Endpoint
        let remote: Endpoint
        var usedAt: Instant
    }

    let flowLife: Duration
    let flowCountMax: Int
    private var flows: [Flow] = []

    init(flowLife: Duration = .seconds(180), flowCountMax: Int = 4_096) {
        self.flowLife = flowLife
        self.flowCountMax = flowCountMax
    }

    mutating func send(from inner: Endpoint, to remote: Endpoint, now: Instant) {
        self.flows.removeAll {
            now - $0.usedAt >= self.flowLife || $0.inner == inner && $0.remote == remote
        }
        if self.flows.count >= self.flowCountMax { self.flows.removeFirst() }
        self.flows.append(Flow(inner: inner, remote: remote, usedAt: now))
    }

    func lets(_ remote: Endpoint, reach inner: Endpoint, now: Instant) -> Bool {
        self.flows.contains {
            $0.inner == inner && $0.remote == remote && now - $0.usedAt < self.flowLife
        }
    }

    mutating func restart() {
        self.flows = []
    }
}
