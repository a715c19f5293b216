// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// One own endpoint that is to be reachable from outside: the race of the protocols, the lease.
struct Opening: Sendable {
    /// What a router has granted.
    struct Lease: Sendable {
        let external: Endpoint
        let method: PortMapper.Method
        let expiry: Instant
        /// When it is to be renewed; `nil` while that is being done.
        var renewal: Instant?
        /// The router may have forgotten it: a refusal now is its end.
        var isDoubtful = false
    }

    private enum UPnPUse {
        case never, ready, asked
        case waiting(until: Instant)
    }

    let inner: Endpoint
    private(set) var pcp: PCPExchange?
    private(set) var natpmp: NATPMPExchange?
    private(set) var lease: Lease?
    private var upnpUse: UPnPUse
    private var retryAt: Instant?
    /// Refusals by PCP in a row that led to a new race.
    private var refusalCount = 0
    /// The second NAT's address that was told last.
    private var toldAddress: IPAddress?

    init(_ inner: Endpoint, pcp: PCPExchange?, natpmp: NATPMPExchange?, usesUPnP: Bool) {
        self.inner = inner
        self.pcp = pcp
        self.natpmp = natpmp
        self.upnpUse = usesUPnP ? .ready : .never
    }

    var isSearching: Bool {
        switch self.upnpUse {
        case .asked, .waiting: true
        case .never, .ready: self.pcp?.isAsking ?? false || self.natpmp?.isAsking ?? false
        }
    }

    /// Whether nothing is open and nobody is being asked.
    var isIdle: Bool { self.lease == nil && !self.isSearching }

    var deadline: Instant? {
        var all = [self.pcp?.deadline, self.natpmp?.deadline, self.retryAt]
        all += [self.lease?.renewal, self.lease?.expiry]
        if case .waiting(let until) = self.upnpUse { all.append(until) }
        return all.compactMap { $0 }.min()
    }

    /// Asks by all protocols: PCP and NAT-PMP now, UPnP if they do not answer at once.
    mutating func begin(
        _ upnp: inout UPnPSession, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        self.retryAt = nil
        self.pcp?.ask(&turn)
        self.natpmp?.ask(holdsBack: self.pcp != nil, &turn)
        switch self.upnpUse {
        case .never: break
        case .ready, .asked, .waiting:
            upnp.drop(self.inner, &turn)
            self.upnpUse = .waiting(until: turn.now + Limits.upnpDelay)
        }
    }

    /// Asks again now for what was granted; without a lease, starts the race again.
    mutating func refresh(
        isDoubtful: Bool, _ upnp: inout UPnPSession,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        guard let lease else {
            if !self.isSearching { self.begin(&upnp, &turn) }
            return
        }
        self.lease?.renewal = nil
        if isDoubtful { self.lease?.isDoubtful = true }
        switch lease.method {
        case .pcp: self.pcp?.ask(&turn)
        case .natpmp: self.natpmp?.ask(holdsBack: false, &turn)
        case .upnp:
            self.upnpUse = .asked
            upnp.want(self.inner, externalPort: lease.external.port, &turn)
        }
    }

    mutating func timer(
        _ upnp: inout UPnPSession, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        if let lease, lease.expiry <= turn.now {
            self.lose(&turn)
            self.begin(&upnp, &turn)
        }
        if let verdict = self.pcp?.timer(&turn) { self.take(verdict, by: .pcp, &upnp, &turn) }
        if let verdict = self.natpmp?.timer(&turn) {
            self.take(verdict, by: .natpmp, &upnp, &turn)
        }
        if case .waiting(let until) = self.upnpUse, until <= turn.now {
            self.upnpUse = .asked
            upnp.want(self.inner, externalPort: self.inner.port, &turn)
        }
        if let renewal = self.lease?.renewal, renewal <= turn.now {
            self.refresh(isDoubtful: false, &upnp, &turn)
        }
        if let retryAt, retryAt <= turn.now { self.begin(&upnp, &turn) }
    }

    /// UPnP has another router now, or none: what the old one opened is lost.
    mutating func changeUPnP(
        isUsed: Bool, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        self.upnpUse = isUsed ? .ready : .never
        if self.lease?.method == .upnp { self.lose(&turn) }
    }

    /// Closes what any protocol has opened or may be opening: of two, one may have taken the
    /// other's mapping over.
    mutating func close(
        _ upnp: inout UPnPSession, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        if self.pcp?.mayBeOpen ?? false { self.pcp?.delete(&turn) }
        if self.natpmp?.mayBeOpen ?? false { self.natpmp?.delete(&turn) }
        upnp.delete(self.inner, &turn)
        self.lose(&turn)
    }

    /// Takes what came out by one protocol.
    mutating func take(
        _ verdict: Verdict, by method: PortMapper.Method, _ upnp: inout UPnPSession,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        if method == .upnp { self.upnpUse = .ready }
        switch verdict {
        case .granted(let external, let life):
            self.weigh(external, life, by: method, &upnp, &turn)
        case .secondNAT(let address):
            self.takeSecondNAT(address, by: method, &turn)
        case .failed:
            self.fail(method, &upnp, &turn)
        }
        if self.isIdle, self.retryAt == nil {
            self.retryAt = self.pause(&turn)
            turn.outputs.append(.unavailable(self.inner))
        }
    }

