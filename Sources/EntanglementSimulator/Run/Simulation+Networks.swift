// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// What a plan does to networks.
extension Simulation {
    mutating func carryOutOnNetwork(_ action: Action) {
        switch action {
        case .move(let ids):
            self.count(
                ids.count == self.hosts.count ? .allMoved : ids.count > 1 ? .severalMoved : .moved)
            for _ in ids { self.count(.addressChange) }
            self.move(ids)
        case .unplug(let id):
            guard self.unplugOne(id) else { return }
            self.count(.linkLost)
        case .plugIn(let id):
            guard self.plugInAll(id) else { return }
            self.count(.linkBack)
        case .setInternet(let conditions):
            self.count(.badInternet)
            self.network.set(conditions)
            self.checker.lateUntil =
                conditions.isLate
                ? Instant(nanoseconds: .max)
                : self.checker.lateUntil.map { min($0, self.now + .seconds(70)) }
        case .cut(let one, let other):
            self.count(.oneWayCut)
            self.network.cut(from: one, to: other)
        case .split(let hosts):
            self.count(hosts.isEmpty ? .partitionEnded : .partition)
            self.network.partition(hosts)
        case .strike(let id, let fault): self.strike(id, fault)
        default: break
        }
    }

    /// Lets a fault happen in one of the networks that a host is in.
    private mutating func strike(_ id: HostID, _ fault: NetworkFault) {
        let networks = self.hosts[id.number].interfaces.map(\.network)
        guard let network = networks.randomElement(using: &self.generator), network != .internet
        else { return }
        let carrier = networks.compactMap { self.carrier(of: $0) }.first
        switch fault {
        case .restart(let renumbers):
            self.restartRouter(
                of: network, renumbers: renumbers, .routerRestart, .routerRenumbered)
        case .carrierRestart(let renumbers):
            guard let carrier else { return }
            self.restartRouter(
                of: carrier, renumbers: renumbers, .carrierRestart, .carrierRenumbered)
        case .prefixChange:
            for network in networks where self.changePrefix(of: network) {
                return self.count(.prefixChange)
            }
        case .crowd: self.crowd(carrier ?? network)
        case .links(let conditions):
            self.count(.badLinks)
            self.network.set(conditions, of: network)
        case .narrow(let byteCount):
            self.count(.narrowLinks)
            self.network.narrow(network, toByteCount: byteCount)
        case .uplinkCut(let isOutward):
            self.count(.uplinkCut)
            self.network.cutUplink(of: network, isOutward: isOutward)
        case .noUDP:
            self.count(.noUDP)
            self.network.setDropsUDP(true, in: network)
        }
    }

    /// The carrier's network that a network is, or is below; nil: there is none.
    private func carrier(of network: NetworkID) -> NetworkID? {
        [network, self.network.outer(of: network)].compactMap { $0 }
            .first { self.network.kind(of: $0) == .carrier }
    }

    private mutating func restartRouter(
        of network: NetworkID, renumbers: Bool, _ restarted: Fault, _ renumbered: Fault
    ) {
        self.count(renumbers ? renumbered : restarted)
        let outer = self.network.outer(of: network)
        let address = renumbers ? outer.map { self.freshAddress(in: $0) } : nil
        self.network.restartGateway(of: network, outerAddress: address)
        self.restartService(of: network)
    }

    /// Half as many foreign flows as the table holds, up to a quarter more than it holds.
    private mutating func crowd(_ network: NetworkID) {
        guard let tableCount = self.network.tableCountMax(of: network) else { return }
        self.count(.crowd)
        let count = Int.random(
            in: (tableCount / 2)...(tableCount + tableCount / 4), using: &self.generator)
        self.network.crowd(network, flowCount: count, now: self.now, using: &self.generator)
    }
}
