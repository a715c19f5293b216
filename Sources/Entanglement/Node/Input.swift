// SPDX-License-Identifier: Apache-2.0

/// Which of the node's sockets; the driver numbers them.
public struct SocketID: Sendable, Hashable {
    /// The driver's number of the socket.
    public var number: UInt32

    /// The socket of that number.
    public init(_ number: UInt32) {
        self.number = number
    }

    /// Sockets of this number and above are not those that the node listens on: they were opened for
    /// ``Output/sendFresh(_:to:socket:)``.
    public static let firstFresh: UInt32 = 256

    /// Whether it was opened while punching.
    public var isFresh: Bool { self.number >= Self.firstFresh && self.asideNumber == nil }

    /// How many sockets there may be for ``Output/sendAside(session:_:to:socket:)``.
    public static let asideCount = 2

    /// The socket of that number that was opened for ``Output/sendAside(session:_:to:socket:)``.
    public static func aside(_ number: Int) -> SocketID {
        SocketID(UInt32.max - UInt32(clamping: number))
    }

    /// Its number, if it was opened for ``Output/sendAside(session:_:to:socket:)``.
    public var asideNumber: Int? {
        let number = Int(UInt32.max - self.number)
        return number < Self.asideCount ? number : nil
    }
}

/// What a session's packet carried, once opened.
public enum SessionContent: UInt8, Sendable, Hashable {
    /// Message 3 (JSON, code 130).
    case founding = 3
    /// Message 4 (JSON, code 200).
    case foundingAnswer = 4
    /// A binary packet.
    case frame = 0x81

    /// Bytes of the padded plaintext; nil: it is not padded.
    var plaintextByteCount: Int? {
        switch self {
        case .founding: Constants.foundingPlaintextByteCount
        case .foundingAnswer: Constants.foundingAnswerPlaintextByteCount
        case .frame: nil
        }
    }
}

/// A packet that a session opened: its seal held and its counter was new.
public struct OpenedPacket: Sendable, Equatable {
    /// The own index of the session.
    public var session: UInt32
    /// The packet's counter.
    public var counter: UInt64
    /// What kind of packet.
    public var content: SessionContent
    /// What was sealed, without padding.
    public var plaintext: [UInt8]
    /// The datagram's source.
    public var source: Endpoint
    /// The socket that received it.
    public var via: SocketID
    /// Bytes of the datagram, for the limit on answers to unproved sources.
    public var byteCount: Int

    /// A packet as opened.
    public init(
        session: UInt32, counter: UInt64, content: SessionContent, plaintext: [UInt8],
        source: Endpoint, via: SocketID, byteCount: Int
    ) {
        self.session = session
        self.counter = counter
        self.content = content
        self.plaintext = plaintext
        self.source = source
        self.via = via
        self.byteCount = byteCount
    }
}

/// What came of a question to the IPgetter.
public enum IPgetterAnswer: Sendable, Equatable {
    /// So many servers see this node at one endpoint.
    case seen(Endpoint, by: Int)
    /// The servers see one address and different ports, in the order in which they were asked.
    case perDestination([Endpoint])
    /// They were asked, and none answered.
    case nothing
    /// Nobody was asked, or the answers do not fit each other.
    case unclear
}

/// A fact that the node decides about.
public enum Input: Sendable {
    /// A JSON datagram that passed the gate's cheap checks.
    case datagram([UInt8], from: Endpoint, via: SocketID)
    /// A packet that a session opened.
    case opened(OpenedPacket)
    /// The node's deadline has come.
    case timer
    /// A person asks for something.
    case request(RequestID, Request)
    /// All own addresses that the driver knows (interfaces with the port, `--external`), anew.
    case ownCandidates([Candidate])
    /// The IPgetter's answer.
    case ipgetter(IPgetterAnswer)
    /// The router's mapping that the IPgetter told is not kept alive any more.
    case ipgetterLapsed
    /// Whether there is an interface to say hello on; before `networkChanged`, if both have changed.
    case localNetwork(Bool)
    /// A datagram of the groups of hellos, and the address that it came from.
    case hello([UInt8], from: Endpoint)
    /// A note of that peer was found where it was sought (PROTOCOL.md §13).
    case noteFound(RelationID, LastResortNote)
    /// The note of that number could not be left for that peer.
    case noteLost(RelationID, UInt64)
    /// The operating system says that the network changed.
    case networkChanged
    /// The computer slept, or a clock jumped by more than 180 seconds.
    case resumed
}

/// What the driver is to do, in this order within a batch: all `persist` in one transaction, then the rest.
public enum Output: Sendable {
    /// Make durable before anything else of the batch.
    case persist(Change)
    /// Send these bytes.
    case send([UInt8], to: Endpoint)
    /// Send these bytes from the main socket, whatever `bind` says.
    case sendMain([UInt8], to: Endpoint)
    /// Send these bytes from a fresh socket, to be opened when it is named first; sockets are numbered
    /// from 0 until `closeFresh`. One that cannot be opened sends nothing.
    case sendFresh([UInt8], to: Endpoint, socket: Int)
    /// Close all fresh sockets but those by which these endpoints are answered.
    case closeFresh(keeping: [Endpoint])
    /// What goes to that endpoint leaves by that socket from now on: there it was proved.
    case bind(Endpoint, SocketID)
    /// Seal a frame with the gate's session, then send it from a socket that is there for nothing else,
    /// to be opened when it is named first.
    ///
    /// What comes in there is no sign of where a peer is reached.
    case sendAside(session: UInt32, [UInt8], to: Endpoint, socket: Int)
    /// Close the socket of that number.
    case closeAside(socket: Int)
    /// Send these bytes to the groups of hellos on every interface (PROTOCOL.md §8.10).
    case multicast([UInt8])
    /// Seal with the gate's session, then send.
    case sendSealed(session: UInt32, SessionContent, [UInt8], to: Endpoint)
    /// Seal with the gate's session, seal the datagram again for the helper that carries it, then send.
    case sendRelayed(session: UInt32, SessionContent, [UInt8], by: RelayCarrier)
    /// Let the gate look at a datagram that a peer relayed, and hand on what passes as an input.
    ///
    /// It comes from the place of a relayed path and must be for that one `pid`.
    case loopback([UInt8], from: Endpoint, to: PeerID)
    /// The gate: what a `pid` of this node admits.
    case admit(Admission)
    /// The gate: forget a `pid` and its sessions.
    case dismiss(PeerID)
    /// The gate: packets that name a `pid` of this hash (SHA-256) may pass, rarely.
    case bury(pidHash: [UInt8])
    /// The gate: a tombstone is gone.
    case unbury(pidHash: [UInt8])
    /// The gate: a session stands.
    case install(Session)
    /// The gate: erase a session.
    case erase(session: UInt32)
    /// Leave a note in that slot, by every way that is switched on.
    case leaveNote(RelationID, LastResortNote, in: LastResortSlot)
    /// Look into these slots for a note with a greater number than that, in this order.
    case seekNote(RelationID, in: [LastResortSlot], after: UInt64)
    /// Ask the IPgetter, if it may be asked.
    case gatherCandidates
    /// Answer a request.
    case reply(RequestID, Reply)
    /// Tell whoever watches.
    case notify(Event)
}
