// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// The conversation with one router by UPnP: finds it, reads its description, makes its calls.
///
/// One HTTP request is open at a time. What it finds out goes to ``MapperTurn/verdicts``.
struct UPnPSession: Sendable {
    private enum Phase {
        case idle, searching, describing, ready
    }

    /// The request whose answer is awaited.
    private struct Call: Sendable {
        let id: PortMapper.RequestID
        let deadline: Instant
        /// The action whose answer it is; `nil`: the description.
        let action: String?
    }

    /// What a router has opened, and how it is closed.
    private struct Grant: Sendable {
        let inner: Endpoint
        let closing: SOAPCall
        let control: HTTPLocation
    }

    private var gateway: IPAddress?
    /// Our address on the router's link, to search from.
    private var source: IPAddress?
    private var phase = Phase.idle
    private var searchCount = 0
    private var searchDueAt = Instant(nanoseconds: 0)
    private var locations: [HTTPLocation] = []
    private var triedLocationCount = 0
    private var services: [UPnPService] = []
    /// What is wanted, in order; the first one is being worked on.
    private var jobs: [UPnPJob] = []
    private var call: Call?
    private var grants: [Grant] = []
    private var lastID: UInt64 = 0

    var deadline: Instant? {
        switch self.phase {
        case .searching: self.searchDueAt
        case .idle, .describing, .ready: self.call?.deadline
        }
    }

    /// Forgets everything: another link, or none.
    mutating func reset(gateway: IPAddress?, source: IPAddress?) {
        let id = self.lastID
        self = UPnPSession()
        self.lastID = id
        self.gateway = gateway
        self.source = source
    }

    /// Opens a way to that endpoint, or renews it, by that external port if it can be had.
    mutating func want(
        _ inner: Endpoint, externalPort: UInt16,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        self.remove(inner)
        var job = UPnPJob(inner, externalPort: externalPort)
        job.mayFindAgain = self.phase == .ready
        self.jobs.append(job)
        switch self.phase {
        case .idle: self.search(&turn)
        case .searching, .describing: break
        case .ready: self.work(&turn)
        }
    }

    /// Another protocol was first; a grant that is on its way is still told.
    mutating func drop(_ inner: Endpoint, _ turn: inout MapperTurn<some RandomNumberGenerator>) {
        guard let index = self.jobs.firstIndex(where: { $0.inner == inner }) else { return }
        if index == 0, self.call?.action != nil, self.jobs[0].isOpening {
            self.jobs[0].isDropped = true
            return
        }
        self.remove(inner)
        self.work(&turn)
    }

    /// Closes what was opened to that endpoint, or is being opened.
    mutating func delete(_ inner: Endpoint, _ turn: inout MapperTurn<some RandomNumberGenerator>) {
        if let job = self.jobs.first, job.inner == inner, job.isOpening, self.call != nil,
            let service = job.service(of: self.services),
            let closing = job.closing(at: service.kind)
        {
            self.grants.removeAll { $0.inner == inner }
            self.grants.append(Grant(inner: inner, closing: closing, control: service.control))
        }
        self.remove(inner)
        if let grant = self.grants.first(where: { $0.inner == inner }) {
            self.grants.removeAll { $0.inner == inner }
            _ = self.request(
                grant.closing.encoded(for: grant.control), to: grant.control.endpoint, &turn)
        }
        self.work(&turn)
    }

    /// A datagram of the gateway in the form of HTTP.
    mutating func receive(
        _ datagram: [UInt8], from source: IPAddress,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        guard self.phase == .searching || self.phase == .describing, source == self.gateway,
            let answer = try? SSDPAnswer(parsing: datagram, from: source),
            !self.locations.contains(answer.location),
            self.locations.count < Limits.locationCount
        else { return }
        self.locations.append(answer.location)
        if self.phase == .searching { self.describe(&turn) }
    }

    /// The whole answer to a request, or `nil` if there is none.
    mutating func receive(
        _ bytes: [UInt8]?, for id: PortMapper.RequestID,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        guard let call = self.call, call.id == id else { return }
        self.call = nil
        let response = bytes.flatMap { try? HTTPResponse(parsing: $0) }
        guard let action = call.action else {
            self.takeDescription(response, &turn)
            return
        }
        let answer = response.flatMap { try? SOAPAnswer(parsing: $0, to: action) }
        self.take(answer, &turn)
        self.work(&turn)
    }

