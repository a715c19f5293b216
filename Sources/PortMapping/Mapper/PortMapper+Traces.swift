// SPDX-License-Identifier: Apache-2.0
public import Entanglement

extension PortMapper {
    /// What a router may have open by PCP: only who has its nonce can renew or delete it before it
    /// ends (RFC 6887 §11.3), so it is worth being kept over a kill.
    public struct Trace: Sendable, Equatable {
        /// The own endpoint that it leads to.
        public let inner: Endpoint
        /// The router's address on the link.
        public let router: IPAddress
        /// The 12 bytes of the nonce.
        public let nonce: [UInt8]
        /// Whether the router has said so; else it was only asked, and no answer is known.
        public let isGranted: Bool
        /// Until when the router may keep it.
        public let end: Instant

        /// A trace of those parts.
        public init(
            inner: Endpoint, router: IPAddress, nonce: [UInt8], isGranted: Bool, end: Instant
        ) {
            self.inner = inner
            self.router = router
            self.nonce = nonce
            self.isGranted = isGranted
            self.end = end
        }
    }

    /// What may be open now, also what was granted and whose end after a ``Input/stop`` has not been
    /// confirmed yet.
    public var traces: [Trace] {
        let used = self.openings.compactMap(\.pcp)
        let resting = self.remembered.filter { exchange in
            !used.contains { $0.inner == exchange.inner && $0.server == exchange.server }
        }
        return (used + resting).compactMap(\.trace)
    }
}
