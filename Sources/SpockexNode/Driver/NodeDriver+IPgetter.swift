// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Logging
import SpockexTransport

extension NodeDriver {
    /// Does what the IPgetter wants; what it sends leaves with the batch.
    func follow(_ steps: [IPgetter.Step], now: Moment, into outputs: inout [Output]) {
        for step in steps {
            switch step {
            case .lookUp(let servers): self.lookUp.yield(servers)
            case .send(let bytes, let server): outputs.append(.send(bytes, to: server))
            case .told(let answer):
                if answer != .nothing {
                    self.logger.info("an outside service told the own address")
                }
                self.node.handle(.ipgetter(answer), now: now, into: &outputs)
            case .lapsed: self.node.handle(.ipgetterLapsed, now: now, into: &outputs)
            }
        }
    }

    /// Whether somebody may be about to use the address in a code that this node shows.
    func showsCode(now: Moment) -> Bool {
        self.node.status(now: now).pairings.contains {
            $0.phase == .offered || $0.phase == .answered || $0.phase == .connecting
        }
    }

    /// Looks all servers up, one after the other.
    nonisolated static func endpoints(of servers: [HostPort]) async -> [Endpoint] {
        var endpoints: [Endpoint] = []
        for server in servers { endpoints += await server.resolve() }
        return endpoints
    }
}