    mutating func timer(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        guard let deadline, deadline <= turn.now else { return }
        if self.phase == .searching {
            if self.searchCount < Limits.searchSendCount {
                self.sendSearch(&turn)
            } else {
                self.giveUp(&turn)
            }
        } else if let call = self.call {
            self.receive(nil, for: call.id, &turn)
        }
    }
}

extension UPnPSession {
    /// Takes a job out of the queue; the answer to its call, if one is open, is no more awaited.
    private mutating func remove(_ inner: Endpoint) {
        let isFirst = self.jobs.first?.inner == inner
        self.jobs.removeAll { $0.inner == inner }
        if isFirst, self.call?.action != nil { self.call = nil }
        if self.jobs.isEmpty, self.phase != .ready {
            self.phase = .idle
            self.call = nil
        }
    }

    // MARK: Finding the router

    private mutating func search(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        self.phase = .searching
        self.searchCount = 0
        self.locations = []
        self.triedLocationCount = 0
        self.services = []
        self.sendSearch(&turn)
    }

    private mutating func sendSearch(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        guard let source = self.source else {
            self.giveUp(&turn)
            return
        }
        for target in SSDP.Target.allCases {
            turn.outputs.append(
                .send(SSDPSearch(target).encoded, to: SSDP.group, from: source))
        }
        self.searchDueAt = turn.now + Limits.searchRetransmission * (1 << self.searchCount)
        self.searchCount += 1
    }

    /// Fetches the next description; without one the search goes on or has failed.
    private mutating func describe(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        guard self.triedLocationCount < self.locations.count else {
            self.giveUp(&turn)
            return
        }
        let location = self.locations[self.triedLocationCount]
        self.triedLocationCount += 1
        self.phase = .describing
        let bytes = HTTPRequest(.get, path: location.path).encoded(for: location)
        let id = self.request(bytes, to: location.endpoint, &turn)
        self.call = Call(id: id, deadline: turn.now + Limits.httpWait, action: nil)
    }

    private mutating func takeDescription(
        _ response: HTTPResponse?, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        let location = self.locations[self.triedLocationCount - 1]
        if let response, response.status == 200,
            let services = try? UPnPService.all(in: response.body, from: location)
        {
            self.services = services
        }
        guard !self.services.isEmpty else {
            self.describe(&turn)
            return
        }
        self.phase = .ready
        self.work(&turn)
    }

    private mutating func giveUp(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        self.phase = .idle
        self.call = nil
        for job in self.jobs where !job.isDropped {
            turn.verdicts.append((job.inner, .failed))
        }
        self.jobs = []
    }

    // MARK: Calls

    /// Makes the call of the first job that can make one.
    private mutating func work(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        while self.phase == .ready, self.call == nil, let job = self.jobs.first {
            guard let service = job.service(of: self.services) else {
                self.finish(.failed, &turn)
                continue
            }
            let call = job.call(at: service.kind)
            let id = self.request(
                call.encoded(for: service.control), to: service.control.endpoint, &turn)
            self.call = Call(
                id: id, deadline: turn.now + Limits.httpWait, action: call.action)
        }
    }

    private mutating func take(
        _ answer: SOAPAnswer?, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        guard var job = self.jobs.first, let service = job.service(of: self.services) else {
            return
        }
        guard let answer else {
            // The router may have started anew, with other addresses of its services.
            guard job.mayFindAgain, !job.isDropped else { return self.finish(.failed, &turn) }
            self.jobs[0].mayFindAgain = false
            return self.search(&turn)
        }
        let port = UInt16.random(in: 1024 ... .max, using: &turn.generator)
        let verdict = job.take(answer, at: service.kind, otherPort: port)
        self.jobs[0] = job
        guard let verdict else { return }
        if case .granted = verdict, let closing = job.closing(at: service.kind) {
            self.grants.removeAll { $0.inner == job.inner }
            self.grants.append(
                Grant(inner: job.inner, closing: closing, control: service.control))
        }
        self.finish(verdict, &turn)
    }

    private mutating func finish(
        _ verdict: Verdict, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        let job = self.jobs.removeFirst()
        switch verdict {
        case .granted: turn.verdicts.append((job.inner, verdict))
        case .failed, .secondNAT:
            if !job.isDropped { turn.verdicts.append((job.inner, verdict)) }
        }
    }

    private mutating func request(
        _ bytes: [UInt8], to endpoint: Endpoint,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) -> PortMapper.RequestID {
        self.lastID += 1
        let id = PortMapper.RequestID(number: self.lastID)
        turn.outputs.append(.http(id, to: endpoint, bytes))
        return id
    }
}
