// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// What goes out of a host, and what comes in.
extension Checker {
    /// A host sends: no counter twice, and answers no oftener than they may come.
    mutating func sends(
        _ bytes: [UInt8], digest: TraceHash, to target: Endpoint, isFresh: Bool, _ host: HostID,
        incarnation: Int, at now: Instant
    ) {
        let former = self.sent.updateValue((host, now), forKey: digest)
        if Self.isQuestion(bytes),
            self.rates.isTooMuch(
                questionTo: target, isFresh: isFresh, host, incarnation: incarnation,
                others: self.isAboutCluster
                    ? Rates.memberPlaceCountMax : Rates.otherPlaceCountMax,
                freshOthers: self.isAboutCluster ? Rates.boundPlaceCountMax : 0, at: now)
        {
            self.report(.probesAreFew, at: now, [host], "more than one round in 40 s")
        }
        if target.isRelay {
            self.report(.relayStaysInside, at: now, [host], "a datagram to a relayed place")
        }
        // What leaves by fresh sockets has a limit of its own.
        if self.lies.contains(target), !isFresh,
            self.rates.isTooMuch(bytes, toNamed: target, host, at: now)
        {
            self.report(
                .answersAreFew, at: now, [host], "more than 100 to a named address a minute")
        }
        // All but packets of sessions are text.
        let isText = bytes.first == UInt8(ascii: "{")
        if isText, bytes.starts(with: "{\"response\":41".utf8),
            self.rates.isHasty(gone: digest, host, incarnation: incarnation, at: now)
        {
            self.report(.answersAreFew, at: now, [host], "a 410 within 10 s of the last one")
        } else if isText, bytes.starts(with: "{\"response\":409".utf8) {
            var subject = TraceHash()
            subject.absorb(Array(bytes.prefix(60)))
            if self.rates.isHasty(resync: subject, host, incarnation: incarnation, at: now) {
                self.report(.answersAreFew, at: now, [host], "a 409 within 30 s of the last one")
            }
        }
        // The same datagram again, to another place, uses up nothing more.
        if former?.by != host { self.usesUp(bytes, digest: digest, host, at: now) }
    }

    private static let questionBeginning = Array("{\"request\":110".utf8)

    private static func isQuestion(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: Self.questionBeginning)
    }

    private mutating func usesUp(
        _ bytes: [UInt8], digest: TraceHash, _ host: HostID, at now: Instant
    ) {
        guard let use = DatagramUses(of: bytes) else { return }
        if use.isQuestion, self.forgiven.contains(host) { return }
        let key = self.uses.counter(of: use, by: host)
        let former = self.uses.counters.updateValue(digest, forKey: key)
        guard let former, former != digest else { return }
        self.report(
            use.isQuestion ? .questionUsedOnce : .counterUsedOnce, at: now, [host],
            "\(use.counter) of \(use.scope) sealed two different datagrams")
    }

    /// A host's gate has looked at a datagram.
    mutating func receives(
        _ packet: Packet, _ verdict: Gate.Verdict, _ host: HostID,
        _ effects: SimulatedHost.Effects, at now: Instant
    ) {
        guard case .input(.opened(let opened)) = verdict else { return }
        if let sending = self.sent[packet.digest] {
            // A session is older than every packet in it.
            if now - sending.at > Constants.rejectAfter {
                self.report(.openedWasSent, at: now, [host], "sent \(now - sending.at) ago")
            }
            if sending.by == host {
                self.report(.openedWasSent, at: now, [host], "an own packet came back")
            }
        } else {
            self.report(.openedWasSent, at: now, [host], "counter \(opened.counter)")
        }
        self.uses.install(effects.installed, at: host)
        let key = self.uses.opening(of: opened, at: host)
        if !self.uses.openings.insert(key).inserted {
            self.report(
                .openedOnce, at: now, [host],
                "counter \(opened.counter) of session \(opened.session)")
        }
        guard let sequence = AnnouncedAddresses(frame: opened.plaintext)?.sequence else { return }
        var list = key
        list.counter = 0
        if sequence < self.uses.sequences[list] ?? 0, effects.hasStoredEndpoints {
            self.report(.addressesAreTold, at: now, [host], "an older list replaced a newer one")
        }
        self.uses.sequences[list] = max(sequence, self.uses.sequences[list] ?? 0)
    }

    /// A question that a session was made of counts once, for ever.
    mutating func accepts(
        _ packet: Packet, _ host: HostID, _ effects: SimulatedHost.Effects, at now: Instant
    ) {
        guard !effects.installed.isEmpty, !self.forgiven.contains(host), !effects.hasDied else {
            return
        }
        for bytes in [packet.bytes] + effects.datagramsInside {
            guard let use = DatagramUses(of: bytes), use.isQuestion else { continue }
            if !self.uses.acceptances.insert(self.uses.counter(of: use, by: host)).inserted {
                self.report(
                    .questionUsedOnce, at: now, [host], "n \(use.counter) was accepted twice")
            }
        }
    }

    /// A packet from where an adversary sits: no path leads there unproved, and no answer is longer.
    /// (Message 2 proves where its sender is, PROTOCOL.md §5.3: message 3 is longer and goes there.)
    mutating func keepsPath(
        _ packet: Packet, _ host: HostID, _ effects: SimulatedHost.Effects, at now: Instant
    ) {
        guard !self.adversaries.isEmpty, self.adversaries.contains(packet.source) else { return }
        let byteCount = effects.sent.reduce(0) {
            $0 + ($1.to == packet.source ? $1.bytes.count : 0)
        }
        let isResponse = packet.bytes.starts(with: "{\"response\":200,\"request\":120".utf8)
        if byteCount > packet.bytes.count, !isResponse {
            self.report(
                .answersAreFew, at: now, [host],
                "\(byteCount) bytes for \(packet.bytes.count) from an unproved source")
        }
        // Message 2 from another place is believed while there is no path: its seal is right.
        guard !isResponse else { return }
        for event in effects.events {
            switch event {
            case .peerMoved(_, _, packet.source), .peerConnected(_, packet.source):
                self.report(.pathIsProved, at: now, [host], "the path leads to an adversary")
            default: break
            }
        }
    }

    /// A forged datagram was looked at: nothing may be other than before, and the gate lets none in.
    /// (One that names a cancelled pairing passes and is answered with the 410; that changes nothing.)
    mutating func resists(
        _ packet: Packet, _ verdict: Gate.Verdict, from before: DurableState,
        _ host: inout SimulatedHost, _ effects: SimulatedHost.Effects, at now: Instant
    ) {
        // Nobody signs what STUN servers say; who changes it on the way lies to us, and no more.
        if case .stun = verdict { return }
        guard packet.isForged else { return }
        let isLetIn =
            switch verdict {
            case .input(.datagram(let bytes, _, _)): host.gate.admitsPID(named: bytes)
            case .input: true
            case .dropped, .stun: false
            }
        guard !isLetIn, host.disk.store.state == before, effects.events.isEmpty else {
            self.report(
                .forgeriesChangeNothing, at: now, [host.id],
                "a forged datagram of \(packet.bytes.count) bytes "
                    + (isLetIn ? "passed the gate" : "changed something"))
            return
        }
    }
}
