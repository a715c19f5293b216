// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import SpockexTransport

/// Opens the node's port on the router while the node has a use for it: feeds the ``PortMapper``.
///
/// The mapping is one for the whole node. It is wanted from the first code on and as long as there
/// is a pairing or a peer.
struct PortOpener: Sendable {
    /// What is to be done for it.
    enum Step: Sendable, Equatable {
        /// Send this from that own address.
        case send([UInt8], to: Endpoint, from: IPAddress)
        /// Ask the router by TCP from that own address.
        case exchange(PortMapper.RequestID, [UInt8], with: Endpoint, from: IPAddress)
        /// Remember over a kill what may be open from now on; comes before what opens it.
        case keep([PortMapper.Trace])
        /// Listen for the routers of this link.
        case listen(RouterLink)
        /// Nothing is said to routers any more.
        case rest
        /// The endpoints that lead to this node are others now.
        case changed
    }

    /// Why there is nothing to ask.
    private enum Absence: Sendable, Equatable {
        case off, loopback, publicAddress, noRouter
    }

    private struct Opening: Sendable, Equatable {
        let external: Endpoint
        var method: PortMapper.Method
        var expiry: Instant
    }

    private let isAllowed: Bool
    private var machine: PortMapper
    private var kept: [PortMapper.Trace]
    private var generator = SystemRandomNumberGenerator()
    private var bound: [Endpoint] = []
    private var link = RouterLink()
    private var network = LocalNetwork()
    private var isRunning = false
    private var openings: [Opening] = []
    private var secondNAT: IPAddress?
    private var isRefused = false
    private var beganAt: Instant?
    private var hasHeard = false
    private var hasSockets = false

    /// One that asks nobody yet, and never where that is not allowed.
    ///
    /// `traces`: what an earlier run may have left open.
    init(isAllowed: Bool, after traces: [PortMapper.Trace] = []) {
        self.isAllowed = isAllowed
        self.machine = PortMapper(after: traces)
        self.kept = traces
    }

    /// When `tick` is due.
    var deadline: Instant? { self.machine.deadline }

    /// Whether the router has not confirmed yet what was closed.
    var isClosing: Bool { self.machine.isClosing }

    /// What routers may have open by PCP, to be remembered over a kill.
    var traces: [PortMapper.Trace] { self.machine.traces }

    /// The endpoints that lead to this node, the IPv4 one first.
    var external: [Endpoint] {
        self.openings.map(\.external).sorted { !$0.address.isIPv6 && $1.address.isIPv6 }
    }

    /// The number of the interface to the IPv6 router.
    var zone6: UInt32 { self.link.zone6 }

    // MARK: What happens

    /// The machine's links, at the start and after each change.
    mutating func networkChanged(
        _ link: RouterLink, bound: [Endpoint], now: Instant
    ) -> [Step] {
        self.link = link
        self.bound = bound
        self.network = LocalNetwork(link, bound: bound)
        guard self.isRunning else { return [] }
        return self.absence == nil ? self.join(now) : self.stop(now: now)
    }

    /// Begins when it is wanted and there is somebody to ask; closes when it is not wanted.
    mutating func want(_ isWanted: Bool, now: Instant) -> [Step] {
        switch (self.isRunning, isWanted) {
        case (false, true) where self.absence == nil: return self.join(now)
        case (true, false): return self.stop(now: now)
        case (false, _): return self.resting()
        case (true, true): return []
        }
    }

    /// Whether that is the router itself: nobody else is asked by TCP.
    func isRouter(_ address: IPAddress) -> Bool {
        address == self.network.gateway || address == self.network.gateway6
    }

    /// A datagram came to one of the sockets for routers.
    mutating func receive(_ bytes: [UInt8], from source: Endpoint, now: Instant) -> [Step] {
        let address = source.address
        if address == self.network.gateway || address == self.network.gateway6 {
            self.hasHeard = true
        }
        return self.feed(.datagram(bytes, from: source), now)
    }

    /// A router answered by TCP, or nil: it did not.
    mutating func receive(
        _ bytes: [UInt8]?, to request: PortMapper.RequestID, now: Instant
    ) -> [Step] {
        self.feed(bytes.map { .httpResponse(request, $0) } ?? .httpFailed(request), now)
    }

    /// Time has passed.
    mutating func tick(now: Instant) -> [Step] {
        guard let deadline, deadline <= now else { return [] }
        return self.feed(.timer, now)
    }

