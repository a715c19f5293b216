// SPDX-License-Identifier: Apache-2.0
import Entanglement

extension Event {
    /// The relation that the event is about, if there is one.
    var relation: RelationID? {
        switch self {
        case .pairingStarted(let id), .trying(let id, _), .pairingPhase(let id, _),
            .pairingProblem(let id, _), .trusted(let id, cluster: _), .pairingEnded(let id, _),
            .peerConnected(let id, _), .peerUnreachable(let id), .peerMoved(let id, from: _, to: _),
            .peerForgotten(let id, byPeer: _), .peerRelayed(let id, via: _),
            .bridgeMade(let id, _, _):
            id
        case .ownAddresses, .clusterJoined, .clusterLost, .memberJoined, .memberGone, .memberMet,
            .removalProposed, .removalVoted, .memberAdmitted, .memberWaits, .memberReturned,
            .memberBlocked, .epochBegan,
            .memberEquivocated, .memberCloned,
            .bridgeOpened, .bridgeClosed, .bridgeVoted, .bridgePolicyChanged, .cardSeen, .cardGone:
            nil
        }
    }

    /// Words with one space between them, the kind first: `peerMoved <id> - 192.0.2.1:41414`.
    ///
    /// Every word is canonical text without spaces; ``init(stored:)`` reads it back.
    var text: String {
        self.words.joined(separator: " ")
    }

    private var words: [String] {
        switch self {
        case .pairingStarted(let id): ["pairingStarted", "\(id)"]
        case .trying(let id, let endpoints): ["trying", "\(id)"] + endpoints.map(\.description)
        case .pairingPhase(let id, let phase): ["pairingPhase", "\(id)", phase.rawValue]
        case .pairingProblem(let id, let problem): ["pairingProblem", "\(id)", problem.rawValue]
        case .trusted(let id, let cluster): ["trusted", "\(id)", "\(cluster)"]
        case .pairingEnded(let id, let end): ["pairingEnded", "\(id)", end.rawValue]
        case .peerConnected(let id, let endpoint): ["peerConnected", "\(id)", "\(endpoint)"]
        case .peerUnreachable(let id): ["peerUnreachable", "\(id)"]
        case .peerMoved(let id, let from, let to):
            ["peerMoved", "\(id)", from?.description ?? "-", "\(to)"]
        case .peerRelayed(let id, let helper): ["peerRelayed", "\(id)", "\(helper)"]
        case .peerForgotten(let id, let byPeer):
            ["peerForgotten", "\(id)", byPeer ? "byPeer" : "byUs"]
        case .ownAddresses(let candidates):
            ["ownAddresses"] + candidates.map { "\($0.kind.rawValue)=\($0.endpoint)" }
        case .clusterJoined(let id): ["clusterJoined", "\(id)"]
        case .clusterLost(let id, let why): ["clusterLost", "\(id)", why.rawValue]
        case .memberJoined(let id, let member, let sponsor):
            ["memberJoined", "\(id)", "\(member)", sponsor?.description ?? "-"]
        case .memberGone(let id, let member, let why):
            ["memberGone", "\(id)", "\(member)", why.rawValue]
        case .memberMet(let id, let member, let author):
            ["memberMet", "\(id)", "\(member)", "\(author)"]
        case .removalProposed(let id, let member, let author):
            ["removalProposed", "\(id)", "\(member)", "\(author)"]
        case .removalVoted(let id, let member, let voter):
            ["removalVoted", "\(id)", "\(member)", "\(voter)"]
        case .memberAdmitted(let id, let member): ["memberAdmitted", "\(id)", "\(member)"]
        case .memberWaits(let id, let member): ["memberWaits", "\(id)", "\(member)"]
        case .memberReturned(let id, let member): ["memberReturned", "\(id)", "\(member)"]
        case .memberBlocked(let id, let member, let author, let isOn):
            ["memberBlocked", "\(id)", "\(member)", "\(author)", isOn ? "on" : "off"]
        case .epochBegan(let id, let number): ["epochBegan", "\(id)", "\(number)"]
        case .memberEquivocated(let id, let member): ["memberEquivocated", "\(id)", "\(member)"]
        case .memberCloned(let id, let member): ["memberCloned", "\(id)", "\(member)"]
        case .bridgeMade(let id, let cluster, let alias):
            ["bridgeMade", "\(id)", "\(cluster)", "\(alias)"]
        case .bridgeOpened(let id, let bridge, let author):
            ["bridgeOpened", "\(id)", "\(bridge)", "\(author)"]
        case .bridgeClosed(let id, let bridge): ["bridgeClosed", "\(id)", "\(bridge)"]
        case .bridgeVoted(let id, let bridge, let author, let isOn):
            ["bridgeVoted", "\(id)", "\(bridge)", "\(author)", isOn ? "on" : "off"]
        case .bridgePolicyChanged(let id, let bridge, let policy):
            [
                "bridgePolicyChanged", "\(id)", "\(bridge)", policy.level.name,
                policy.addresses ? "addresses" : "-",
            ]
        case .cardSeen(let id, let card): ["cardSeen", "\(id)", "\(card)"]
        case .cardGone(let id, let card): ["cardGone", "\(id)", "\(card)"]
        }
    }

    /// Reads what `text` wrote; nil for anything else.
    init?(stored text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard let kind = words.first else { return nil }
        if kind == "ownAddresses" {
            let candidates = words.dropFirst().compactMap { Candidate(stored: $0) }
            guard candidates.count == words.count - 1 else { return nil }
            self = .ownAddresses(candidates)
            return
        }
        guard words.count >= 2, let id = RelationID(words[1]), let cluster = ClusterID(words[1]),
            let event = Self.event(kind, of: id, Array(words[2...]))
                ?? Self.event(kind, in: cluster, Array(words[2...]))
        else { return nil }
        self = event
    }

