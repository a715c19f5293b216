// SPDX-License-Identifier: Apache-2.0

/// How a node is set up; fixed for its life.
public struct NodeConfiguration: Sendable {
    /// What the node calls itself, cleaned to a display name.
    public var name: String
    /// Whether it listens on loopback, so that loopback endpoints make sense.
    public var allowsLoopback: Bool
    /// Whether the IPgetter may be asked when nothing else tells the own address.
    public var usesIPgetter: Bool
    /// Whether common peers are asked for help when a peer cannot be reached, and helped themselves.
    public var usesCommonPeers = true
    /// Where this node is reached on its local networks; nil: it neither says hello nor listens.
    public var helloPorts: HelloPorts?
    /// Whether the records of clusters are passed on, and members connect whom nobody of the two met.
    public var sharesRecords = true
    /// Whether bridges to other clusters are made (PROTOCOL.md §14).
    public var makesBridges = true
    /// Whether notes are left for peers that are lost, and theirs looked for (PROTOCOL.md §13).
    public var usesLastResorts = false
    /// Whether it is measured how long the own router remembers, with peers' help.
    public var measuresLifetime = true
    /// How much of a cluster is taken in: what the protocol says, but in measures of larger ones.
    package var clusterLimits = ClusterLimits()
    /// Deliberate defects that tests must find; empty in every product.
    package var mutation: Mutation = []

    /// A configuration; a name that is not clean becomes empty.
    public init(
        name: String, allowsLoopback: Bool, usesIPgetter: Bool = false,
        helloPorts: HelloPorts? = nil
    ) {
        self.name = DisplayName.clean(Array(name.utf8)) ?? ""
        self.allowsLoopback = allowsLoopback
        self.usesIPgetter = usesIPgetter
        self.helloPorts = helloPorts
    }
}

/// One call of `Node.handle`: what every step needs, and what it wants done.
struct Turn {
    let now: Moment
    let primitives: any Primitives
    let configuration: NodeConfiguration
    var generator: any RandomNumberGenerator & Sendable
    var indexes: SessionIndexes
    /// Where this node may be reached, best first, for sealed messages.
    var ownEndpoints: [Endpoint] = []
    /// How the own router maps.
    var ownHint: NATHint?
    /// What the interfaces, the person and the router tell, whoever the peers are.
    var given: [Candidate] = []
    /// The socket at which the input came in.
    var via: SocketID?
    /// Whose turn it is to probe.
    var punching = PunchingTurn()
    /// How often places were called of which only records tell.
    var rations = PlaceRations()
    var clusters: [ClusterRecord] = []
    /// Clusters with somebody in them whom this node trusts.
    var trustedClusters: Set<ClusterID> = []
    /// Clusters of more than two.
    var largerClusters: [ClusterID] = []
    /// Clusters into which this node can take nobody, for want of a place.
    var fullClusters: [ClusterID] = []
    var nodeName = ""
    /// Who got in whom this relation had not called, and from where.
    var unasked: (relation: RelationID, address: IPAddress)?

    /// Own addresses of which a measured rest was shown to be too long.
    var disproved: [IPAddress] = []

    var changes: [Change] = []
    var actions: [Output] = []
    var replies: [Output] = []
    var events: [Event] = []
    /// Relations that are to be deleted after this step, and why.
    var endings: [(id: RelationID, reason: RelationEnd)] = []
    /// Relations that ask common peers for help in this step.
    var seeks: [RelationID] = []
    /// What peers said about common peers, to be carried out after the step.
    var rendezvous: [(from: RelationID, frame: Frame)] = []
    /// Clusters that were founded, with the record that says so.
    var foundings: [(cluster: ClusterID, genesis: Record)] = []
    /// Whether what meetings agreed on may have to be written into records.
    var mustSettleBonds = false
    /// A deliberate defect's: who is gone keeps its relation until the new secret is given.
    var isGivingSecret = false
    /// Relations that are connected since this turn, and those that are not any more.
    var connected: [RelationID] = []
    /// Those whose peer is at another address.
    var moved: [RelationID] = []
    /// Those that have a new session by an own question, and were connected before.
    var renewed: [RelationID] = []
    var lost: [RelationID] = []
    /// Whether something may have changed that bridges depend on.
    var mustTendBridges = false
    /// Ends of bridges that are connected since this turn.
    var bridgesConnected: [RelationID] = []
    /// The sequence of the last list of own addresses.
    var announcementSequence: UInt32 = 0
    /// What came about bridges, to be carried out after the step.
    var bridgeFrames: [(from: RelationID, frame: BridgeFrame)] = []
    /// What peers said about clusters, to be carried out after the step.
    var gossip: [(from: RelationID, frame: GossipFrame)] = []
    /// Relations that rest, with whose members somebody wants to talk; and whether that has been said before.
    var wanted: [(relation: RelationID, isAgain: Bool)] = []
    /// What is to be told about clusters, at the end of the step.
    var gossipSends: [(to: RelationID, frame: GossipFrame)] = []
    /// Peers that can help since this turn, or cannot any more.
    var gainedHelpers: [RelationID] = []
    var lostHelpers: [RelationID] = []
    /// The number of the last relayed way, and the new ones with whom they lead to.
    var relayCount: UInt64 = 0
    var newRelays: [(number: UInt64, owner: RelationID)] = []
    /// Numbers of relayed ways that are not remembered any more.
    var goneRelays: [UInt64] = []
    /// Whether a note of a lost peer is sought: then the own addresses matter.
    var seeksNote = false
    /// Where the last peer saw this node.
    var echoes: [(relation: RelationID, echo: Endpoint, by: Endpoint)] = []

