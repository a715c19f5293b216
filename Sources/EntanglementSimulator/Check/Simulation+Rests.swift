// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// How long paths may rest, and what is in front of a host.
extension Simulation {
    /// No host lets a path rest longer than the routers in front of it remember.
    mutating func checkRests() {
        for position in self.hosts.indices where self.hosts[position].isRunning {
            for measured in self.hosts[position].node?.measuredRests ?? [] {
                guard let memory = self.memory(of: position, seenAt: measured.address),
                    measured.rest >= memory
                else { continue }
                self.checker.report(
                    .restIsInside, at: self.now, [self.hosts[position].id],
                    "a path rests for \(measured.rest), and the router remembers \(memory)")
            }
        }
    }

    /// How long what is between a host and the internet remembers who was called, where others see the host
    /// at that address; nil: it is not seen there (any more).
    func memory(of position: Int, seenAt address: IPAddress) -> Duration? {
        for interface in self.hosts[position].interfaces {
            if address.isIPv6 {
                guard interface.address == address,
                    let firewall = self.network.firewall(of: interface.network)
                else { continue }
                return self.network.firewalls[firewall].flowLife
            }
            var network = interface.network
            var memory: Duration?
            while let nat = self.network.nat(of: network) {
                let life = self.network.nats[nat].behavior.mappingLife
                memory = min(life, memory ?? life)
                guard let outer = self.network.outer(of: network) else { break }
                if outer == .internet, self.network.nats[nat].outer == address { return memory }
                network = outer
            }
        }
        return nil
    }
}