    private static func event(_ kind: String, of id: RelationID, _ rest: [String]) -> Event? {
        switch (kind, rest.count) {
        case ("pairingStarted", 0): return .pairingStarted(id)
        case ("trying", _):
            let endpoints = rest.compactMap { Endpoint($0) }
            return endpoints.count == rest.count ? .trying(id, endpoints) : nil
        case ("pairingPhase", 1):
            return RelationPhase(rawValue: rest[0]).map { .pairingPhase(id, $0) }
        case ("pairingProblem", 1):
            return PairingProblem(rawValue: rest[0]).map { .pairingProblem(id, $0) }
        case ("trusted", 1): return ClusterID(rest[0]).map { .trusted(id, cluster: $0) }
        case ("pairingEnded", 1): return PairingEnd(rawValue: rest[0]).map { .pairingEnded(id, $0) }
        case ("peerConnected", 1): return Endpoint(rest[0]).map { .peerConnected(id, $0) }
        case ("peerUnreachable", 0): return .peerUnreachable(id)
        case ("peerMoved", 2):
            let from = Endpoint(rest[0])
            guard from != nil || rest[0] == "-", let to = Endpoint(rest[1]) else { return nil }
            return .peerMoved(id, from: from, to: to)
        case ("peerRelayed", 1):
            return RelationID(rest[0]).map { .peerRelayed(id, via: $0) }
        case ("bridgeMade", 2):
            guard let cluster = ClusterID(rest[0]), let alias = ClusterAlias(rest[1]) else {
                return nil
            }
            return .bridgeMade(id, cluster, alias)
        case ("peerForgotten", 1):
            guard ["byPeer", "byUs"].contains(rest[0]) else { return nil }
            return .peerForgotten(id, byPeer: rest[0] == "byPeer")
        case (_, _): return nil
        }
    }

    private static func event(_ kind: String, in id: ClusterID, _ rest: [String]) -> Event? {
        switch (kind, rest.count) {
        case ("clusterJoined", 0): return .clusterJoined(id)
        case ("clusterLost", 1):
            return MemberDeparture(rawValue: rest[0]).map { .clusterLost(id, $0) }
        case ("epochBegan", 1):
            guard let number = UInt32(rest[0]), "\(number)" == rest[0] else { return nil }
            return .epochBegan(id, number)
        case ("bridgeOpened", 2):
            guard let bridge = BridgeID(rest[0]), let author = MemberID(rest[1]) else {
                return nil
            }
            return .bridgeOpened(id, bridge, by: author)
        case ("bridgeClosed", 1): return BridgeID(rest[0]).map { .bridgeClosed(id, $0) }
        case ("bridgeVoted", 3):
            guard let bridge = BridgeID(rest[0]), let author = MemberID(rest[1]),
                ["on", "off"].contains(rest[2])
            else { return nil }
            return .bridgeVoted(id, bridge, by: author, isOn: rest[2] == "on")
        case ("bridgePolicyChanged", 3):
            guard let bridge = BridgeID(rest[0]), let level = BridgeLevel(name: rest[1]),
                ["addresses", "-"].contains(rest[2])
            else { return nil }
            let policy = BridgePolicy(level, addresses: rest[2] == "addresses")
            return .bridgePolicyChanged(id, bridge, policy)
        case ("cardSeen", 1): return CardID(rest[0]).map { .cardSeen(id, $0) }
        case ("cardGone", 1): return CardID(rest[0]).map { .cardGone(id, $0) }
        case (_, _): return self.event(kind, in: id, ofMember: rest)
        }
    }

    private static func event(_ kind: String, in id: ClusterID, ofMember rest: [String]) -> Event? {
        guard let member = rest.first.flatMap({ MemberID($0) }) else { return nil }
        switch (kind, rest.count) {
        case ("memberJoined", 2):
            let sponsor = MemberID(rest[1])
            guard sponsor != nil || rest[1] == "-" else { return nil }
            return .memberJoined(id, member, sponsor: sponsor)
        case ("memberGone", 2):
            return MemberDeparture(rawValue: rest[1]).map { .memberGone(id, member, $0) }
        case ("memberMet", 2): return MemberID(rest[1]).map { .memberMet(id, member, by: $0) }
        case ("removalProposed", 2):
            return MemberID(rest[1]).map { .removalProposed(id, member, by: $0) }
        case ("removalVoted", 2):
            return MemberID(rest[1]).map { .removalVoted(id, member, by: $0) }
        case ("memberAdmitted", 1): return .memberAdmitted(id, member)
        case ("memberWaits", 1): return .memberWaits(id, member)
        case ("memberReturned", 1): return .memberReturned(id, member)
        case ("memberBlocked", 3):
            guard ["on", "off"].contains(rest[2]) else { return nil }
            return MemberID(rest[1]).map {
                .memberBlocked(id, member, by: $0, isOn: rest[2] == "on")
            }
        case ("memberEquivocated", 1): return .memberEquivocated(id, member)
        case ("memberCloned", 1): return .memberCloned(id, member)
        case (_, _): return nil
        }
    }
}

extension Candidate {
    fileprivate init?(stored word: String) {
        guard let separator = word.firstIndex(of: "="),
            let kind = Kind(rawValue: String(word[..<separator])),
            let endpoint = Endpoint(String(word[word.index(after: separator)...]))
        else { return nil }
        self.init(endpoint: endpoint, kind: kind)
    }
}
