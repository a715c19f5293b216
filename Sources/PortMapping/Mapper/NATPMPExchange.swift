// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// One endpoint's conversation with one router by NAT-PMP: address first, then the mapping.
///
/// A mapping is only asked for when the address is a public one, and PCP had its time.
struct NATPMPExchange: Sendable {
    private enum State {
        case idle
        case askingAddress
        /// The address is known; PCP may still be first.
        case holding(IPAddress, until: Instant)
        case askingPort(IPAddress)
        /// Not asked any more, but a grant may still come.
        case listening(IPAddress)
    }

    let server: Endpoint
    private let inner: Endpoint
    private var wish: UInt16
    private var state = State.idle
    private var isGranted = false
    /// A deletion was sent and not yet confirmed.
    private var isDeleting = false
    private var holdEnd: Instant?
    /// The question for the address was dropped, and its answer may still come.
    private var isAddressLate = false
    private var sendCount = 0
    private var dueAt = Instant(nanoseconds: 0)

    init(_ inner: Endpoint, at gateway: IPAddress) {
        self.server = Endpoint(address: gateway, port: NATPMP.serverPort)
        self.inner = inner
        self.wish = inner.port
    }

    var isAsking: Bool {
        switch self.state {
        case .askingAddress, .holding, .askingPort: true
        case .idle, .listening: false
        }
    }

    /// Whether an answer with the address is awaited: one that comes else is an announcement.
    var awaitsAddress: Bool {
        if case .askingAddress = self.state { return true }
        return false
    }

    /// Whether the router may have something open by NAT-PMP.
    var mayBeOpen: Bool {
        switch self.state {
        case .askingPort, .listening: true
        case .idle, .askingAddress, .holding: self.isGranted
        }
    }

    /// Whether such an answer is awaited, or (an address) may come unasked.
    func listens(to content: NATPMPResponse.Content) -> Bool {
        switch (self.state, content) {
        case (_, .mapped(let mapping)) where self.isDeletion(mapping): true
        case (_, .externalAddress), (.askingAddress, .failure(0, _, _)): true
        case (.askingPort, .mapped(let mapping)), (.listening, .mapped(let mapping)):
            mapping.transport == .udp && mapping.internalPort == self.inner.port
        case (.askingPort, .failure(NATPMP.Transport.udp.rawValue, _, let mapping)):
            mapping == nil || mapping?.internalPort == self.inner.port
        case (.idle, _), (.holding, _), (.askingAddress, _), (.askingPort, _), (.listening, _):
            false
        }
    }

    var deadline: Instant? {
        switch self.state {
        case .askingAddress, .askingPort: self.dueAt
        case .holding(_, let until): until
        case .idle, .listening: nil
        }
    }

    mutating func ask(
        holdsBack: Bool, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        self.state = .askingAddress
        self.isAddressLate = false
        self.holdEnd = holdsBack ? turn.now + Limits.natpmpHold : nil
        self.sendCount = 0
        self.send(.externalAddress, &turn)
    }

    /// PCP is out: nothing is waited for any more.
    mutating func release(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        self.holdEnd = nil
        if case .holding(let address, _) = self.state { self.askPort(address, &turn) }
    }

    mutating func timer(_ turn: inout MapperTurn<some RandomNumberGenerator>) -> Verdict? {
        guard let deadline, deadline <= turn.now else { return nil }
        switch self.state {
        case .holding(let address, _):
            self.askPort(address, &turn)
        case .askingAddress where self.sendCount < Limits.natpmpSendCount:
            self.send(.externalAddress, &turn)
        case .askingPort where self.sendCount < Limits.natpmpSendCount:
            self.send(self.mapRequest, &turn)
        case .askingPort(let address):
            self.state = .listening(address)
            return .failed
        case .askingAddress:
            self.state = .idle
            return .failed
        case .idle, .listening:
            break
        }
        return nil
    }

    mutating func receive(
        _ content: NATPMPResponse.Content, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) -> Verdict? {
        guard self.listens(to: content) else { return nil }
        switch (self.state, content) {
        case (_, .mapped(let mapping)) where self.isDeletion(mapping):
            self.isDeleting = false
            self.isGranted = false
            return nil
        case (.askingAddress, .externalAddress(let address)):
            return self.take(address, &turn)
        case (.askingPort(let address), .mapped(let mapping)),
            (.listening(let address), .mapped(let mapping)):
            self.state = .idle
            guard mapping.externalPort != 0 else { return .failed }
            self.isGranted = true
            self.wish = mapping.externalPort
            let external = Endpoint(address: address, port: mapping.externalPort)
            return .granted(external, .seconds(Int64(mapping.lifetime)))
        case (_, .failure):
            return self.fail()
        case (_, .externalAddress), (_, .mapped):
            return nil
        }
    }

    private func isDeletion(_ mapping: NATPMP.Mapping) -> Bool {
        self.isDeleting && mapping.lifetime == 0 && mapping.transport == .udp
            && mapping.internalPort == self.inner.port
    }

    /// The router refused, or does not speak NAT-PMP.
    mutating func fail() -> Verdict? {
        guard self.isAsking else { return nil }
        self.state = .idle
        return .failed
    }

    /// Another protocol was first.
    mutating func drop() {
        switch self.state {
        case .askingPort(let address): self.state = .listening(address)
        case .askingAddress:
            self.state = .idle
            self.isAddressLate = true
        case .holding: self.state = .idle
        case .idle, .listening: break
        }
    }

    /// Whether an address that comes now is the answer to a question that was dropped.
    mutating func takeLateAddress() -> Bool {
        defer { self.isAddressLate = false }
        return self.isAddressLate
    }

    /// Deletes what was or may have been granted (RFC 6886 §3.4); answers are not for us.
    mutating func delete(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        self.state = .idle
        self.isDeleting = true
        let mapping = NATPMP.Mapping(
            internalPort: self.inner.port, externalPort: 0, lifetime: 0)
        turn.deletions.append(
            Deletion(
                .natpmp, of: self.inner, at: self.server, isOfGrant: self.isGranted,
                NATPMPRequest.map(mapping).encoded, &turn))
    }

    private mutating func take(
        _ address: IPAddress, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) -> Verdict? {
        switch address.reach {
        case .nowhere: return self.fail()
        case .behindNAT:
            self.state = .idle
            return .secondNAT(address)
        case .everywhere: break
        }
        if let end = self.holdEnd, turn.now < end {
            self.state = .holding(address, until: end)
        } else {
            self.askPort(address, &turn)
        }
        return nil
    }

    private var mapRequest: NATPMPRequest {
        .map(
            NATPMP.Mapping(
                internalPort: self.inner.port, externalPort: self.wish,
                lifetime: Limits.leaseSeconds))
    }

    private mutating func askPort(
        _ address: IPAddress, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        self.state = .askingPort(address)
        self.sendCount = 0
        self.send(self.mapRequest, &turn)
    }

    private mutating func send(
        _ request: NATPMPRequest, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        turn.outputs.append(.send(request.encoded, to: self.server, from: self.inner.address))
        self.dueAt = turn.now + Limits.natpmpRetransmission * (1 << self.sendCount)
        self.sendCount += 1
    }
}
