// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexAPI
import SpockexNode

extension EventRow {
    init(_ logged: LoggedEvent) {
        self.init(id: logged.id, at: Timestamp(logged.at), kind: "")
        switch logged.event {
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
            self.problem = problem.rawValue
        case .trusted(let id, let cluster):
            self.kind = "trusted"
            self.pairing = id.description
            self.peer = id.description
            self.cluster = cluster.description
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
            self.addresses = candidates.map { candidate in
                EventAddress(
                    endpoint: candidate.endpoint.description, kind: candidate.kind.rawValue)
            }
        }
    }
}
