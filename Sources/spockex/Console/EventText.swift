// SPDX-License-Identifier: Apache-2.0
import SpockexAPI

/// Events as sentences.
enum EventText {
    /// What happened, with names where they are known.
    static func sentence(_ event: EventRow, _ names: [String: String]) -> String {
        self.ofPairing(event, names) ?? self.ofPeer(event, names)
            ?? self.ofCluster(event, names) ?? event.kind
    }

    private static func ofPairing(_ event: EventRow, _ names: [String: String]) -> String? {
        let pairing = "Pairing \(Wording.short(event.pairing ?? ""))"
        switch event.kind {
        case "pairingStarted": return "\(pairing) began."
        case "trying":
            return "\(pairing) tries \((event.endpoints ?? []).joined(separator: ", "))."
        case "pairingPhase": return "\(pairing) is \(event.state ?? "")."
        case "pairingProblem": return "\(pairing): \(Wording.problem(event.problem))."
        case "pairingEnded":
            let why =
                switch event.reason {
                case "cancelled": "was cancelled"
                case "cancelledByPeer": "was cancelled by the other side"
                case "expired": "ran out of time"
                default: "ended"
                }
            return "\(pairing) \(why)."
        default: return nil
        }
    }

    private static func ofPeer(_ event: EventRow, _ names: [String: String]) -> String? {
        let id = event.peer ?? event.pairing ?? ""
        let who = names[id] ?? Wording.short(id)
        switch event.kind {
        case "trusted": return "\(who) is a peer now."
        case "bridgeMade": return "\(who) links its cluster with one of yours."
        case "peerConnected": return "\(who) is connected at \(event.endpoint ?? "")."
        case "peerUnreachable": return "\(who) cannot be reached; the search has begun."
        case "peerMoved":
            let from = event.from.map { " from \($0)" } ?? ""
            return "\(who) moved\(from) to \(event.endpoint ?? "")."
        case "peerRelayed":
            let helper = event.via.map { names[$0] ?? Wording.short($0) } ?? "a common peer"
            return "\(who) is connected by way of \(helper)."
        case "peerForgotten":
            return event.byPeer == true
                ? "\(who) ended the relation." : "\(who) knows that you ended the relation."
        case "ownAddresses":
            let list = (event.addresses ?? []).map { "\($0.endpoint) (\($0.kind))" }
            return "This node's addresses: "
                + (list.isEmpty ? "none known" : list.joined(separator: ", ")) + "."
        default: return nil
        }
    }

    private static func ofCluster(_ event: EventRow, _ names: [String: String]) -> String? {
        let cluster = self.cluster(event, names)
        let who = event.memberName ?? Wording.short(event.member ?? "")
        let by = event.by.map { event.byName ?? Wording.short($0) }
        switch event.kind {
        case "clusterJoined": return "This node is a member of \(cluster) now."
        case "clusterLost":
            return event.reason == "left"
                ? "This node has left \(cluster)." : "This node was removed from \(cluster)."
        case "memberJoined":
            return by.map { "\($0) took \(who) into \(cluster)." }
                ?? "\(who) founded \(cluster)."
        case "memberGone":
            return event.reason == "left"
                ? "\(who) has left \(cluster)." : "\(who) was removed from \(cluster)."
        case "memberMet":
            return "\(by ?? "Somebody") and \(who) of \(cluster) have met in person."
        case "removalProposed":
            return "\(by ?? "Somebody") wants \(who) to be removed from \(cluster)."
        case "removalVoted":
            return "\(by ?? "Somebody") also wants \(who) to be removed from \(cluster)."
        case "memberAdmitted":
            return "\(who), who waited, has a place in \(cluster) now."
        case "memberWaits":
            return "\(who) waits for a place in \(cluster): others go before."
        case "memberReturned":
            return "\(who) is a member of \(cluster) again: the removal does not hold any more."
        case "memberBlocked":
            return event.blocked == false
                ? "\(by ?? "Somebody") does not block \(who) in \(cluster) any more."
                : "\(by ?? "Somebody") blocks \(who) in \(cluster)."
        case "epochBegan":
            return "\(cluster) has a new secret, its number \(event.epoch ?? 0), which nobody has "
                + "who is gone."
        case "memberEquivocated":
            return "\(who) of \(cluster) has signed two different things; ask what happened."
        case "memberCloned":
            return "\(who) of \(cluster) runs twice: from a copy of its home, or somebody has its "
                + "keys."
        case "bridgeOpened":
            return "\(by ?? "Somebody") links \(cluster) with \(self.otherCluster(event))."
        case "bridgeClosed":
            return "A bridge of \(cluster) to \(self.otherCluster(event)) is closed."
        case "bridgeVoted", "bridgePolicyChanged": return self.bridge(event, by, cluster)
        case "cardSeen":
            return "\(event.cardName ?? "Somebody") of another cluster is seen by \(cluster)."
        case "cardGone":
            return "\(event.cardName ?? "Somebody") of another cluster is not seen any more."
        default: return nil
        }
    }

    private static func bridge(_ event: EventRow, _ by: String?, _ cluster: String) -> String {
        let bridge = "the bridge of \(cluster) to \(self.otherCluster(event))"
        if event.kind == "bridgePolicyChanged" {
            let policy = event.policy.map(BridgeText.policy) ?? "something else"
            return "What may cross \(bridge) is now: \(policy)."
        }
        let wanted = event.closing == false ? "does not want any more" : "wants"
        let what =
            event.bridge == nil
            ? "that \(cluster) has no bridges" : "that \(bridge) is closed"
        return "\(by ?? "Somebody") \(wanted) \(what)."
    }

    private static func otherCluster(_ event: EventRow) -> String {
        event.bridgeName.map { "“\($0)”" } ?? "another cluster"
    }

    private static func cluster(_ event: EventRow, _ names: [String: String]) -> String {
        let id = event.cluster ?? ""
        return (event.clusterName ?? names[id]).map { "“\($0)”" }
            ?? "the cluster \(Wording.short(id))"
    }
}
