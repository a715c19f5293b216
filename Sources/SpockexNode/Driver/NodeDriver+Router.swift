// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Logging
import PortMapping
import SpockexTransport

// The port on the router: wanted while there is a pairing or a peer (docs/decisions/0015).
extension NodeDriver {
    /// Does what the opener wants; nothing of it waits for a commit, as it concerns no peer.
    func follow(_ steps: [PortOpener.Step], now: Moment, into outputs: inout [Output]) {
        self.say(steps)
        guard steps.contains(.changed) else { return }
        self.logger.info("open on the router: \(self.opener.external.count)")
        self.node.handle(.ownCandidates(self.candidates()), now: now, into: &outputs)
    }

    /// Looks where the routers are, at the start and after each change.
    func findRouter(now: Moment, into outputs: inout [Output]) {
        let steps = self.opener.networkChanged(
            RouterLink.current(), bound: self.sockets.bound, now: now.instant)
        self.follow(steps, now: now, into: &outputs)
    }

    /// Opens the port when there is a use for it, closes it when there is none any more, and lets
    /// go of the codes that have waited for it.
    func keepPort(now: Moment, into outputs: inout [Output]) {
        self.wantPort(now: now, into: &outputs)
        guard !self.held.isEmpty,
            self.node.knowsExternalAddress || self.opener.holdEnd(now: now.instant) == nil
        else { return }
        let due = self.held
        self.held = []
        for (id, request) in due {
            self.node.handle(.request(id, request), now: now, into: &outputs)
        }
        self.wantPort(now: now, into: &outputs)
    }

    /// Whether a code had better wait a moment, because the router may be about to tell the
    /// address that it is to show; then it is kept.
    func holdsBack(_ id: RequestID, _ request: Request, now: Moment) -> Bool {
        let options: MeetingOptions
        switch request {
        case .offer(let given): options = given
        case .answer(let text, let given):
            guard case .offer? = try? CodeText(scanned: Array(text.utf8)) else { return false }
            options = given
        case .accept, .retry, .cancel, .forget, .rename, .renameCluster, .matched, .ping, .leave,
            .removeMember, .block, .setBridge, .closeBridge, .forbidBridges, .giveCard, .askLinks:
            return false
        }
        guard options.hosts == nil, !self.node.knowsExternalAddress,
            self.opener.holdEnd(now: now.instant) != nil
        else { return false }
        self.held.append((id, request))
        return true
    }

    /// Closes what is open on the router, and waits a little for it to say so.
    func closePorts() async {
        let farewell = InputQueue()
        self.routerInbox.redirect(to: farewell)
        self.say(self.opener.stop(now: SystemClock.instant()))
        defer { self.keep(self.opener.traces) }
        guard self.opener.isClosing else { return }
        let alarm = Alarm()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await alarm.run { farewell.offer(.tick) } }
            await self.awaitClosing(farewell, alarm)
            group.cancelAll()
        }
        if self.opener.isClosing {
            self.logger.warning("the router did not confirm that the port is closed")
        }
    }

    private func awaitClosing(_ farewell: InputQueue, _ alarm: Alarm) async {
        let end = SystemClock.instant() + Limits.farewellSpan
        while self.opener.isClosing, SystemClock.instant() < end {
            alarm.set(min(self.opener.deadline ?? end, end))
            guard let items = await farewell.next(limit: Limits.batchInputCountMax) else { return }
            let now = SystemClock.instant()
            for item in items {
                switch item {
                case .router(let bytes, let source):
                    self.say(self.opener.receive(bytes, from: source, now: now))
                case .routerAnswer(let id, let bytes):
                    self.say(self.opener.receive(bytes, to: id, now: now))
                case .tick: self.say(self.opener.tick(now: now))
                case .datagram, .hello, .stun, .request, .network, .links, .routes, .gather, .note,
                    .servers:
                    break
                }
            }
        }
    }

    private func wantPort(now: Moment, into outputs: inout [Output]) {
        let isWanted = self.node.hasRelations || !self.held.isEmpty
        self.follow(self.opener.want(isWanted, now: now.instant), now: now, into: &outputs)
    }

    private func say(_ steps: [PortOpener.Step]) {
        for step in steps {
            switch step {
            case .send(let bytes, let router, let own):
                self.routers.send(bytes, to: router, from: own, zone: self.opener.zone6)
            case .exchange(let id, let bytes, let router, let own):
                self.ask(id, bytes, router, from: own)
            case .keep(let traces): self.keep(traces)
            case .listen(let link):
                self.routers.listen(to: PortMapper.groups, on: link)
            case .rest: self.routers.rest()
            case .changed: break
            }
        }
    }

    /// What is over by now does not go into the file, which goes when nothing is left.
    private func keep(_ traces: [PortMapper.Trace]) {
        TraceFile(home: self.settings.home).save(traces, now: SystemClock.read().moment)
    }

    private func ask(
        _ id: PortMapper.RequestID, _ bytes: [UInt8], _ router: Endpoint, from own: IPAddress
    ) {
        let inbox = self.routerInbox
        guard self.opener.isRouter(router.address) else {
            inbox.offer(.routerAnswer(id, nil))
            return
        }
        self.routers.exchange(
            bytes, with: router, from: own, zone: self.opener.zone6,
            limit: UPnPLimits.httpByteCount,
            isWhole: { (try? HTTPResponse(parsing: $0, isClosed: false)) != nil }
        ) { inbox.offer(.routerAnswer(id, $0)) }
    }
}
