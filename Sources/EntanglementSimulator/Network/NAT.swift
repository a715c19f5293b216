// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// One router that translates addresses, with its table of mappings.
struct NAT: Sendable {
    /// One inner endpoint's way out.
    private struct Mapping: Sendable {
        let inner: Endpoint
        /// Which destinations share it: the part of them that the mapping depends on.
        let scope: Endpoint?
        let outerPort: UInt16
        var usedAt: Instant
        /// To whom something went out by it, newest last.
        var spokenTo: [Endpoint]
    }

    /// What a packet from outside meets.
    enum Arrival: Equatable, Sendable {
        /// It goes to this inner endpoint.
        case passed(Endpoint)
        /// No mapping has that port.
        case unmapped
        /// The mapping lets only others in.
        case filtered
    }

    private static let spokenToCountMax = 64

    let behavior: NATBehavior
    /// The address on the outer side.
    private(set) var outer: IPAddress
    private var mappings: [Mapping] = []
    /// Where in `mappings` each outer port is.
    private var byPort: [UInt16: Int] = [:]
    private var nextPort: UInt16
    /// Mappings that had to go for new ones before their time.
    private(set) var evictedCount = 0

    init(_ behavior: NATBehavior, outer: IPAddress, firstPort: UInt16) {
        self.behavior = behavior
        self.outer = outer
        self.nextPort = max(firstPort, 1_024)
    }

    /// How many mappings there are, dead ones included until they are met.
    var mappingCount: Int { self.mappings.count }

    /// A packet goes out: where it seems to come from.
    mutating func send(
        from inner: Endpoint, to remote: Endpoint, now: Instant,
        using generator: inout SeededGenerator
    ) -> Endpoint {
        self.forgetIdle(now)
        let scope = Self.scope(of: remote, self.behavior.mapping)
        let position =
            self.mappings.firstIndex { $0.inner == inner && $0.scope == scope }
            ?? self.open(inner, scope, now, &generator)
        self.mappings[position].usedAt = now
        self.mappings[position].spokenTo.removeAll { $0 == remote }
        self.mappings[position].spokenTo.append(remote)
        if self.mappings[position].spokenTo.count > Self.spokenToCountMax {
            self.mappings[position].spokenTo.removeFirst()
        }
        return Endpoint(address: self.outer, port: self.mappings[position].outerPort)
    }

    /// A packet comes in at a port of the outer address.
    mutating func receive(at port: UInt16, from remote: Endpoint, now: Instant) -> Arrival {
        self.forgetIdle(now)
        guard let position = self.byPort[port] else { return .unmapped }
        let mapping = self.mappings[position]
        let isLetIn =
            switch self.behavior.filtering {
            case .endpointIndependent: true
            case .addressDependent: mapping.spokenTo.contains { $0.address == remote.address }
            case .addressAndPortDependent: mapping.spokenTo.contains(remote)
            }
        return isLetIn ? .passed(mapping.inner) : .filtered
    }

    /// The router starts anew, perhaps with another address: all mappings are gone.
    mutating func restart(outer: IPAddress) {
        self.outer = outer
        self.mappings = []
        self.byPort = [:]
    }

    private static func scope(
        of remote: Endpoint, _ dependence: NATBehavior.Dependence
    ) -> Endpoint? {
        switch dependence {
        case .endpointIndependent: nil
        case .addressDependent: Endpoint(address: remote.address, port: 0)
        case .addressAndPortDependent: remote
        }
    }

    private mutating func open(
        _ inner: Endpoint, _ scope: Endpoint?, _ now: Instant, _ generator: inout SeededGenerator
    ) -> Int {
        if self.mappings.count >= self.behavior.tableCountMax {
            let oldest = self.mappings.indices.min {
                self.mappings[$0].usedAt < self.mappings[$1].usedAt
            }
            if let oldest { self.remove(at: oldest) }
            self.evictedCount += 1
        }
        let port = self.freePort(for: inner, &generator)
        self.byPort[port] = self.mappings.count
        self.mappings.append(
            Mapping(inner: inner, scope: scope, outerPort: port, usedAt: now, spokenTo: []))
        return self.mappings.count - 1
    }

    private mutating func freePort(
        for inner: Endpoint, _ generator: inout SeededGenerator
    ) -> UInt16 {
        if self.behavior.portChoice == .preserving, self.byPort[inner.port] == nil {
            return inner.port
        }
        while true {
            let port: UInt16
            if self.behavior.portChoice == .sequential {
                port = self.nextPort
                self.nextPort = port == .max ? 1_024 : port + 1
            } else {
                port = UInt16.random(in: 1_024...UInt16.max, using: &generator)
            }
            if self.byPort[port] == nil { return port }
        }
    }

    private mutating func forgetIdle(_ now: Instant) {
        var position = 0
        while position < self.mappings.count {
            if now - self.mappings[position].usedAt >= self.behavior.mappingLife {
                self.remove(at: position)
            } else {
                position += 1
            }
        }
    }

    /// The last mapping takes the place of the one that goes.
    private mutating func remove(at position: Int) {
        self.byPort[self.mappings[position].outerPort] = nil
        let last = self.mappings.removeLast()
        guard position < self.mappings.count else { return }
        self.mappings[position] = last
        self.byPort[last.outerPort] = position
    }
}
