// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// A stateful firewall that translates nothing: in comes what answers something that went out.
///
/// The common case of IPv6 at home (RFC 6092).
struct Firewall: Sendable {
    private struct Flow: Sendable, Hashable {
        var inner: Endpoint
        var remote: Endpoint
    }

    let flowLife: Duration
    let flowCountMax: Int
    private var flows = RecencyTable<Flow, Void>()

    init(flowLife: Duration = .seconds(180), flowCountMax: Int = 4_096) {
        self.flowLife = flowLife
        self.flowCountMax = flowCountMax
    }

    /// How many flows there are, dead ones included until something goes out.
    var flowCount: Int { self.flows.count }

    mutating func send(from inner: Endpoint, to remote: Endpoint, now: Instant) {
        while let oldest = self.flows.oldest, self.isIdle(oldest, now) {
            self.flows.remove(at: oldest)
        }
        let flow = Flow(inner: inner, remote: remote)
        if let position = self.flows.position(of: flow) {
            return self.flows.touch(position, now: now)
        }
        if self.flows.count >= self.flowCountMax, let oldest = self.flows.oldest {
            self.flows.remove(at: oldest)
        }
        _ = self.flows.insert(flow, (), now: now)
    }

    func lets(_ remote: Endpoint, reach inner: Endpoint, now: Instant) -> Bool {
        guard let position = self.flows.position(of: Flow(inner: inner, remote: remote)) else {
            return false
        }
        return !self.isIdle(position, now)
    }

    mutating func restart() {
        self.flows.removeAll()
    }

    private func isIdle(_ position: Int, _ now: Instant) -> Bool {
        now - self.flows.usedAt(position) >= self.flowLife
    }
}
