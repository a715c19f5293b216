// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexAPI
import SpockexNode

extension RouterRow {
    init(_ report: RouterReport) {
        let mapped = report.openings.first { !$0.external.address.isIPv6 }
        let pinholes = report.openings.filter(\.external.address.isIPv6)
        let main = mapped ?? pinholes.first
        self.init(
            state: report.state.rawValue, gateway: report.gateway?.description,
            protocol: main?.method, externalAddress: mapped?.external.description,
            leaseSeconds: main.map { $0.leaseLeft.nanoseconds / 1_000_000_000 },
            pinholes: pinholes.map(\.external.description),
            doubleNat: report.secondNAT?.description, reason: report.state.reason)
    }
}

extension RouterReport.State {
    /// Why nothing is open, in one sentence.
    fileprivate var reason: String? {
        switch self {
        case .open: nil
        case .asking: "The router is being asked to open the port and has not answered yet."
        case .refused:
            "The router does not open ports; switch on UPnP, NAT-PMP or PCP in its settings."
        case .secondNAT:
            "The router has a private address itself, so a port of its would lead nowhere."
        case .noRouter: "No router here leads others to where this node listens."
        case .publicAddress: "This computer has a public address and needs no router for it."
        case .loopback: "The node listens on loopback alone."
        case .notNeeded: "The node has no peer and no pairing, so nobody would use the port."
        case .off: "The node was started with --no-portmap."
        }
    }
}
