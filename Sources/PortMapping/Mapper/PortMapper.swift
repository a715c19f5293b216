// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// Asks the routers of the link for ways in: PCP, NAT-PMP and UPnP, the first public answer wins.
///
/// An IPv4 endpoint gets a mapped port, IPv6 endpoints get pinholes. Leases of 7,200 s are renewed
/// after half of what was granted, mended at once when the router has started anew, and deleted
/// at ``Input/stop``, again and again until the router confirms it (``isClosing``). A router's external address that is private, shared or local is told as a
/// second NAT and not as a mapping. Nothing here proves who a router is: what it says is a
/// candidate, never an identity. Bytes that are malformed, come from another address than the
/// router's, or answer nothing that was asked, are dropped.
public struct PortMapper: Sendable {
    /// By what a port was opened.
    public enum Method: String, Sendable, Hashable, CaseIterable {
        /// Port Control Protocol (RFC 6887).
        case pcp
        /// NAT Port Mapping Protocol (RFC 6886).
        case natpmp
        /// UPnP Internet Gateway Device, 1 or 2.
        case upnp
    }

    /// An HTTP request of this machine.
    public struct RequestID: Sendable, Hashable {
        /// Counts the requests.
        public let number: UInt64
    }

    /// What can happen to it.
    public enum Input: Sendable, Equatable {
        /// We are on this link now; the first one starts the machine.
        ///
        /// What has not changed keeps its mapping; what had failed is tried again.
        case networkChanged(LocalNetwork)
        /// A datagram came in: at the socket asked from, or at port 5350 of the groups
        /// ``NATPMP/announcementGroup`` and ``NATPMP/announcementGroup6``.
        case datagram([UInt8], from: Endpoint)
        /// The whole answer to an HTTP request, at most ``UPnPLimits/httpByteCount`` bytes.
        case httpResponse(RequestID, [UInt8])
        /// An HTTP request got no answer.
        case httpFailed(RequestID)
        /// The ``PortMapper/deadline`` has passed.
        case timer
        /// Something makes it likely that mappings are gone (the host has slept): ask again.
        case refresh
        /// No mapping is wanted any more: delete all.
        case stop
    }

    /// What is to be done, and what came out.
    public enum Output: Sendable, Equatable {
        /// Send the bytes with that own address as source (from any port).
        case send([UInt8], to: Endpoint, from: IPAddress)
        /// Open a TCP connection from that own address, send the bytes, and hand in what comes
        /// until it is closed.
        case http(RequestID, to: Endpoint, from: IPAddress, [UInt8])
        /// This endpoint leads to us for so long; told again with each renewal.
        case mapped(external: Endpoint, by: Method, lifetime: Duration)
        /// That endpoint leads to us no more.
        case lost(Endpoint)
        /// The router is itself behind a NAT, which gave it this address: nothing to publish.
        case secondNAT(IPAddress)
        /// No router opens a way to this own endpoint; tried again after 10 to 15 minutes.
        case unavailable(Endpoint)
    }

    private enum Phase { case off, running }

    private var phase = Phase.off
    /// What is to end and was not confirmed yet.
    var deletions: [Deletion] = []
    var network = LocalNetwork()
    /// One for the IPv4 endpoint and one for each IPv6 endpoint.
    var openings: [Opening] = []
    var upnp = UPnPSession()
    var natpmpEpoch = RouterEpoch(.natpmp)
    var pcpEpoch = RouterEpoch(.pcp)
    var pcpEpoch6 = RouterEpoch(.pcp)
    var announcedAt: Instant?
    /// The same of the router by IPv6.
    var announcedAt6: Instant?
    /// What may still be open at routers of former links: only its nonce can take it up again.
    var remembered: [PCPExchange]

    /// Where routers tell news unasked; see ``Input/datagram(_:from:)``.
    public static let groups = [NATPMP.announcementGroup, NATPMP.announcementGroup6].map {
        Endpoint(address: $0, port: NATPMP.announcementPort)
    }

    /// A machine that does nothing until it is told the network.
    ///
    /// `traces`: what an earlier run may have left open; it is renewed or deleted when its
    /// endpoint is wanted again.
    public init(after traces: [Trace] = []) {
        self.remembered = traces.compactMap { PCPExchange($0) }.suffix(Limits.rememberedCount)
    }

    /// When the next ``Input/timer`` is due; `nil` while nothing is asked and nothing mapped.
    public var deadline: Instant? {
        (self.openings.map(\.deadline) + [self.upnp.deadline] + self.deletions.map(\.dueAt))
            .compactMap { $0 }.min()
    }

    /// Takes one input; the generator makes nonces, and spreads what is done later.
    public mutating func handle<Generator: RandomNumberGenerator>(
        _ input: Input, now: Instant, using generator: inout Generator,
        into outputs: inout [Output]
    ) {
        var turn = MapperTurn(now: now, generator: generator)
        if case .datagram(let bytes, let source) = input {
            self.confirmDeletion(bytes, from: source, &turn)
        }
        self.phase = self.next(after: input, &turn)
        self.keepDeletions(turn)
        generator = turn.generator
        outputs += turn.outputs
    }

    private mutating func next(
        after input: Input, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) -> Phase {
        switch (self.phase, input) {
        case (.off, .networkChanged(let network)), (.running, .networkChanged(let network)):
            self.move(to: network, &turn)
            self.takeVerdicts(&turn)
            return .running
        case (.running, .datagram(let bytes, let source)):
            self.receive(bytes, from: source, &turn)
        case (_, .httpResponse(let id, let bytes)):
            self.upnp.receive(bytes, for: id, &turn)
        case (_, .httpFailed(let id)):
            self.upnp.receive(nil, for: id, &turn)
        case (_, .timer):
            self.tickDeletions(&turn)
            self.upnp.timer(&turn)
            for index in self.openings.indices {
                self.openings[index].timer(&self.upnp, &turn)
            }
        case (.running, .refresh):
            self.refresh(isDoubtful: false, &turn) { _ in true }
        case (.running, .stop):
            self.stop(&turn)
            return .off
        case (.off, .datagram), (.off, .refresh), (.off, .stop): break
        }
        self.takeVerdicts(&turn)
        return self.phase
    }

    private mutating func stop(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        for index in self.openings.indices {
            self.openings[index].close(&self.upnp, &turn)
            self.remember(self.openings[index])
        }
        self.openings = []
        self.network = LocalNetwork()
        self.upnp.stop()
        turn.outputs = turn.outputs.filter { !$0.isNotice } + turn.outputs.filter(\.isNotice)
    }

    /// Hands what UPnP found out to whom it concerns, until nothing is left.
    private mutating func takeVerdicts(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        while !turn.verdicts.isEmpty {
            let (inner, verdict) = turn.verdicts.removeFirst()
            if let index = self.openings.firstIndex(where: { $0.inner == inner }) {
                self.openings[index].take(verdict, by: .upnp, &self.upnp, &turn)
            } else if case .granted = verdict {
                self.upnp.delete(inner, &turn)
            }
        }
    }

    private mutating func refresh(
        isDoubtful: Bool, _ turn: inout MapperTurn<some RandomNumberGenerator>,
        where isMeant: (Opening) -> Bool
    ) {
        for index in self.openings.indices where isMeant(self.openings[index]) {
            self.openings[index].refresh(isDoubtful: isDoubtful, &self.upnp, &turn)
        }
    }
}

extension PortMapper.Output {
    /// Whether it tells something, and there is nothing to do.
    fileprivate var isNotice: Bool {
        switch self {
        case .send, .http: false
        case .mapped, .lost, .secondNAT, .unavailable: true
        }
    }
}
