// SPDX-License-Identifier: Apache-2.0

extension IPAddress {
    /// 100::/64, the prefix of which every router discards what is sent there (RFC 6666).
    public var isDiscardOnly: Bool {
        if case .v6(0x0100_0000_0000_0000, _) = self { return true }
        return false
    }
}

extension Endpoint {
    /// The place of a relayed path: an address inside this node alone, so that paths, challenges and
    /// slots treat it like any other.
    ///
    /// Nobody outside can name one: no such endpoint is usable, and the gate drops what says that it
    /// comes from one.
    static func relay(_ number: UInt64) -> Endpoint {
        Endpoint(address: .v6(0x0100_0000_0000_0000, number), port: 1)
    }

    /// What is told outside in the place of any relayed path, whatever its number: `[100::]:1`.
    static let relayed = Endpoint.relay(0)

    /// Whether this is the place of a relayed path, or says so.
    public var isRelay: Bool { self.address.isDiscardOnly }

    /// The same, without the number that means something in this node alone.
    var told: Endpoint { self.isRelay ? .relayed : self }

    /// The number of a relayed path's place.
    var relayNumber: UInt64? {
        if case .v6(0x0100_0000_0000_0000, let number) = self.address { return number }
        return nil
    }
}

/// Who carries a relayed datagram, and as what.
public struct RelayCarrier: Sendable, Equatable {
    /// The own index of the session with the helper.
    public var session: UInt32
    /// The frame in which the datagram goes, without the datagram.
    public var header: [UInt8]
    /// Where the helper is.
    public var to: Endpoint

    /// A helper who carries what both ends of a tag send each other.
    public init(session: UInt32, tag: RendezvousTag, to: Endpoint) {
        self.init(session: session, header: Frame.relay(tag, []).bytes, to: to)
    }

    init(session: UInt32, header: [UInt8], to: Endpoint) {
        self.session = session
        self.header = header
        self.to = to
    }
}

/// Why a peer is reached by way of another.
public enum RelayReason: String, Sendable, Hashable, CaseIterable {
    /// Nothing that was sent to it directly came through.
    case noDirectPath
    /// It is in another cluster, and no addresses cross the bridge, or nothing came through.
    case bridge
}

/// The way that packets to a peer take.
public enum PeerPath: Sendable, Hashable {
    /// From here to there.
    case direct(Endpoint)
    /// By way of a common peer.
    case relayed(via: RelationID, reason: RelayReason)
}
