// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// The conversation with one router by UPnP: finds it, reads its description, makes its calls.
///
/// One HTTP request is open at a time, and what is to be closed goes first. What it finds out goes to ``MapperTurn/verdicts``.
struct UPnPSession: Sendable {
    private enum Phase {
        case idle, searching, describing, ready
    }

    /// The request whose answer is awaited.
    private struct Call: Sendable {
        enum Purpose: Equatable {
            case description
            /// This action of the first job.
            case job(action: String)
            /// This action of the first of what is to be closed.
            case closing(action: String)
        }

        let id: PortMapper.RequestID
        var deadline: Instant
        let purpose: Purpose

        var isOfJob: Bool {
            if case .job = self.purpose { return true }
            return false
        }

        var isClosing: Bool {
            if case .closing = self.purpose { return true }
            return false
        }
    }

    /// Where a call goes, and from which own address.
    private struct Way: Sendable {
        let control: HTTPLocation
        let source: IPAddress
    }

    /// What a router has opened, and how it is closed.
    private struct Grant: Sendable {
        let inner: Endpoint
        let closing: SOAPCall
        let way: Way
        /// Not needed for this run's end: it was left by an earlier one.
        var isLeftover = false
        /// How often it was tried to close it.
        var tryCount = 0
    }

    /// The IPv6 router: pinholes are asked for there, from the address that they lead to.
    var gateway6: IPAddress?
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
    /// What is to be closed, in order.
    private var closings: [Grant] = []
    private var lastID: UInt64 = 0

    var deadline: Instant? {
        let searchDueAt = self.phase == .searching ? self.searchDueAt : nil
        return [searchDueAt, self.call?.deadline].compactMap { $0 }.min()
    }

    /// Whether something is still to be closed.
    var isClosing: Bool { !self.closings.isEmpty || self.jobs.contains(where: \.isForClosing) }

    /// Forgets everything but what is being closed at the same router: another link, or none.
    mutating func reset(gateway: IPAddress?, source: IPAddress?) {
        let former = self
        self = UPnPSession()
        self.lastID = former.lastID
        self.gateway6 = former.gateway6
        self.gateway = gateway
        self.source = source
        guard gateway == former.gateway, source == former.source else { return }
        self.closings = former.closings
        if former.call?.isClosing ?? false { self.call = former.call }
    }

    /// Only what is to be closed is still done.
    mutating func stop() {
        self.jobs.removeAll { !$0.isForClosing }
        let begun = self.call?.isClosing ?? false ? 1 : 0
        let waiting = self.closings.dropFirst(begun)
        self.closings = self.closings.prefix(begun) + waiting.filter { !$0.isLeftover }
        if !self.jobs.isEmpty || self.call?.isClosing ?? false { return }
        self.call = nil
        self.phase = .idle
    }

    /// What was opened to that endpoint before is not closed any more: it is opened anew.
    mutating func keepOpen(_ inner: Endpoint) {
        let isBusy = self.call?.isClosing ?? false
        let first = isBusy ? self.closings.first : nil
        self.closings.removeAll { $0.inner == inner }
        if let first, first.inner == inner { self.closings.insert(first, at: 0) }
    }

    /// Opens a way to that endpoint, or renews it, by that external port if it can be had.
    mutating func want(
        _ inner: Endpoint, externalPort: UInt16,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        self.remove(inner)
        var job = UPnPJob(
            inner, externalPort: externalPort, hasIPv6: self.gateway6 != nil)
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
        if index == 0, self.call?.isOfJob ?? false, self.jobs[0].isOpening {
            self.jobs[0].isDropped = true
            return
        }
        self.remove(inner)
        self.work(&turn)
    }

    /// Closes what was opened to that endpoint, or is being opened.
    mutating func delete(_ inner: Endpoint, _ turn: inout MapperTurn<some RandomNumberGenerator>) {
        if let job = self.jobs.first, job.inner == inner, job.isOpening,
            self.call?.isOfJob ?? false
        {
            // Two calls at once may be carried out in any order: first the answer, then the end.
            self.jobs[0].isDropped = true
            self.jobs[0].isForClosing = true
            self.jobs.removeAll { $0.inner == inner && !$0.isForClosing }
            self.hurry(turn.now)
        } else {
            self.remove(inner)
        }
        // Before what earlier runs have left, behind the call that is under way.
        let begun = min(self.closings.count, self.call?.isClosing ?? false ? 1 : 0)
        self.closings.insert(contentsOf: self.grants.filter { $0.inner == inner }, at: begun)
        self.grants.removeAll { $0.inner == inner }
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
        guard self.phase == .searching else { return }
        self.phase = .describing
        self.work(&turn)
    }

    /// The whole answer to a request, or `nil` if there is none.
    mutating func receive(
        _ bytes: [UInt8]?, for id: PortMapper.RequestID,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        guard let call = self.call, call.id == id else { return }
        self.call = nil
        let response = bytes.flatMap { try? HTTPResponse(parsing: $0) }
        switch call.purpose {
        case .description: self.takeDescription(response)
        case .job(let action):
            self.take(response.flatMap { try? SOAPAnswer(parsing: $0, to: action) }, &turn)
        case .closing(let action):
            self.takeClosing(response.flatMap { try? SOAPAnswer(parsing: $0, to: action) })
        }
        self.work(&turn)
    }

    mutating func timer(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        if self.phase == .searching, self.searchDueAt <= turn.now {
            if self.searchCount < Limits.searchSendCount {
                self.sendSearch(&turn)
            } else {
                self.giveUp(&turn)
            }
        }
        if let call = self.call, call.deadline <= turn.now {
            self.receive(nil, for: call.id, &turn)
        }
    }
}