    var instant: Instant { self.now.instant }
    var wall: WallTime { self.now.wall }

    /// The clusters that are more than a memory: after `forget` nobody of a cluster of two is left.
    var livingClusters: [ClusterRecord] {
        self.clusters.filter { self.trustedClusters.contains($0.id) }
    }

    func has(_ mutation: Mutation) -> Bool {
        self.configuration.mutation.isActive(mutation)
    }

    mutating func random() -> UInt64 {
        self.generator.next()
    }

    mutating func randomBytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self.generator) }
    }

    mutating func jitter(upTo limit: Duration = Constants.attemptJitterMax) -> Duration {
        .nanoseconds(Int64.random(in: 0...limit.nanoseconds, using: &self.generator))
    }

    /// From one attempt of a patient search to the next.
    mutating func patience() -> Duration {
        Constants.timedOutInterval + self.jitter(upTo: Constants.timedOutJitterMax)
    }

    mutating func send(_ bytes: [UInt8], to endpoint: Endpoint) {
        self.actions.append(.send(bytes, to: endpoint))
    }

    mutating func reply(_ request: RequestID, _ reply: Reply) {
        self.replies.append(.reply(request, reply))
    }

    mutating func notify(_ event: Event) {
        self.events.append(event)
        self.changes.append(.event(event, at: self.wall))
    }

    /// A place that datagrams may be sent to, given how this node listens.
    func isUsable(_ endpoint: Endpoint) -> Bool {
        endpoint.isUsable
            && (!endpoint.address.isLoopback || self.configuration.allowsLoopback)
    }

    /// The same for a place where somebody was heard: a link-local one is then of a network here.
    ///
    /// The place of a relayed way is none.
    func isReachable(_ endpoint: Endpoint) -> Bool {
        endpoint.port != 0 && endpoint.address.isUnicast && !endpoint.isRelay
            && (!endpoint.address.isLoopback || self.configuration.allowsLoopback)
    }

    /// Adds everything that is to be done, in the order of the contract.
    func takeOutputs(into outputs: inout [Output]) {
        for change in self.changes { outputs.append(.persist(change)) }
        outputs += self.actions
        outputs += self.replies
        for event in self.events { outputs.append(.notify(event)) }
    }
}

/// Why a relation is deleted, and what is left of it.
enum RelationEnd: Equatable {
    /// By this node's person, or because its time is over: a tombstone and 410s tell the other.
    case given(up: PairingEnd)
    /// The other proved that it cancelled.
    case cancelledByPeer
    /// `forget` was acknowledged, or its time is over.
    case forgotten
    /// The records of the cluster say that there is none, or another has taken its place.
    case dropped
    /// Another meeting counts: a tombstone tells the other, unless it trusts by this one too.
    case outdone
}

/// The session indexes in use on this node; they are 10 digits long unless 9 are asked for.
struct SessionIndexes: Sendable {
    private var used: Set<UInt32> = []

    mutating func make(
        digits: Int = 10, using generator: inout any RandomNumberGenerator & Sendable
    ) -> UInt32 {
        let range: ClosedRange<UInt32> =
            digits == 10 ? 1_000_000_000...UInt32.max : 100_000_000...999_999_999
        while true {
            let index = UInt32.random(in: range, using: &generator)
            if self.used.insert(index).inserted { return index }
        }
    }

    mutating func free(_ index: UInt32) {
        self.used.remove(index)
    }
}
