// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// What became of datagrams on their way out, and of the sockets.
final class DatagramCounters: Sendable {
    private let sent = Atomic<UInt64>(0)
    private let failed = Atomic<UInt64>(0)
    private let congested = Atomic<UInt64>(0)
    private let withoutSocket = Atomic<UInt64>(0)
    private let reopened = Atomic<UInt64>(0)

    /// Counts one outcome.
    func count(_ outcome: SendOutcome) {
        switch outcome {
        case .sent: self.sent.add(1, ordering: .relaxed)
        case .failed: self.failed.add(1, ordering: .relaxed)
        case .congested: self.congested.add(1, ordering: .relaxed)
        case .noSocket: self.withoutSocket.add(1, ordering: .relaxed)
        }
    }

    /// Counts a socket that had to be given to the event loop again.
    func countReopening() {
        self.reopened.add(1, ordering: .relaxed)
    }

    /// All counts, in a fixed order.
    var values: [(name: String, count: UInt64)] {
        [
            ("datagramsSent", self.sent.load(ordering: .relaxed)),
            ("sendsFailed", self.failed.load(ordering: .relaxed)),
            ("sendsCongested", self.congested.load(ordering: .relaxed)),
            ("sendsWithoutSocket", self.withoutSocket.load(ordering: .relaxed)),
            ("socketsReopened", self.reopened.load(ordering: .relaxed)),
        ]
    }
}

/// What became of one datagram to be sent; none of these ends anything.
public enum SendOutcome: Sendable, Equatable {
    /// The kernel took it.
    case sent
    /// The kernel refused it (no route, not permitted, …); the `errno`.
    case failed(code: Int32)
    /// The socket's buffer is full: dropped, as a router would.
    case congested
    /// No socket fits the address.
    case noSocket
}
