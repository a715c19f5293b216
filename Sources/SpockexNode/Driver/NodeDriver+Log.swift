// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Logging

extension NodeDriver {
    /// Writes one event to the log: what happened for everybody, who and where for debugging alone.
    func log(_ event: Event) {
        self.logger.info("\(event.summary)")
        self.logger.debug("event", metadata: ["event": "\(event)"])
    }
}

extension Event {
    /// What happened, without ids and addresses.
    var summary: String {
        switch self {
        case .pairingStarted: "a pairing started"
        case .trying(_, let endpoints): "trying \(endpoints.count) endpoints of a peer"
        case .pairingPhase(_, let phase): "a pairing is \(phase.rawValue)"
        case .pairingProblem(_, let problem): "a pairing has a problem: \(problem)"
        case .trusted: "a pairing is finished: the other is a peer"
        case .pairingEnded(_, let end): "a pairing ended: \(end.rawValue)"
        case .peerConnected: "a peer is connected"
        case .peerUnreachable: "a peer stopped answering"
        case .peerMoved: "a peer moved"
        case .peerRelayed: "a peer is reached by way of another"
        case .peerForgotten(_, let byPeer):
            byPeer ? "a peer ended the relation" : "a relation was ended"
        case .ownAddresses(let addresses): "\(addresses.count) own addresses are known"
        case .clusterJoined: "the records say that this node is a member of a cluster"
        case .clusterLost(_, let why):
            "this node does not belong to a cluster any more: \(why.rawValue)"
        case .memberJoined: "a member was taken into a cluster"
        case .memberGone(_, _, let why): "a member is gone from a cluster: \(why.rawValue)"
        case .memberMet: "two members of a cluster have met"
        case .removalProposed: "the removal of a member is proposed"
        case .removalVoted: "a vote for the removal of a member was given"
        case .memberAdmitted: "a member who waited has a place in a cluster"
        case .memberWaits: "a member waits for a place in a cluster"
        case .memberReturned: "the removal of a member does not hold any more"
        case .memberBlocked(_, _, _, let isOn):
            isOn ? "a member is blocked" : "a member is not blocked any more"
        case .epochBegan(_, let number): "a cluster has a new secret, its number \(number)"
        case .memberEquivocated: "a member signed two different things"
        case .memberCloned: "a member runs twice"
        case .bridgeMade: "a pairing is finished: it links two clusters"
        case .bridgeOpened: "a bridge is open"
        case .bridgeClosed: "a bridge is closed"
        case .bridgeVoted(_, _, _, let isOn):
            isOn ? "a member votes against a bridge" : "a vote against a bridge is taken back"
        case .bridgePolicyChanged: "a bridge allows something else"
        case .cardSeen: "somebody of another cluster is seen"
        case .cardGone: "somebody of another cluster is not seen any more"
        }
    }
}
