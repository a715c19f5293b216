// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexAPI
import SpockexNode

extension Timestamp {
    init(_ time: WallTime) {
        self.init(milliseconds: time.milliseconds)
    }
}

extension Duration {
    /// Milliseconds, with microseconds after the point.
    var milliseconds: Double {
        Double(self.nanoseconds / 1000) / 1000
    }
}

extension StatusReport {
    init(_ report: NodeReport) {
        let status = report.status
        self.init(
            node: NodeRow(
                name: status.name, version: report.version,
                startedAt: Timestamp(report.startedAt), listen: report.listen.map(\.description),
                addresses: status.addresses.map { AddressRow($0) },
                ipgetterQueries: report.ipgetterQueries),
            peers: status.peers.map { PeerRow($0, in: status) },
            clusters: status.clusters.map { ClusterRow($0) },
            bridges: status.bridges.map { BridgeRow($0, in: status) },
            pairings: status.pairings.map { PairingRow($0) },
            router: RouterRow(report.router), lastResorts: LastResortsRow(report.lastResorts),
            counters: Dictionary(
                report.counters.map { ($0.name, $0.count) }, uniquingKeysWith: { $0 + $1 }))
    }
}

extension LastResortsRow {
    init(_ report: LastResortReport) {
        func row(_ way: LastResortReport.Way) -> LastResortRow {
            LastResortRow(
                done: way.successCount, failed: way.failureCount, lastFailure: way.failure)
        }
        self.init(dht: report.dht.map(row), deadDrop: report.deadDrop.map(row))
    }
}

extension AddressRow {
    init(_ address: NodeStatus.OwnAddress) {
        self.init(
            endpoint: address.candidate.endpoint.description,
            kind: address.candidate.kind.rawValue, confirmedBy: address.confirmedBy)
    }
}

extension PathRow {
    init(_ path: PeerPath, in status: NodeStatus) {
        switch path {
        case .direct(let endpoint):
            self.init(kind: "direct", endpoint: endpoint.description)
        case .relayed(let helper, let reason):
            let name =
                status.peers.first { $0.id == helper }?.name ?? helper.description
            let far = reason == .bridge ? status.farEnd(by: helper) : nil
            self.init(
                kind: "relayed", endpoint: nil, via: name, reason: reason.rawValue,
                hops: [name] + (far.map { [$0] } ?? []))
        }
    }
}

extension PeerRow {
    init(_ peer: NodeStatus.Peer, in status: NodeStatus) {
        var path = peer.path.map { PeerPath.direct($0) }
        if let helper = peer.via {
            path = .relayed(via: helper, reason: peer.reason ?? .noDirectPath)
        }
        self.init(
            id: peer.id.description, name: peer.name,
            state: peer.isConnected ? "connected" : "unreachable",
            met: peer.cluster == nil && !peer.isMet
                ? "card" : status.isMet(peer) ? "inPerson" : "introduced",
            introducedBy: status.introducer(of: peer), path: path.map { PathRow($0, in: status) },
            rttMilliseconds: peer.roundTrip?.milliseconds,
            lastHeardAt: peer.lastHeardAt.map { Timestamp($0) },
            cluster: peer.cluster?.description,
            bridge: status.bridge(of: peer)?.description,
            verified: status.foreignCards.first { $0.relation == peer.id }?.isConfirmed,
            matchedAt: peer.matchedAt.map { Timestamp($0) },
            forgotten: peer.isForgetting, cause: peer.obstacle.map { CauseRow($0) })
    }
}

extension PairingRow {
    init(_ pairing: NodeStatus.Pairing) {
        self.init(
            id: pairing.id.description, role: pairing.role.rawValue,
            wish: pairing.wish.word, reference: pairing.reference, state: pairing.phase.rawValue,
            createdAt: Timestamp(pairing.createdAt),
            expiresAt: Timestamp(pairing.expiresAt), lastError: pairing.problem?.name,
            cause: pairing.obstacle.map { CauseRow($0) })
    }
}

extension PairingReport {
    /// What is known of a pairing or of the peer that it became; nil: nothing of that id.
    init?(_ id: RelationID, in status: NodeStatus) {
        if let pairing = status.pairings.first(where: { $0.id == id }) {
            self.init(unfinished: PairingRow(pairing), trusted: nil)
        } else if let peer = status.peers.first(where: { $0.id == id }) {
            self.init(unfinished: nil, trusted: TrustReport(peer, in: status))
        } else {
            return nil
        }
    }
}

extension TrustReport {
    init(_ peer: NodeStatus.Peer, in status: NodeStatus) {
        let cluster = peer.cluster.map { id in
            ClusterName(
                id: id.description,
                name: status.clusters.first { $0.id == id }?.name ?? id.description)
        }
        self.init(
            pairing: peer.id.description, peer: PeerRow(peer, in: status), cluster: cluster,
            bridge: status.bridge(of: peer)?.description, scenario: status.scenario(of: peer),
            safetyNumber: peer.safetyNumber,
            echo: peer.echo?.description)
    }
}
