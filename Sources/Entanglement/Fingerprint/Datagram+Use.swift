// SPDX-License-Identifier: Apache-2.0

/// What a datagram on its way can still do at its receiver; from one case to the next, never back.
package enum DatagramUse: Sendable {
    /// It may be opened, or be answered for what it says.
    case whole
    /// It names a pairing and is dropped for all else: a cancelled one answers with its 410.
    case probe
    /// Nothing.
    case none
}

/// What a datagram names, read once: enough to tell its use.
package struct DatagramHead: Sendable {
    private enum Content: Sendable {
        case packet(session: UInt32, counter: UInt64)
        case message(Envelope.Kind, PeerID?)
        case unknown
    }

    private let content: Content

    /// The head of any bytes.
    package init(of datagram: [UInt8]) {
        self.content = datagram.withUnsafeBytes { raw in
            guard raw.first == Constants.jsonType else {
                guard raw.count >= Constants.packetHeaderByteCount else { return .unknown }
                let index = raw.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
                let counter = raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                return .packet(
                    session: UInt32(bigEndian: index), counter: UInt64(bigEndian: counter))
            }
            return Envelope(scanning: raw).map { .message($0.kind, $0.pid) } ?? .unknown
        }
    }

    /// What the datagram can do at a node.
    ///
    /// A session, an attempt or a question that is not there any more never comes again, for their
    /// names are random; nor does a packet counter that was seen.
    package func use(at node: Node, gate: Gate, now: Instant) -> DatagramUse {
        switch self.content {
        case .unknown: .none
        case .packet(let session, let counter):
            node.mayOpen(session: session, counter: counter, gate, now) ? .whole : .none
        case .message(let kind, let pid): node.use(of: kind, pid, gate, now)
        }
    }
}

extension Node {
    fileprivate func use(
        of kind: Envelope.Kind, _ pid: PeerID?, _ gate: Gate, _ now: Instant
    ) -> DatagramUse {
        let isKnown = pid.map { gate.relations[$0] != nil } ?? false
        // Once no 410 counts any more, none is ever answered.
        let mayEnd = self.hasRelation { $0.record.cancelTokens != nil }
        let isUsable: Bool
        switch kind {
        case .gone: return mayEnd ? .whole : .none
        case .opening, .refusal(.founding): isUsable = isKnown
        case .response(let to, _): isUsable = self.hasAttempt { $0.index == to }
        case .founding(let to, let counter), .foundingAnswer(let to, let counter):
            isUsable = self.mayOpen(session: to, counter: counter, gate, now)
        case .refusal(.opening(let n)), .resync(let n, _):
            isUsable = self.hasAttempt { $0.n == n }
        }
        if isUsable { return .whole }
        return mayEnd || !isKnown ? .probe : .none
    }

    /// Of an attempt that waits for message 2 the session is still to come.
    fileprivate func mayOpen(session: UInt32, counter: UInt64, _ gate: Gate, _ now: Instant) -> Bool
    {
        gate.sessions[session]?.mayOpen(counter, now: now)
            ?? self.hasAttempt { $0.index == session }
    }

    private func hasAttempt(where isMeant: (Attempt) -> Bool) -> Bool {
        self.hasRelation { $0.attempts.contains(where: isMeant) }
    }

    private func hasRelation(where isMeant: (Relation) -> Bool) -> Bool {
        self.ids.contains { self.relations[$0].map(isMeant) ?? false }
    }
}