    /// When to begin anew: after what a refusal by PCP told, doubled with each one in a row, else in
    /// a while.
    private mutating func pause(_ turn: inout MapperTurn<some RandomNumberGenerator>) -> Instant {
        guard let end = self.pcp?.refusedUntil, end > turn.now else {
            return turn.now
                + .seconds(Int64.random(in: Limits.retrySeconds, using: &turn.generator))
        }
        let told = end - turn.now
        let patient = min(told * (1 << self.refusalCount), .seconds(Limits.retrySeconds.lowerBound))
        self.refusalCount = min(self.refusalCount + 1, 8)
        let pause = max(told, patient)
        // Not all clients of a router at the same moment.
        let spread = pause.nanoseconds / Int64(Limits.renewalSpreadDivisor)
        return turn.now + pause
            + .nanoseconds(Int64.random(in: 0...spread, using: &turn.generator))
    }

    /// The lease is over, whatever the router thinks.
    mutating func lose(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        if let lease { turn.outputs.append(.lost(lease.external)) }
        self.lease = nil
    }

    /// The router has started anew while it is asked: a refusal now is the end of the lease.
    mutating func doubt() {
        self.lease?.isDoubtful = true
    }

    // MARK: Datagrams

    mutating func receive(
        _ response: PCPResponse, _ upnp: inout UPnPSession,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        guard let verdict = self.pcp?.receive(response, now: turn.now) else { return }
        self.take(verdict, by: .pcp, &upnp, &turn)
    }

    mutating func receive(
        _ content: NATPMPResponse.Content, _ upnp: inout UPnPSession,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        guard let verdict = self.natpmp?.receive(content, &turn) else { return }
        self.take(verdict, by: .natpmp, &upnp, &turn)
    }

    /// Whether an address by NAT-PMP is a late answer, and no announcement.
    mutating func takeLateAddress() -> Bool {
        self.natpmp?.takeLateAddress() ?? false
    }

    /// The router says that it does not speak a protocol.
    mutating func rule(
        out method: PortMapper.Method, _ upnp: inout UPnPSession,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        let verdict =
            switch method {
            case .pcp: self.pcp?.fail()
            case .natpmp: self.natpmp?.fail()
            case .upnp: Verdict?.none
            }
        if let verdict { self.take(verdict, by: method, &upnp, &turn) }
    }
}

extension Opening {
    /// An IPv4 port may be opened at any public address, a pinhole only for the own one: a router must not
    /// make us publish somebody else's.
    private func isPlausible(_ external: Endpoint) -> Bool {
        guard external.address.reach == .everywhere else { return false }
        return self.inner.address.isIPv6
            ? external.address == self.inner.address : !external.address.isIPv6
    }

    private mutating func weigh(
        _ external: Endpoint, _ life: Duration, by method: PortMapper.Method,
        _ upnp: inout UPnPSession, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        if let lease, lease.method != method {
            // One router, one table: the same endpoint is the winner's own mapping.
            if lease.external != external { self.delete(by: method, &upnp, &turn) }
            return
        }
        guard self.isPlausible(external), life >= Limits.leaseMin else {
            self.delete(by: method, &upnp, &turn)
            if external.address.reach == .behindNAT {
                self.takeSecondNAT(external.address, by: method, &turn)
            } else {
                if self.lease?.method == method { self.lease?.isDoubtful = true }
                self.fail(method, &upnp, &turn)
            }
            return
        }
        if self.lease?.external != external { self.lose(&turn) }
        self.adopt(external, min(life, Limits.leaseMax), by: method, &upnp, &turn)
    }

    private mutating func adopt(
        _ external: Endpoint, _ life: Duration, by method: PortMapper.Method,
        _ upnp: inout UPnPSession, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        let spread = life.nanoseconds / Int64(Limits.renewalSpreadDivisor)
        let jitter = Int64.random(in: 0...spread, using: &turn.generator)
        self.lease = Lease(
            external: external, method: method, expiry: turn.now + life,
            renewal: turn.now + life / 2 + .nanoseconds(jitter))
        self.retryAt = nil
        self.refusalCount = 0
        self.toldAddress = nil
        if method != .pcp { self.pcp?.drop() }
        if method != .natpmp { self.natpmp?.drop() }
        if method != .upnp {
            upnp.drop(self.inner, &turn)
            self.retireUPnP()
        }
        turn.outputs.append(.mapped(external: external, by: method, lifetime: life))
    }

    private mutating func retireUPnP() {
        switch self.upnpUse {
        case .asked, .waiting: self.upnpUse = .ready
        case .never, .ready: break
        }
    }

    private mutating func takeSecondNAT(
        _ address: IPAddress, by method: PortMapper.Method,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        if method == .pcp { self.natpmp?.release(&turn) }
        if let lease {
            guard lease.method == method else { return }
            self.lose(&turn)
        }
        if self.toldAddress != address { turn.outputs.append(.secondNAT(address)) }
        self.toldAddress = address
    }

    /// One protocol is out; a lease by it is tried to be renewed again, or is over.
    private mutating func fail(
        _ method: PortMapper.Method, _ upnp: inout UPnPSession,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        if method == .pcp { self.natpmp?.release(&turn) }
        guard let lease, lease.method == method else { return }
        if lease.isDoubtful {
            self.lose(&turn)
            self.begin(&upnp, &turn)
        } else {
            let refusal = method == .pcp ? self.pcp?.refusedUntil.map { $0 - turn.now } : nil
            let half = max((lease.expiry - turn.now) / 2, refusal ?? .zero)
            if half >= Limits.renewalPauseMin { self.lease?.renewal = turn.now + half }
        }
    }

    private mutating func delete(
        by method: PortMapper.Method, _ upnp: inout UPnPSession,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        switch method {
        case .pcp: self.pcp?.delete(&turn)
        case .natpmp: self.natpmp?.delete(&turn)
        case .upnp: upnp.delete(self.inner, &turn)
        }
    }
}
