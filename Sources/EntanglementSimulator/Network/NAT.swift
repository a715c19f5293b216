// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// One router that translates addresses, with its table of mappings and its static forwards.
struct NAT: Sendable {
    /// What packets going out share that leave by one mapping.
    private struct Key: Sendable, Hashable {
        var inner: Endpoint
        /// Which destinations share it: the part of them that the mapping depends on.
        var scope: Endpoint?
    }

    /// One inner endpoint's way out.
    private struct Mapping: Sendable {
        var inner: Endpoint
        var outerPort: UInt16
        /// To whom something went out by it, newest last.
        private(set) var spokenTo: [Endpoint] = []
        /// The same, to look one of them up; never gone through.
        private(set) var known: Set<Endpoint> = []

        init(inner: Endpoint, outerPort: UInt16) {
            self.inner = inner
            self.outerPort = outerPort
        }

        mutating func speak(to remote: Endpoint, countMax: Int) {
            guard self.spokenTo.last != remote else { return }
            if !self.known.insert(remote).inserted,
                let former = self.spokenTo.lastIndex(of: remote)
            {
                self.spokenTo.remove(at: former)
            }
            self.spokenTo.append(remote)
            guard self.spokenTo.count > countMax else { return }
            self.known.remove(self.spokenTo.removeFirst())
        }
    }

    /// A port that is open to everybody, by the will of somebody inside.
    private struct Forward: Sendable {
        var port: UInt16
        var inner: Endpoint
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

    /// To how many endpoints one mapping is open: a small table forgets these too.
    private var spokenToCountMax: Int { min(self.behavior.tableCountMax, 1_024) }
    /// How many static forwards there may be.
    static let forwardCountMax = 64

    var behavior: NATBehavior
    /// The address on the outer side.
    private(set) var outer: IPAddress
    private var mappings = RecencyTable<Key, Mapping>()
    /// Where in `mappings` each outer port is.
    private var byPort: [UInt16: Int] = [:]
    private var forwards: [Forward] = []
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
        let key = Key(inner: inner, scope: Self.scope(of: remote, self.behavior.mapping))
        if let forward = self.forwards.first(where: { $0.inner == inner }) {
            if let former = self.mappings.position(of: key) {
                self.mappings.touch(former, now: now)
                self.mappings[former].speak(to: remote, countMax: self.spokenToCountMax)
            }
            return Endpoint(address: self.outer, port: forward.port)
        }
        let position: Int
        if let known = self.mappings.position(of: key) {
            position = known
            self.mappings.touch(known, now: now)
        } else {
            position = self.open(key, now, &generator)
        }
        self.mappings[position].speak(to: remote, countMax: self.spokenToCountMax)
        return Endpoint(address: self.outer, port: self.mappings[position].outerPort)
    }

    /// A packet comes in at a port of the outer address.
    mutating func receive(at port: UInt16, from remote: Endpoint, now: Instant) -> Arrival {
        self.forgetIdle(now)
        if let forward = self.forwards.first(where: { $0.port == port }) {
            return .passed(forward.inner)
        }
        guard let position = self.byPort[port] else { return .unmapped }
        let isLetIn =
            switch self.behavior.filtering {
            case .endpointIndependent: true
            case .addressDependent:
                self.mappings[position].spokenTo.contains { $0.address == remote.address }
            case .addressAndPortDependent: self.mappings[position].known.contains(remote)
            }
        return isLetIn ? .passed(self.mappings[position].inner) : .filtered
    }

    /// The router starts anew, perhaps with another address: mappings and forwards are gone.
    mutating func restart(outer: IPAddress) {
        self.outer = outer
        self.forgetMappings()
        self.forwards = []
    }

    /// The table is empty again; static forwards stay.
    mutating func forgetMappings() {
        self.mappings.removeAll()
        self.byPort = [:]
    }

    // MARK: Static forwards

    /// Whether packets to an outer port go anywhere now.
    func isTaken(_ port: UInt16) -> Bool {
        self.byPort[port] != nil || self.forwards.contains { $0.port == port }
    }

    /// Makes these the only forwards there are.
    mutating func setForwards(_ wanted: [(port: UInt16, inner: Endpoint)]) {
        for forward in self.forwards
        where !wanted.contains(where: { $0.port == forward.port && $0.inner == forward.inner }) {
            self.removeForward(forward.port)
        }
        for (port, inner) in wanted
        where !self.forwards.contains(where: { $0.port == port && $0.inner == inner }) {
            self.forward(port, to: inner)
        }
    }

    /// Opens an outer port to everybody, for one inner endpoint, whose packets leave by it.
    ///
    /// A forward that had the port ends, and so does a mapping, unless it is the same endpoint's: that is
    /// there again when the forward is closed, as the flows that a router tracks are.
    /// When there are `forwardCountMax` forwards already, the first of them ends.
    mutating func forward(_ port: UInt16, to inner: Endpoint) {
        self.removeForward(port)
        if let position = self.byPort[port], self.mappings[position].inner != inner {
            self.remove(at: position)
        }
        if self.forwards.count >= Self.forwardCountMax { self.forwards.removeFirst() }
        self.forwards.append(Forward(port: port, inner: inner))
    }

    /// Closes a forwarded port.
    mutating func removeForward(_ port: UInt16) {
        self.forwards.removeAll { $0.port == port }
    }

    // MARK: Mappings

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
        _ key: Key, _ now: Instant, _ generator: inout SeededGenerator
    ) -> Int {
        if self.mappings.count >= self.behavior.tableCountMax, let oldest = self.mappings.oldest {
            self.remove(at: oldest)
            self.evictedCount += 1
        }
        let port = self.freePort(for: key.inner, &generator)
        let mapping = Mapping(inner: key.inner, outerPort: port)
        let position = self.mappings.insert(key, mapping, now: now)
        self.byPort[port] = position
        return position
    }

    private mutating func freePort(
        for inner: Endpoint, _ generator: inout SeededGenerator
    ) -> UInt16 {
        if self.behavior.portChoice == .preserving, !self.isTaken(inner.port) {
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
            if !self.isTaken(port) { return port }
        }
    }

    /// Ends what has been idle for too long; the table has it at its front.
    private mutating func forgetIdle(_ now: Instant) {
        while let oldest = self.mappings.oldest,
            now - self.mappings.usedAt(oldest) >= self.behavior.mappingLife
        {
            self.remove(at: oldest)
        }
    }

    private mutating func remove(at position: Int) {
        self.byPort[self.mappings[position].outerPort] = nil
        self.mappings.remove(at: position)
    }
}
