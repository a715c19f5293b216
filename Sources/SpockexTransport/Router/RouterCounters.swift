// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// What was said to routers, and what they said.
final class RouterCounters: Sendable {
    private let sent = Atomic<UInt64>(0)
    private let failed = Atomic<UInt64>(0)
    private let received = Atomic<UInt64>(0)
    private let exchanges = Atomic<UInt64>(0)

    /// Counts one outcome.
    func count(_ outcome: SendOutcome) {
        switch outcome {
        case .sent: self.sent.add(1, ordering: .relaxed)
        case .failed, .congested, .noSocket: self.failed.add(1, ordering: .relaxed)
        }
    }

    /// Counts a datagram that came in.
    func countReceived() {
        self.received.add(1, ordering: .relaxed)
    }

    /// Counts a connection by TCP.
    func countExchange() {
        self.exchanges.add(1, ordering: .relaxed)
    }

    /// All counts, in a fixed order.
    var values: [(name: String, count: UInt64)] {
        [
            ("routerDatagramsSent", self.sent.load(ordering: .relaxed)),
            ("routerSendsFailed", self.failed.load(ordering: .relaxed)),
            ("routerDatagramsReceived", self.received.load(ordering: .relaxed)),
            ("routerExchanges", self.exchanges.load(ordering: .relaxed)),
        ]
    }
}
