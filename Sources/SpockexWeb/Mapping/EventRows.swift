// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexAPI
import SpockexNode

extension EventRow {
    init(_ logged: LoggedEvent, _ names: EventNames) {
        self.init(id: logged.id, at: Timestamp(logged.at), kind: "")
        self.tell(logged.event, names)
    }

    private mutating func tell(_ event: Event, _ names: EventNames) {
        switch event {
        case .pairingStarted(let id):
            self.kind = "pairingStarted"
            self.pairing = id.description
        case .trying(let id, let endpoints):
            self.kind = "trying"
            self.pairing = id.description
            self.endpoints = endpoints.map(\.description)
        case .pairingPhase(let id, let phase):
            self.kind = "pairingPhase"
            self.pairing = id.description
            self.state = phase.rawValue
        case .pairingProblem(let id, let problem):
            self.kind = "pairingProblem"
            self.pairing = id.description
            self.problem = problem.name
        case .trusted(let id, let cluster):
            self.kind = "trusted"
            self.pairing = id.description
            self.peer = id.description
            self.cluster = cluster.description
            self.clusterName = names.clusters[cluster]
        case .pairingEnded(let id, let end):
            self.kind = "pairingEnded"
            self.pairing = id.description
            self.reason = end.rawValue
        case .peerConnected(let id, let endpoint):
            self.kind = "peerConnected"
            self.peer = id.description
            self.endpoint = endpoint.description
        case .peerUnreachable(let id):
            self.kind = "peerUnreachable"
            self.peer = id.description
        case .peerMoved(let id, let from, let endpoint):
            self.kind = "peerMoved"
            self.peer = id.description
            self.from = from?.description
            self.endpoint = endpoint.description
        case .peerRelayed(let id, let helper):
            self.kind = "peerRelayed"
            self.peer = id.description
            self.via = helper.description
        case .peerForgotten(let id, let byPeer):
            self.kind = "peerForgotten"
            self.peer = id.description
            self.byPeer = byPeer
        case .ownAddresses(let candidates):
            self.kind = "ownAddresses"
            self.addresses = candidates.map { EventAddress($0) }
        case .clusterJoined, .clusterLost, .memberJoined, .memberGone, .memberMet,
            .removalProposed, .removalVoted, .memberAdmitted, .memberWaits, .memberReturned,
            .memberBlocked, .epochBegan,
            .memberEquivocated, .memberCloned:
            self.tellOfCluster(event, names)
        case .bridgeMade, .bridgeOpened, .bridgeClosed, .bridgeVoted, .bridgePolicyChanged,
            .cardSeen, .cardGone:
            self.tellOfBridge(event, names)
        }
    }

    private mutating func tellOfBridge(_ event: Event, _ names: EventNames) {
        switch event {
        case .bridgeMade(let id, let cluster, _):
            self.name("bridgeMade", names, cluster)
            self.pairing = id.description
            self.peer = id.description
        case .bridgeOpened(let cluster, let bridge, let author):
            self.name("bridgeOpened", names, cluster, by: author)
            self.bridge = bridge.description
            self.bridgeName = names.bridges[bridge]
        case .bridgeClosed(let cluster, let bridge):
            self.name("bridgeClosed", names, cluster)
            self.bridge = bridge.description
            self.bridgeName = names.bridges[bridge]
        case .bridgeVoted(let cluster, let bridge, let author, let isOn):
            self.name("bridgeVoted", names, cluster, by: author)
            self.closing = isOn
            guard bridge != .all else { return }
            self.bridge = bridge.description
            self.bridgeName = names.bridges[bridge]
        case .bridgePolicyChanged(let cluster, let bridge, let policy):
            self.name("bridgePolicyChanged", names, cluster)
            self.bridge = bridge.description
            self.bridgeName = names.bridges[bridge]
            self.policy = PolicyRow(policy)
        case .cardSeen(let cluster, let card), .cardGone(let cluster, let card):
            var kind = "cardGone"
            if case .cardSeen = event { kind = "cardSeen" }
            self.name(kind, names, cluster)
            self.card = card.description
            self.cardName = names.cards[card]
        default: break
        }
    }

    private mutating func tellOfCluster(_ event: Event, _ names: EventNames) {
        switch event {
        case .clusterJoined(let id): self.name("clusterJoined", names, id)
        case .clusterLost(let id, let why):
            self.name("clusterLost", names, id)
            self.reason = why.rawValue
        case .memberJoined(let id, let member, let sponsor):
            self.name("memberJoined", names, id, member, by: sponsor)
        case .memberGone(let id, let member, let why):
            self.name("memberGone", names, id, member)
            self.reason = why.rawValue
        case .memberMet(let id, let member, let other):
            self.name("memberMet", names, id, member, by: other)
        case .removalProposed(let id, let member, let author):
            self.name("removalProposed", names, id, member, by: author)
        case .removalVoted(let id, let member, let voter):
            self.name("removalVoted", names, id, member, by: voter)
        case .memberAdmitted(let id, let member): self.name("memberAdmitted", names, id, member)
        case .memberWaits(let id, let member): self.name("memberWaits", names, id, member)
        case .memberReturned(let id, let member): self.name("memberReturned", names, id, member)
        case .memberBlocked(let id, let member, let author, let isOn):
            self.name("memberBlocked", names, id, member, by: author)
            self.blocked = isOn
        case .epochBegan(let id, let number):
            self.name("epochBegan", names, id)
            self.epoch = number
        case .memberEquivocated(let id, let member):
            self.name("memberEquivocated", names, id, member)
        case .memberCloned(let id, let member): self.name("memberCloned", names, id, member)
        case .pairingStarted, .trying, .pairingPhase, .pairingProblem, .trusted, .pairingEnded,
            .peerConnected, .peerUnreachable, .peerMoved, .peerRelayed, .peerForgotten,
            .ownAddresses, .bridgeMade, .bridgeOpened, .bridgeClosed, .bridgeVoted,
            .bridgePolicyChanged, .cardSeen, .cardGone:
            break
        }
    }

    private mutating func name(
        _ kind: String, _ names: EventNames, _ cluster: ClusterID, _ member: MemberID? = nil,
        by: MemberID? = nil
    ) {
        self.kind = kind
        self.cluster = cluster.description
        self.clusterName = names.clusters[cluster]
        self.member = member?.description
        self.memberName = member.flatMap { names.members[$0] }
        self.by = by?.description
        self.byName = by.flatMap { names.members[$0] }
    }
}

extension EventAddress {
    fileprivate init(_ candidate: Candidate) {
        self.init(endpoint: candidate.endpoint.description, kind: candidate.kind.rawValue)
    }
}