    /// The computer slept: the router may have forgotten what was open.
    mutating func resumed(now: Instant) -> [Step] {
        self.isRunning ? self.feed(.refresh, now) : []
    }

    /// Nothing is wanted any more.
    mutating func stop(now: Instant) -> [Step] {
        guard self.isRunning else { return [] }
        self.isRunning = false
        self.beganAt = nil
        let steps = self.feed(.stop, now)
        self.forget()
        return steps + self.resting()
    }

    // MARK: What is known

    /// Until when a code that is asked for now had better wait for the router; nil: no need.
    ///
    /// A router that does not say anything within 1.5 seconds opens no port, as a rule.
    func holdEnd(now: Instant) -> Instant? {
        guard self.isAllowed, self.absence == nil, !self.isSettled else { return nil }
        guard let beganAt = self.beganAt else { return now + Limits.routerSilenceSpan }
        let end = beganAt + (self.hasHeard ? Limits.routerSpan : Limits.routerSilenceSpan)
        return end > now ? end : nil
    }

    func report(now: Instant) -> RouterReport {
        RouterReport(
            state: self.state, gateway: self.network.gateway ?? self.network.gateway6,
            openings: self.external.compactMap { external in
                self.openings.first { $0.external == external }.map {
                    RouterReport.Opening(
                        external: external, method: $0.method.rawValue,
                        leaseLeft: max($0.expiry - now, .zero))
                }
            },
            secondNAT: self.secondNAT)
    }

    private var state: RouterReport.State {
        switch self.absence {
        case .off: return .off
        case .loopback: return .loopback
        case .publicAddress: return .publicAddress
        case .noRouter: return .noRouter
        case nil: break
        }
        guard self.isRunning else { return .notNeeded }
        if !self.openings.isEmpty { return .open }
        if self.secondNAT != nil { return .secondNAT }
        return self.isRefused ? .refused : .asking
    }

    private var absence: Absence? {
        guard self.isAllowed else { return .off }
        guard !self.bound.allSatisfy(\.address.isLoopback) else { return .loopback }
        if self.network.hasRouter { return nil }
        return self.link.addresses.contains(where: \.isPublic) ? .publicAddress : .noRouter
    }

    /// Whether it is known what the router does for the family that matters most.
    private var isSettled: Bool {
        if self.secondNAT != nil || self.isRefused { return true }
        let needsIPv6 = self.network.inner == nil
        return self.openings.contains { $0.external.address.isIPv6 == needsIPv6 }
    }

    // MARK: The machine

    private mutating func join(_ now: Instant) -> [Step] {
        self.isRunning = true
        self.forget()
        self.beganAt = now
        self.hasHeard = false
        self.hasSockets = true
        return [.listen(self.link)] + self.feed(.networkChanged(self.network), now)
    }

    /// Sockets are needed until the last deletion is confirmed.
    private mutating func resting() -> [Step] {
        guard self.hasSockets, !self.isRunning, self.machine.deadline == nil else { return [] }
        self.hasSockets = false
        return [.rest]
    }

    private mutating func forget() {
        self.secondNAT = nil
        self.isRefused = false
    }

    private mutating func feed(_ input: PortMapper.Input, _ now: Instant) -> [Step] {
        var outputs: [PortMapper.Output] = []
        self.machine.handle(input, now: now, using: &self.generator, into: &outputs)
        let former = self.openings.map(\.external)
        var steps: [Step] = []
        let traces = self.machine.traces
        if traces != self.kept {
            steps.append(.keep(traces))
            self.kept = traces
        }
        for output in outputs {
            switch output {
            case .send(let bytes, let target, let own):
                steps.append(.send(bytes, to: target, from: own))
            case .http(let id, let target, let own, let bytes):
                steps.append(.exchange(id, bytes, with: target, from: own))
            case .mapped(let external, let method, let lifetime):
                self.openings.removeAll { $0.external == external }
                self.openings.append(
                    Opening(external: external, method: method, expiry: now + lifetime))
                if !external.address.isIPv6 || self.network.inner == nil { self.forget() }
            case .lost(let external): self.openings.removeAll { $0.external == external }
            case .secondNAT(let address): self.secondNAT = address
            case .unavailable(let inner):
                if inner == self.network.inner || self.network.inner == nil {
                    self.isRefused = true
                }
            }
        }
        if self.openings.map(\.external) != former { steps.append(.changed) }
        return steps
    }
}
