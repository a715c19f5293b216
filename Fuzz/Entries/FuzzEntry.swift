// SPDX-License-Identifier: Apache-2.0

/// One way into the program for bytes of strangers; each traps where a promise is broken.
public enum FuzzEntry: String, CaseIterable, Sendable {
    /// A scanned line: offer, answer, refusal.
    case offer = "FuzzOffer"
    /// Datagrams at a gate and node with relations; MACs and seals are put right first.
    case envelope = "FuzzEnvelope"
    /// What sealed messages hold.
    case frame = "FuzzFrame"
    /// Records of clusters: one as it comes, and lists of them that people who lie wrote.
    case record = "FuzzRecord"
    /// Frames about a cluster, as a member sends them to a node.
    case gossip = "FuzzGossip"
    /// Frames about bridges, at an end of one.
    case bridge = "FuzzBridge"
    /// Messages of NFC tags.
    case ndef = "FuzzNDEF"
    /// Files that hold a text.
    case qrText = "FuzzQRText"
    /// Answers of STUN servers.
    case stun = "FuzzSTUN"
    /// Hellos of the local network, at a node with a peer.
    case hello = "FuzzHello"
    /// Datagrams of the BitTorrent DHT, at a client of it.
    case krpc = "FuzzKRPC"
    /// Answers of routers by PCP.
    case pcp = "FuzzPCP"
    /// Answers of routers by NAT-PMP.
    case natpmp = "FuzzNATPMP"
    /// Answers of routers to searches.
    case ssdp = "FuzzSSDP"
    /// Answers of routers by HTTP, with XML and SOAP in them.
    case http = "FuzzHTTP"
    /// All of these at a port mapper, with time between.
    case router = "FuzzRouter"

    /// Feeds one input.
    public func run(_ input: [UInt8]) {
        switch self {
        case .offer: fuzzOffer(input)
        case .envelope: EnvelopeHarness.shared.run(input)
        case .frame: FrameHarness.shared.run(input)
        case .record: RecordHarness.shared.run(input)
        case .gossip: GossipHarness.shared.run(input)
        case .bridge: BridgeHarness.shared.run(input)
        case .ndef: fuzzNDEF(input)
        case .qrText: fuzzQRText(input)
        case .stun: fuzzSTUN(input)
        case .hello: HelloHarness.shared.run(input)
        case .krpc: DHTHarness.shared.run(input)
        case .pcp: fuzzPCP(input)
        case .natpmp: fuzzNATPMP(input)
        case .ssdp: fuzzSSDP(input)
        case .http: fuzzHTTP(input)
        case .router: RouterHarness.run(input)
        }
    }

    /// Where an input begins that is worth having in the corpus; for `scripts/fuzz --seed`.
    public var seeds: [[UInt8]] {
        switch self {
        case .offer, .qrText: EnvelopeHarness.shared.codes
        case .envelope: EnvelopeHarness.shared.seeds
        case .frame: FrameHarness.shared.seeds
        case .record: RecordHarness.shared.seeds
        case .gossip: GossipHarness.shared.seeds
        case .bridge: BridgeHarness.shared.seeds
        case .ndef: ndefSeeds
        case .stun: stunSeeds
        case .hello: HelloHarness.shared.seeds
        case .krpc: DHTHarness.shared.seeds
        case .pcp: pcpSeeds
        case .natpmp: natpmpSeeds
        case .ssdp: ssdpSeeds
        case .http: httpSeeds
        case .router: routerSeeds
        }
    }
}
