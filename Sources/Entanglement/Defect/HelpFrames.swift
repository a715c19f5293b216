// SPDX-License-Identifier: Apache-2.0

/// What a frame says about help between peers, for checks (simulator alone).
package enum HelpFrame: Sendable, Equatable {
    /// The sender seeks under these tags.
    case seek([RendezvousTag])
    /// A helper tells of a peer.
    case found(RendezvousTag, [Endpoint])
    /// A datagram of so many bytes is relayed under that tag.
    case relay(RendezvousTag, byteCount: Int)
    /// A helper tells that somebody seeks under tags that it does not show.
    case sought

    /// Nil: another frame, or none.
    package init?(frame bytes: [UInt8]) {
        guard let first = bytes.first, (16...19).contains(first) else { return nil }
        switch Frame(bytes) {
        case .seek(let tags): self = .seek(tags)
        case .found(let tag, _, let endpoints): self = .found(tag, endpoints)
        case .relay(let tag, let inner): self = .relay(tag, byteCount: inner.count)
        case .sought: self = .sought
        case .ping, .pong, .challenge, .challengeAnswer, .addresses, .addressesAnswer, .forget,
            .forgetAnswer, .natHint, .natHintAnswer, .rest, .restAnswer, .gossip, .bridge,
            nil:
            return nil
        }
    }
}

extension HostileFrame {
    /// Asks for help under tags that nobody else may know.
    package static func seek(_ tags: [RendezvousTag]) -> [UInt8] { Frame.seek(tags).bytes }

    /// Tells that somebody seeks under tags.
    package static func sought(
        _ tags: [RendezvousTag], nonce: UInt64, _ primitives: any Primitives
    ) -> [UInt8] {
        Frame.sought(nonce: nonce, tags.map { $0.veiled(nonce: nonce, primitives) }).bytes
    }

    /// A datagram to be relayed under a tag.
    package static func relay(_ tag: RendezvousTag, _ bytes: [UInt8]) -> [UInt8] {
        Frame.relay(tag, bytes).bytes
    }

    /// What a helper says that means harm: the peer is where nobody is; nil: another frame.
    package static func mislead(_ lies: [Endpoint], in bytes: [UInt8]) -> [UInt8]? {
        guard case .found(let tag, _, _) = Frame(bytes) else { return nil }
        return Frame.found(tag, delay: .zero, lies).bytes
    }

    /// What a helper carries that means harm: one byte is another; nil: another frame.
    package static func spoil(_ bytes: [UInt8], at position: Int) -> [UInt8]? {
        guard case .relay(let tag, var inner) = Frame(bytes) else { return nil }
        inner[position % inner.count] ^= 1
        return Frame.relay(tag, inner).bytes
    }
}

extension Node {
    /// Where the peer of a session is reached now.
    package func path(ofSession index: UInt32) -> Endpoint? {
        self.relation(ofSession: index).flatMap { self.relations[$0]?.path }
    }

    /// The relation whose session that is.
    package func relation(ofSession index: UInt32) -> RelationID? {
        self.ids.first { id in
            self.relations[id]?.sessions.contains { $0.index == index } ?? false
        }
    }

    /// Whether it is this node itself that is looked for under a tag.
    package func isEnd(of tag: RendezvousTag) -> Bool { self.common.byTag[tag] != nil }

    /// The tags under which this node looks for peers.
    package var ownTags: [RendezvousTag] {
        self.ids.compactMap { self.relations[$0]?.seeking.tag }
    }
}