extension UPnPSession {
    /// Takes a job out of the queue; the answer to its call, if one is open, is no more awaited.
    private mutating func remove(_ inner: Endpoint) {
        let isFirst = self.jobs.first?.inner == inner
        self.jobs.removeAll { $0.inner == inner }
        if isFirst, self.call?.isOfJob ?? false { self.call = nil }
        if self.jobs.isEmpty, self.phase != .ready {
            self.phase = .idle
            if !(self.call?.isClosing ?? false) { self.call = nil }
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

    /// Fetches the next description; without one the search has failed.
    private mutating func describe(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        guard self.triedLocationCount < self.locations.count else {
            self.giveUp(&turn)
            return
        }
        let location = self.locations[self.triedLocationCount]
        self.triedLocationCount += 1
        let bytes = HTTPRequest(.get, path: location.path).encoded(for: location)
        let source = self.source ?? location.endpoint.address
        self.call(bytes, Way(control: location, source: source), for: .description, &turn)
    }

    private mutating func takeDescription(_ response: HTTPResponse?) {
        let location = self.locations[self.triedLocationCount - 1]
        if let response, response.status == 200,
            let services = try? UPnPService.all(in: response.body, from: location)
        {
            self.services = services
        }
        if !self.services.isEmpty { self.phase = .ready }
    }

    private mutating func giveUp(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        self.phase = .idle
        for job in self.jobs where !job.isDropped {
            turn.verdicts.append((job.inner, .failed))
        }
        self.jobs = []
    }

    // MARK: Calls

    /// Does not wait long for an answer that only says what there is to close.
    private mutating func hurry(_ now: Instant) {
        guard let call = self.call else { return }
        self.call?.deadline = min(call.deadline, now + Limits.openingWait)
    }

    /// Makes the next call: closes, else describes, else the first job that can make one.
    private mutating func work(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        while self.call == nil {
            if !self.closings.isEmpty {
                self.closings[0].tryCount += 1
                let (call, way) = (self.closings[0].closing, self.closings[0].way)
                self.call(
                    call.encoded(for: way.control), way, for: .closing(action: call.action), &turn)
                return
            }
            switch self.phase {
            case .idle, .searching: return
            case .describing: self.describe(&turn)
            case .ready:
                guard let job = self.jobs.first else { return }
                guard let service = job.service(of: self.services) else {
                    self.finish(.failed, &turn)
                    continue
                }
                let call = job.call(at: service.kind)
                let way = self.way(of: job, to: service)
                self.call(
                    call.encoded(for: way.control), way, for: .job(action: call.action), &turn)
            }
        }
    }

    /// A router opens a pinhole to who asks for it (WANIPv6FirewallControl:1 §2.4.2), so the call
    /// must come from there; the same port and path are taken for its IPv6 address, as one server
    /// listens on both.
    private func way(of job: UPnPJob, to service: UPnPService) -> Way {
        guard job.usesIPv6, let gateway6 else {
            return Way(
                control: service.control,
                source: self.source ?? service.control.endpoint.address)
        }
        let endpoint = Endpoint(address: gateway6, port: service.control.endpoint.port)
        return Way(
            control: HTTPLocation(endpoint: endpoint, path: service.control.path),
            source: job.inner.address)
    }

    /// Whatever the router says is the end of it; only silence is a reason to try again.
    private mutating func takeClosing(_ answer: SOAPAnswer?) {
        guard let closing = self.closings.first else { return }
        if answer != nil || closing.tryCount >= Limits.closingTryCount {
            self.closings.removeFirst()
        }
    }

    private mutating func take(
        _ answer: SOAPAnswer?, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        guard var job = self.jobs.first, let service = job.service(of: self.services) else {
            return
        }
        let way = self.way(of: job, to: service)
        guard let answer else {
            if job.isForClosing, let closing = job.closing(at: service.kind) {
                self.closings.append(Grant(inner: job.inner, closing: closing, way: way))
            }
            if !job.isDropped, job.fallsBack() {
                self.jobs[0] = job
                return
            }
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
            let grant = Grant(inner: job.inner, closing: closing, way: way)
            let isFirst = !self.grants.contains { $0.inner == job.inner }
            self.grants.removeAll { $0.inner == job.inner }
            if job.isForClosing { self.closings.append(grant) } else { self.grants.append(grant) }
            if isFirst, !job.isDropped, let tidying = job.tidying { self.jobs.append(tidying) }
        }
        self.closings += job.leftovers.prefix(Limits.leftoverCount).map { port in
            let closing = SOAPCall.unmap(externalPort: port, at: service.kind)
            return Grant(inner: job.inner, closing: closing, way: way, isLeftover: true)
        }
        self.finish(verdict, &turn)
    }

    private mutating func finish(
        _ verdict: Verdict, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        let job = self.jobs.removeFirst()
        guard !job.isForClosing else { return }
        switch verdict {
        case .granted: turn.verdicts.append((job.inner, verdict))
        case .failed, .secondNAT:
            if !job.isDropped { turn.verdicts.append((job.inner, verdict)) }
        }
    }

    private mutating func call(
        _ bytes: [UInt8], _ way: Way, for purpose: Call.Purpose,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        self.lastID += 1
        let id = PortMapper.RequestID(number: self.lastID)
        turn.outputs.append(
            .http(id, to: way.control.endpoint, from: way.source, bytes))
        self.call = Call(id: id, deadline: turn.now + Limits.httpWait, purpose: purpose)
    }
}
