// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// One endpoint's conversation with one router by PCP: asks, repeats, deletes.
struct PCPExchange: Sendable {
    private enum State {
        /// Nothing was asked, or it was answered: what comes is not for us.
        case idle
        case asking
        /// Not asked any more, but a grant may still come.
        case listening
    }

    let server: Endpoint
    let inner: Endpoint
    /// For good: what is open with it at the router answers to no other one.
    private let nonce: PCPNonce
    /// What to ask for: what was granted last (RFC 6887 §11.2.1).
    private var wish: Endpoint
    private var state = State.idle
    /// The router has said that something is open.
    private var isGranted = false
    /// An earlier run has asked, and no answer is known yet.
    private var isPerhaps = false
    /// So long the router's last refusal holds, as it said itself.
    private(set) var refusedUntil: Instant?
    /// Until when the router may keep what is open.
    private var end = Instant(nanoseconds: 0)
    /// A deletion was sent and not yet confirmed.
    private var isDeleting = false
    private var sendCount = 0
    private var wait = Duration.zero
    private var dueAt = Instant(nanoseconds: 0)

    init(
        _ inner: Endpoint, at gateway: IPAddress,
        using generator: inout some RandomNumberGenerator
    ) {
        self.server = Endpoint(address: gateway, port: NATPMP.serverPort)
        self.inner = inner
        self.nonce = PCPNonce(using: &generator)
        let any = inner.address.isIPv6 ? IPAddress.v6(0, 0) : .v4(0)
        self.wish = Endpoint(address: any, port: inner.port)
    }

    /// What an earlier run has left open.
    init?(_ trace: PortMapper.Trace) {
        guard let nonce = PCPNonce(bytes: trace.nonce) else { return nil }
        self.server = Endpoint(address: trace.router, port: NATPMP.serverPort)
        self.inner = trace.inner
        self.nonce = nonce
        let any = trace.inner.address.isIPv6 ? IPAddress.v6(0, 0) : .v4(0)
        self.wish = Endpoint(address: any, port: trace.inner.port)
        self.isGranted = trace.isGranted
        self.isPerhaps = !trace.isGranted
        self.end = trace.end
    }

    /// What to remember over a kill; `nil` when nothing can be open.
    var trace: PortMapper.Trace? {
        guard self.mayBeOpen else { return nil }
        return PortMapper.Trace(
            inner: self.inner, router: self.server.address, nonce: self.nonce.bytes,
            isGranted: self.isGranted, end: self.end)
    }

    var isAsking: Bool { self.state == .asking }

    /// Whether the router may have something open with this nonce.
    var mayBeOpen: Bool { self.isGranted || self.isPerhaps || self.state != .idle }

    var deadline: Instant? { self.isAsking ? self.dueAt : nil }

    mutating func ask(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        self.state = .asking
        // What has never been answered is not remembered for longer with each run that is killed.
        if !self.isPerhaps || self.end <= turn.now {
            self.end = max(self.end, turn.now + .seconds(Int64(Limits.leaseSeconds)))
        }
        self.refusedUntil = nil
        self.sendCount = 0
        self.send(&turn)
    }

    /// Repeats the request when it is time, and gives up after the last wait.
    mutating func timer(_ turn: inout MapperTurn<some RandomNumberGenerator>) -> Verdict? {
        guard self.isAsking, self.dueAt <= turn.now else { return nil }
        guard self.sendCount < Limits.pcpSendCount else {
            self.state = .listening
            return .failed
        }
        self.send(&turn)
        return nil
    }

    /// Whether a response belongs to what was asked here.
    func isAnswered(by response: PCPResponse) -> Bool {
        guard self.state != .idle || self.isDeleting, case .map(let mapping) = response.content
        else { return false }
        return mapping.nonce == self.nonce && mapping.transport == PCPMapping.udp
            && mapping.internalPort == self.inner.port
    }

    mutating func receive(_ response: PCPResponse, now: Instant) -> Verdict? {
        guard self.isAnswered(by: response), case .map(let mapping) = response.content else {
            return nil
        }
        if self.isDeleting, response.result == .success, response.lifetime == 0 {
            self.close()
            return nil
        }
        guard self.state != .idle else { return nil }
        let life = Duration.seconds(Int64(response.lifetime))
        // The late answer to the shortest lease, which has ended what was open before.
        if self.isDeleting, response.result == .success, life < Limits.leaseMin { return nil }
        self.isPerhaps = false
        guard response.result == .success, mapping.external.port != 0 else {
            guard self.isAsking else { return nil }
            self.state = .idle
            if response.result != .success {
                let range = Limits.refusalSeconds
                let seconds = min(max(Int64(response.lifetime), range.lowerBound), range.upperBound)
                self.refusedUntil = now + .seconds(seconds)
                // We suggested no such address: some routers tell theirs with the refusal.
                let address = mapping.external.address
                if address.reach == .behindNAT, !address.isLoopback { return .secondNAT(address) }
            }
            return .failed
        }
        self.state = .idle
        self.isGranted = true
        self.wish = mapping.external
        self.end = now + min(life, Limits.leaseMax)
        return .granted(mapping.external, life)
    }

    /// The router does not speak PCP.
    mutating func fail() -> Verdict? {
        guard self.isAsking else { return nil }
        self.state = .idle
        self.isPerhaps = false
        return .failed
    }

    /// Whether that is the deletion of what was opened here.
    func isClosed(by deletion: Deletion) -> Bool {
        deletion.mapping == .pcp(self.nonce) && deletion.inner == self.inner
    }

    /// The router has confirmed that nothing is open, or will not do more about it.
    mutating func close() {
        self.isDeleting = false
        self.isGranted = false
        self.isPerhaps = false
    }

    /// The router is out of reach: nothing that comes is for us.
    mutating func leave() {
        self.state = .idle
    }

    /// Another protocol was first.
    mutating func drop() {
        if self.isAsking { self.state = .listening }
    }

    /// Deletes what was or may have been granted; only the former is remembered until it is confirmed.
    mutating func delete(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        turn.deletions.append(
            Deletion(
                .pcp(self.nonce), of: self.inner, at: self.server, isOfGrant: self.isGranted,
                self.request(lifetime: 0), shortening: self.request(lifetime: 1), &turn))
        self.state = .idle
        self.isPerhaps = false
        self.isDeleting = true
    }

    private mutating func send(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        // The router compares the source with what the request says (RFC 6887 §8.1).
        turn.outputs.append(
            .send(
                self.request(lifetime: Limits.leaseSeconds), to: self.server,
                from: self.inner.address))
        let doubled = self.sendCount == 0 ? Limits.pcpRetransmission : self.wait * 2
        let bounded = min(doubled, Limits.pcpRetransmissionMax).nanoseconds
        let jitter = Int64.random(in: -bounded / 10...bounded / 10, using: &turn.generator)
        self.wait = .nanoseconds(bounded + jitter)
        self.dueAt = turn.now + self.wait
        self.sendCount += 1
    }

    private func request(lifetime: UInt32) -> [UInt8] {
        let mapping = PCPMapping(
            nonce: self.nonce, internalPort: self.inner.port, external: self.wish)
        let request = PCPRequest(
            lifetime: lifetime, client: self.inner.address, content: .map(mapping))
        return request.encoded
    }
}
