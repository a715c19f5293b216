// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

@testable import EntanglementSimulator

/// A router as one would write it without thinking of time: one list, searched from its start.
struct NaiveNAT {
    struct Mapping {
        let inner: Endpoint
        let remote: Endpoint
        let port: UInt16
        var usedAt: Instant
        var spokenTo: [Endpoint]
    }

    let behavior: NATBehavior
    let outer: IPAddress
    var nextPort: UInt16
    /// Idle longest first.
    var mappings: [Mapping] = []

    private func isOneFlow(_ one: Endpoint, _ other: Endpoint) -> Bool {
        switch self.behavior.mapping {
        case .endpointIndependent: true
        case .addressDependent: one.address == other.address
        case .addressAndPortDependent: one == other
        }
    }

    private mutating func forgetIdle(_ now: Instant) {
        self.mappings.removeAll { now - $0.usedAt >= self.behavior.mappingLife }
    }

    private mutating func freePort(
        _ inner: Endpoint, _ generator: inout SeededGenerator
    ) -> UInt16 {
        let taken = Set(self.mappings.map(\.port))
        if self.behavior.portChoice == .preserving, !taken.contains(inner.port) {
            return inner.port
        }
        while true {
            var port = UInt16(0)
            if self.behavior.portChoice == .sequential {
                port = self.nextPort
                self.nextPort = port == .max ? 1_024 : port + 1
            } else {
                port = UInt16.random(in: 1_024...UInt16.max, using: &generator)
            }
            if !taken.contains(port) { return port }
        }
    }

    mutating func send(
        from inner: Endpoint, to remote: Endpoint, now: Instant,
        using generator: inout SeededGenerator
    ) -> Endpoint {
        self.forgetIdle(now)
        var mapping: Mapping
        let known = self.mappings.firstIndex {
            $0.inner == inner && self.isOneFlow($0.remote, remote)
        }
        if let known {
            mapping = self.mappings.remove(at: known)
        } else {
            if self.mappings.count >= self.behavior.tableCountMax { self.mappings.removeFirst() }
            mapping = Mapping(
                inner: inner, remote: remote, port: self.freePort(inner, &generator), usedAt: now,
                spokenTo: [])
        }
        mapping.usedAt = now
        mapping.spokenTo =
            mapping.spokenTo.filter { $0 != remote }.suffix(
                min(self.behavior.tableCountMax, 1_024) - 1) + [remote]
        self.mappings.append(mapping)
        return Endpoint(address: self.outer, port: mapping.port)
    }

    mutating func receive(at port: UInt16, from remote: Endpoint, now: Instant) -> NAT.Arrival {
        self.forgetIdle(now)
        guard let mapping = self.mappings.first(where: { $0.port == port }) else {
            return .unmapped
        }
        let isLetIn =
            switch self.behavior.filtering {
            case .endpointIndependent: true
            case .addressDependent: mapping.spokenTo.contains { $0.address == remote.address }
            case .addressAndPortDependent: mapping.spokenTo.contains(remote)
            }
        return isLetIn ? .passed(mapping.inner) : .filtered
    }
}
