// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexAPI
import SpockexNode

extension NetworkReport {
    init(_ report: NodeReport) {
        let (status, network) = (report.status, report.status.network)
        self.init(
            nat: NAT(network), router: RouterRow(report.router),
            ipv4: Family(status, isIPv6: false), ipv6: Family(status, isIPv6: true),
            firewall: network.isCalledUnasked ? "none" : "unknown",
            udp: network.isSeenFromOutside ? "yes" : network.isAskedInVain ? "no" : "unknown",
            peersSay: status.peers.compactMap { peer in
                guard peer.isConnected, let echo = peer.echo else { return nil }
                return Voice(peer: peer.name, endpoint: echo.description)
            })
    }
}

extension NetworkReport.Family {
    init(_ status: NodeStatus, isIPv6: Bool) {
        let fitting = status.addresses.map(\.candidate).filter {
            $0.endpoint.address.isIPv6 == isIPv6
        }
        let local = fitting.filter { $0.kind == .lan || $0.kind == .ipv6 }
        let outside = fitting.filter { $0.kind != .lan && $0.kind != .ipv6 }
        var seen: Set<IPAddress> = []
        self.init(
            local: local.map(\.endpoint.address).filter { seen.insert($0).inserted }
                .map(\.description),
            outside: outside.map(\.endpoint.description),
            lifetime: status.network.lifetimes.first { $0.address.isIPv6 == isIPv6 }
                .map { NetworkReport.Lifetime($0) },
            isOpen: status.network.open.contains { $0.address.isIPv6 == isIPv6 })
    }
}

extension NetworkReport.Lifetime {
    init(_ measured: MappingLifetime) {
        self.init(
            outlasted: measured.outlasted.map(Self.seconds),
            endedWithin: measured.endedWithin.map(Self.seconds), rest: Self.seconds(measured.rest))
    }

    private static func seconds(_ span: Duration) -> Int {
        Int(clamping: span.components.seconds)
    }
}

extension NetworkReport.NAT {
    init(_ network: NetworkFindings) {
        let (mapping, consequence) = Self.words(network.mapping)
        self.init(
            mapping: mapping, filtering: network.isCalledUnasked ? "none" : "unknown",
            consequence: consequence)
    }

    private static func words(_ mapping: NATHint?) -> (mapping: String, consequence: String) {
        switch mapping {
        case .open?:
            (
                "none",
                "This device has a public address and needs no router for it; a firewall may still "
                    + "keep others out."
            )
        case .endpointIndependent?:
            (
                "endpointIndependent",
                "The router keeps one port for all: nearly everybody can be met directly."
            )
        case .addressDependent?:
            (
                "addressDependent",
                "The router takes another port for each other side: people behind routers that "
                    + "keep their port can be met, after some seconds of probing."
            )
        case .addressAndPortDependent?:
            (
                "addressAndPortDependent",
                "The router takes another port for each connection: people behind routers that "
                    + "keep their port can be met, after some seconds of probing; others by port "
                    + "mapping, IPv6 or a common peer."
            )
        case .sequential?:
            (
                "sequential",
                "The router takes the next port for each connection: nearly everybody can be met, "
                    + "since the next port can be guessed."
            )
        case nil:
            ("unknown", "Nobody has told yet how the router works; meet somebody first.")
        }
    }
}
