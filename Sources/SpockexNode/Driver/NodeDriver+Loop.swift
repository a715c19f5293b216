// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Logging
import ServiceLifecycle
import SpockexTransport

extension NodeDriver {
    /// Runs the loop and what feeds it; the error that ended it, if one did.
    func runUntilStopped() async -> NodeError? {
        let (queue, alarm, lookUps) = (self.queue, self.alarm, self.lookUps)
        let lastResorts = self.lastResorts
        return await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await alarm.run { queue.offer(.tick) } }
                group.addTask {
                    var watch = NetworkWatch()
                    await watch.run(
                        stirred: { queue.offer(.routes) }, linked: { queue.offer(.links) }
                    ) { queue.offer(.network) }
                }
                group.addTask {
                    for await servers in lookUps {
                        queue.offer(.servers(await NodeDriver.endpoints(of: servers)))
                    }
                }
                group.addTask { await lastResorts.run { queue.offer(.note($0)) } }
                let failure = await self.loop()
                await self.closePorts()
                group.cancelAll()
                return failure
            }
        } onGracefulShutdown: {
            queue.close()
        }
    }

    private func loop() async -> NodeError? {
        do throws(NodeError) {
            try self.begin()
            while let items = await self.queue.next(limit: Limits.batchInputCountMax) {
                try self.handle(items)
            }
            return nil
        } catch {
            self.queue.close()
            self.logger.critical("the node cannot go on", metadata: ["error": "\(error.sentence)"])
            return error
        }
    }

    /// Tells the core its addresses, and carries out what it wanted when it was loaded.
    private func begin() throws(NodeError) {
        var outputs = self.pending
        self.pending = []
        let now = SystemClock.read().moment
        self.joinLAN(now: now, into: &outputs)
        self.findRouter(now: now, into: &outputs)
        self.node.handle(.ownCandidates(self.candidates()), now: now, into: &outputs)
        self.keepPort(now: now, into: &outputs)
        try self.carryOut(outputs, now: now)
        self.alarm.set(self.deadline(now: now.instant))
        let ports = self.sockets.bound.map { "\($0.port)" }
        self.logger.info("node started", metadata: ["ports": .array(ports.map { "\($0)" })])
        self.logger.debug("listening", metadata: ["endpoints": "\(self.sockets.bound)"])
    }

    /// Decides about several inputs in order and commits once.
    private func handle(_ items: [InputQueue.Item]) throws(NodeError) {
        var outputs: [Output] = []
        let reading = SystemClock.read()
        let now = reading.moment
        if self.clockJumps.observe(reading) {
            self.logger.info("the computer slept, or its clock was set")
            self.node.handle(.resumed, now: now, into: &outputs)
            self.follow(self.opener.resumed(now: now.instant), now: now, into: &outputs)
        }
        for item in items {
            switch item {
            case .datagram(let input), .note(let input):
                self.node.handle(input, now: now, into: &outputs)
            case .hello(let bytes, let source):
                self.node.handle(.hello(bytes, from: source), now: now, into: &outputs)
            case .request(let id, let request):
                guard !self.holdsBack(id, request, now: now) else { continue }
                self.node.handle(.request(id, request), now: now, into: &outputs)
            case .tick:
                self.tick(now: now, into: &outputs)
            case .routes: self.keepFormerWay(now: now)
            case .network:
                self.networkChanged(now: now, into: &outputs)
            case .links: self.joinLinks(now: now, into: &outputs)
            case .stun(let bytes, let source):
                let steps = self.ipgetter.receive(bytes, from: source, now: now.instant)
                self.follow(steps, now: now, into: &outputs)
            case .router(let bytes, let source):
                let steps = self.opener.receive(bytes, from: source, now: now.instant)
                self.follow(steps, now: now, into: &outputs)
            case .routerAnswer(let id, let bytes):
                let steps = self.opener.receive(bytes, to: id, now: now.instant)
                self.follow(steps, now: now, into: &outputs)
            case .gather:
                let steps = self.ipgetter.gather(now: now.instant)
                self.follow(steps, now: now, into: &outputs)
            case .servers(let endpoints):
                let steps = self.ipgetter.found(endpoints, now: now.instant)
                self.follow(steps, now: now, into: &outputs)
            }
        }
        self.keepPort(now: now, into: &outputs)
        self.leaveFormerWay(now: now)
        try self.carryOut(outputs, now: now)
        self.alarm.set(self.deadline(now: now.instant))
    }

    private func networkChanged(now: Moment, into outputs: inout [Output]) {
        self.logger.debug("the network changed")
        self.joinLAN(now: now, into: &outputs)
        self.findRouter(now: now, into: &outputs)
        self.keepFormerWay(now: now)
        // The new addresses first, so that what is sent because of the change names them.
        self.node.handle(.ownCandidates(self.candidates()), now: now, into: &outputs)
        self.node.handle(.networkChanged, now: now, into: &outputs)
        self.lastResorts.networkChanged()
        let steps = self.ipgetter.networkChanged(now: now.instant) {
            self.showsCode(now: now)
        }
        self.follow(steps, now: now, into: &outputs)
    }

    private func tick(now: Moment, into outputs: inout [Output]) {
        if let deadline = self.node.deadline, deadline <= now.instant {
            self.node.handle(.timer, now: now, into: &outputs)
        }
        self.follow(self.opener.tick(now: now.instant), now: now, into: &outputs)
        self.askByNewWay(now: now, into: &outputs)
        let steps = self.ipgetter.tick(now: now.instant) { self.showsCode(now: now) }
        self.follow(steps, now: now, into: &outputs)
    }

    private func deadline(now: Instant) -> Instant? {
        let holdEnd = self.held.isEmpty ? nil : self.opener.holdEnd(now: now)
        let ends = [self.opener.deadline, holdEnd, self.formerWays.deadline]
        return ([self.node.deadline, self.ipgetter.deadline] + ends)
            .compactMap { $0 }.min()
    }

    func candidates() -> [Candidate] {
        (self.settings.external + self.opener.external)
            .map { Candidate(endpoint: $0, kind: .mapped) }
            + InterfaceAddresses.candidates(bound: self.sockets.bound)
    }

    /// Commits everything durable in one transaction, and then does the rest in order.
    ///
    /// When the commit fails nothing of the batch is done: no peer is told what this node could
    /// forget.
    private func carryOut(_ outputs: [Output], now: Moment) throws(NodeError) {
        var changes: [Change] = []
        var logged: [LoggedEvent] = []
        for case .persist(let change) in outputs {
            changes.append(change)
            guard case .event(let event, let at) = change else { continue }
            let id = self.lastEventID + Int64(logged.count) + 1
            logged.append(LoggedEvent(id: id, at: at, event: event))
        }
        if !changes.isEmpty {
            try self.storage.commit(changes)
            self.commitCount += 1
            self.lastEventID += Int64(logged.count)
        }
        for output in outputs {
            switch output {
            case .persist: break
            case .send(let bytes, let endpoint):
                self.sockets.send(bytes, to: endpoint)
                self.sendByFormerWay(to: endpoint) { bytes }
            case .sendMain(let bytes, let endpoint):
                self.sockets.sendMain(bytes, to: endpoint)
            case .sendFresh(let bytes, let endpoint, let number):
                self.sockets.sendFresh(bytes, to: endpoint, number: number)
            case .closeFresh(let endpoints): self.sockets.closeFresh(keeping: endpoints)
            case .bind(let endpoint, let socket): self.sockets.bind(endpoint, to: socket)
            case .sendSealed(_, _, _, let endpoint):
                if let datagram = self.gate.apply(output, now: now.instant) {
                    self.sockets.send(datagram, to: endpoint)
                }
                self.sendByFormerWay(to: endpoint) { self.gate.apply(output, now: now.instant) }
            case .sendAside(_, _, let endpoint, let number):
                if let datagram = self.gate.apply(output, now: now.instant) {
                    self.sockets.sendAside(datagram, to: endpoint, number: number)
                }
            case .closeAside(let number): self.sockets.closeAside(number)
            case .sendRelayed(_, _, _, let carrier):
                if let datagram = self.gate.apply(output, now: now.instant) {
                    self.sockets.send(datagram, to: carrier.to)
                }
                self.sendByFormerWay(to: carrier.to) {
                    self.gate.apply(output, now: now.instant)
                }
            case .loopback(let bytes, let place, let pid):
                let verdict = self.gate.receive(
                    relayed: bytes, from: place, to: pid, now: now.instant)
                if case .input(let input) = verdict { self.queue.offer(.datagram(input)) }
            case .admit, .dismiss, .bury, .unbury, .install, .erase:
                _ = self.gate.apply(output, now: now.instant)
            case .multicast(let bytes): self.multicast?.send(bytes)
            case .leaveNote, .seekNote: self.carryOut(note: output)
            case .gatherCandidates:
                self.queue.offer(.gather)
            case .reply(let id, let reply):
                self.finish(id, .success(reply))
            case .notify(let event):
                self.publish(event, from: &logged, now: now)
            }
        }
    }

    private func publish(_ event: Event, from logged: inout [LoggedEvent], now: Moment) {
        let index = logged.firstIndex { $0.event == event }
        let entry =
            index.map { logged.remove(at: $0) }
            ?? LoggedEvent(id: 0, at: now.wall, event: event)
        self.feed.publish(entry)
        self.log(event)
    }
}
