// SPDX-License-Identifier: Apache-2.0

/// The first look at every datagram: strangers cost a look-up and no allocation.
///
/// The order of the checks is that of PROTOCOL.md §5.7: size, first byte, scan, `pid` or index in
/// a table, token bucket, MAC, and only then a seal or, in the node, a Diffie-Hellman. The gate
/// holds the sessions and opens every packet of a known index exactly once.
public struct Gate: Sendable {
    /// What became of a datagram.
    public enum Verdict: Sendable {
        /// Nothing of ours, forged, replayed, or too much; a counter says which.
        case dropped
        /// For the node.
        case input(Input)
        /// Has the form of STUN: for the STUN client, if one of its questions is open.
        case stun
    }

    struct Relation: Sendable {
        var admission: Admission
        /// For messages 1 that are newer than all before.
        var bucket: TokenBucket
        /// For all others, so that replays of an old one cannot use up what new ones need.
        var repeats: TokenBucket
        /// The highest `n` of a message 1 with a right MAC; decides about the bucket alone.
        var newest: UInt64 = 0
    }

    let primitives: any Primitives
    private(set) var relations: [PeerID: Relation] = [:]
    private(set) var sessions: [UInt32: Session] = [:]
    private var tokens: [PeerID: Secret] = [:]
    private(set) var buried: [[UInt8]: Instant?] = [:]
    /// What all relations with keys of one cluster's secret have together, and those of meetings (nil).
    private var totals: [ClusterID?: HandshakeTotal] = [:]
    private var buriedBucket: TokenBucket?
    private(set) var tally = GateTally()

    private let mutation: Mutation

    /// A gate that admits nothing yet.
    public init(primitives: any Primitives) {
        self.init(primitives: primitives, mutation: [])
    }

    /// A gate with deliberate defects, for tests.
    package init(primitives: any Primitives, mutation: Mutation) {
        self.primitives = primitives
        self.mutation = mutation
    }

    /// Looks at one datagram.
    public mutating func receive(
        _ datagram: UnsafeRawBufferPointer, from source: Endpoint, via socket: SocketID,
        now: Instant
    ) -> Verdict {
        self.tally.received += 1
        // Nobody outside can be at the place of a relayed path.
        guard !source.isRelay else { return self.drop(\.malformed) }
        return self.look(at: datagram, from: source, via: socket, now: now)
    }

    /// Looks at a datagram that a peer relayed, as at any other; it must be for that one relation.
    ///
    /// The peer that relays may put in whatever it has: what is another relation's is dropped before
    /// it is opened, so that nothing of that is used up.
    public mutating func receive(
        relayed datagram: [UInt8], from place: Endpoint, to pid: PeerID, now: Instant
    ) -> Verdict {
        datagram.withUnsafeBytes { bytes in
            guard place.isRelay, self.isMeant(bytes, for: pid) else {
                return self.drop(\.unknown)
            }
            return self.look(at: bytes, from: place, via: SocketID(0), now: now)
        }
    }

    private func isMeant(_ datagram: UnsafeRawBufferPointer, for pid: PeerID) -> Bool {
        guard datagram.count >= Constants.datagramByteCountMin else { return false }
        switch datagram[0] {
        case Constants.packetType:
            let index = datagram.loadUnaligned(fromByteOffset: 4, as: UInt32.self).bigEndian
            return self.sessions[index]?.ownPID == pid
        case Constants.jsonType:
            guard let envelope = Envelope(scanning: datagram) else { return false }
            return envelope.pid.map { $0 == pid } ?? (envelope.kind == .gone)
        default: return false
        }
    }

    private mutating func look(
        at datagram: UnsafeRawBufferPointer, from source: Endpoint, via socket: SocketID,
        now: Instant
    ) -> Verdict {
        guard datagram.count >= Constants.datagramByteCountMin,
            datagram.count <= Constants.datagramByteCountMax
        else { return self.drop(\.malformed) }
        switch datagram[0] {
        case Constants.jsonType:
            return self.receiveJSON(datagram, from: source, via: socket, now: now)
        case Constants.packetType:
            return self.receivePacket(datagram, from: source, via: socket, now: now)
        case 0...3
        where datagram.loadUnaligned(fromByteOffset: 4, as: UInt32.self).bigEndian
            == 0x2112_a442:
            return .stun
        default:
            return self.drop(\.malformed)
        }
    }

    /// Carries out what concerns the gate; returns the datagram of a `sendSealed`.
    ///
    /// Outputs that do not concern it are ignored.
    public mutating func apply(_ output: Output, now: Instant) -> [UInt8]? {
        switch output {
        case .admit(let admission):
            let full = TokenBucket(
                burst: Limits.handshakeBurst, perSecond: Limits.handshakesPerSecond, now: now)
            self.relations[
                admission.pid, default: Relation(admission: admission, bucket: full, repeats: full)
            ].admission = admission
            let newest = self.relations[admission.pid]?.newest ?? 0
            self.relations[admission.pid]?.newest = max(newest, admission.acceptedCounter)
            self.tokens[admission.pid] = admission.cancelToken
        case .dismiss(let pid):
            self.relations[pid] = nil
            self.tokens[pid] = nil
            self.sessions = self.sessions.filter { $0.value.ownPID != pid }
        case .bury(let pidHash): self.buried[pidHash] = .some(nil)
        case .unbury(let pidHash): self.buried[pidHash] = nil
        case .install(let session): self.sessions[session.index] = session
        case .erase(let index): self.sessions[index] = nil
        case .sendSealed(let index, let content, let plaintext, let destination):
            let primitives = self.primitives
            return self.sessions[index]?.seal(
                plaintext, as: content, echo: destination, now: now, primitives)
        case .sendAside(let index, let plaintext, let destination, _):
            let primitives = self.primitives
            return self.sessions[index]?.seal(
                plaintext, as: .frame, echo: destination, now: now, primitives)
        case .sendRelayed(let index, let content, let plaintext, let carrier):
            return self.seal(plaintext, as: content, session: index, by: carrier, now: now)
        case .persist, .send, .sendMain, .sendFresh, .closeFresh, .closeAside, .bind, .loopback,
            .multicast, .leaveNote, .seekNote,
            .gatherCandidates, .reply, .notify:
            break
        }
        return nil
    }

    /// A datagram of one session inside a packet of the helper's.
    private mutating func seal(
        _ plaintext: [UInt8], as content: SessionContent, session index: UInt32,
        by carrier: RelayCarrier, now: Instant
    ) -> [UInt8]? {
        let primitives = self.primitives
        guard self.sessions[carrier.session] != nil,
            let inner = self.sessions[index]?.seal(
                plaintext, as: content, echo: .relayed, now: now, primitives),
            inner.count + carrier.header.count <= Constants.framedByteCountMax
        else { return nil }
        return self.sessions[carrier.session]?.seal(
            carrier.header + inner, as: .frame, echo: carrier.to, now: now, primitives)
    }

    /// Applies the deliberate defects of sessions; the time to look at the session with.
    private mutating func weaken(_ index: UInt32, _ now: Instant) -> Instant {
        if self.mutation.isActive(.windowUnchecked) { self.sessions[index]?.forgetWindow() }
        guard self.mutation.isActive(.sessionWithoutEnd) else { return now }
        return self.sessions[index]?.createdAt ?? now
    }

    private mutating func drop(_ reason: WritableKeyPath<GateTally, UInt64>) -> Verdict {
        self.tally[keyPath: reason] += 1
        return .dropped
    }

    private mutating func receivePacket(
        _ datagram: UnsafeRawBufferPointer, from source: Endpoint, via socket: SocketID,
        now: Instant
    ) -> Verdict {
        let headerCount = Constants.packetHeaderByteCount
        guard datagram.count >= headerCount + Constants.tagByteCount, datagram[1] == 0,
            datagram[2] == 0, datagram[3] == 0
        else { return self.drop(\.malformed) }
        let index = UInt32(
            bigEndian: datagram.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        let counter = UInt64(
            bigEndian: datagram.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        let now = self.weaken(index, now)
        guard let isNew = self.sessions[index]?.mayOpen(counter, now: now) else {
            return self.drop(\.unknown)
        }
        guard isNew else { return self.drop(\.replayed) }
        let primitives = self.primitives
        let plaintext = self.sessions[index]?.open(
            Array(datagram[headerCount...]), counter: counter,
            associated: Array(datagram[..<headerCount]), primitives)
        guard let plaintext else { return self.drop(\.forged) }
        return .input(
            .opened(
                OpenedPacket(
                    session: index, counter: counter, content: .frame, plaintext: plaintext,
                    source: source, via: socket, byteCount: datagram.count)))
    }

    private mutating func receiveJSON(
        _ datagram: UnsafeRawBufferPointer, from source: Endpoint, via socket: SocketID,
        now: Instant
    ) -> Verdict {
        guard let envelope = Envelope(scanning: datagram) else { return self.drop(\.malformed) }
        guard self.hasRightSize(datagram.count, envelope.kind) else {
            return self.drop(\.malformed)
        }
        if envelope.kind == .gone {
            guard self.isKnownToken(envelope) else { return self.drop(\.unknown) }
            return .input(.datagram(Array(datagram), from: source, via: socket))
        }
        guard let pid = envelope.pid else { return self.drop(\.malformed) }
        guard let admission = self.relations[pid]?.admission else {
            return self.receiveForBuried(datagram, pid, from: source, via: socket, now: now)
        }
        guard let key = admission.receiveMAC else { return self.drop(\.unknown) }
        if case .opening(_, let n) = envelope.kind {
            guard self.hasToken(pid, n: n, now: now) else { return self.drop(\.limited) }
        }
        guard self.isAuthentic(datagram, envelope, key: key) else { return self.drop(\.forged) }
        switch envelope.kind {
        case .opening(_, let n): self.takeToken(pid, n: n)
        case .founding(let to, let counter):
            return self.openMessage(
                .founding, datagram, envelope, to: to, counter, from: source, via: socket, now: now)
        case .foundingAnswer(let to, let counter):
            return self.openMessage(
                .foundingAnswer, datagram, envelope, to: to, counter, from: source, via: socket,
                now: now)
        case .response, .refusal, .resync, .gone: break
        }
        return .input(.datagram(Array(datagram), from: source, via: socket))
    }

    /// Messages 1 and 2 have one size, so that no answer is longer than its question.
    private func hasRightSize(_ byteCount: Int, _ kind: Envelope.Kind) -> Bool {
        switch kind {
        case .opening: byteCount == Constants.openingByteCount
        case .response: Constants.responseByteCounts.contains(byteCount)
        case .founding, .foundingAnswer, .refusal, .resync, .gone: true
        }
    }

    private mutating func openMessage(
        _ content: SessionContent, _ datagram: UnsafeRawBufferPointer, _ envelope: Envelope,
        to index: UInt32, _ counter: UInt64, from source: Endpoint, via socket: SocketID,
        now: Instant
    ) -> Verdict {
        guard self.sessions[index]?.ownPID == envelope.pid else { return self.drop(\.unknown) }
        let now = self.weaken(index, now)
        guard self.sessions[index]?.mayOpen(counter, now: now) == true else {
            return self.drop(\.replayed)
        }
        guard let range = envelope.payload,
            let sealed = Base64URL.decode(UnsafeRawBufferPointer(rebasing: datagram[range]))
        else { return self.drop(\.malformed) }
        let primitives = self.primitives
        let padded = self.sessions[index]?.open(
            sealed, counter: counter, associated: [], primitives)
        guard let padded, padded.count == content.plaintextByteCount,
            let plaintext = PaddedContent.unpad(padded)
        else { return self.drop(\.forged) }
        return .input(
            .opened(
                OpenedPacket(
                    session: index, counter: counter, content: content, plaintext: plaintext,
                    source: source, via: socket, byteCount: datagram.count)))
    }

    private func isAuthentic(
        _ datagram: UnsafeRawBufferPointer, _ envelope: Envelope, key: Secret
    ) -> Bool {
        if self.mutation.isActive(.macUnchecked) { return true }
        if case .refusal = envelope.kind, self.mutation.isActive(.errorsDelete) { return true }
        let covered = UnsafeRawBufferPointer(rebasing: datagram[..<envelope.macOffset])
        return self.primitives.withHMAC(of: covered, key: key) { mac in
            envelope.withProof { isEqualConstantTime(mac.prefix(16), $0) }
        }
    }

    /// Whether one more message 1 is allowed now.
    ///
    /// One that is no newer than all before takes from buckets of its own, so that who
    /// replays recorded ones, of however many relations, cannot use up what new ones need. Nor can
    /// who has a cluster's secret, and so the keys of all its relations, use up what others need.
    private mutating func hasToken(_ pid: PeerID, n: UInt64, now: Instant) -> Bool {
        guard let relation = self.relations[pid] else { return false }
        let cluster = relation.admission.cluster
        let isNew = n > relation.newest
        var total = self.totals[cluster] ?? HandshakeTotal(of: cluster, now: now)
        let isOpen = isNew ? total.bucket.hasToken(now: now) : total.repeats.hasToken(now: now)
        self.totals[cluster] = total
        guard isOpen else { return false }
        return isNew
            ? self.relations[pid]?.bucket.hasToken(now: now) == true
            : self.relations[pid]?.repeats.hasToken(now: now) == true
    }

    private mutating func takeToken(_ pid: PeerID, n: UInt64) {
        guard let relation = self.relations[pid] else { return }
        let cluster = relation.admission.cluster
        if n > relation.newest {
            self.relations[pid]?.bucket.take()
            self.relations[pid]?.newest = n
            self.totals[cluster]?.bucket.take()
        } else {
            self.relations[pid]?.repeats.take()
            self.totals[cluster]?.repeats.take()
        }
    }

    private func isKnownToken(_ envelope: Envelope) -> Bool {
        envelope.withProof { proof in
            func isToken(_ token: Secret) -> Bool {
                self.mutation.isActive(.goneUnproved)
                    || token.withBytes { isEqualConstantTime($0, proof) }
            }
            if let pid = envelope.pid { return self.tokens[pid].map(isToken) ?? false }
            return self.tokens.values.contains(where: isToken)
        }
    }

    /// A `pid` that is in no table may be a cancelled pairing's: then the 410 is due, once per 10 s.
    ///
    /// Only while there are tombstones, and for at most 50 unknown names a second, is the hash
    /// computed that tells; so strangers cost nothing more.
    private mutating func receiveForBuried(
        _ datagram: UnsafeRawBufferPointer, _ pid: PeerID, from source: Endpoint,
        via socket: SocketID, now: Instant
    ) -> Verdict {
        guard !self.buried.isEmpty else { return self.drop(\.unknown) }
        var bucket = self.buriedBucket ?? TokenBucket(burst: 50, perSecond: 50, now: now)
        defer { self.buriedBucket = bucket }
        guard bucket.hasToken(now: now) else { return self.drop(\.unknown) }
        bucket.take()
        let hash = self.primitives.hash(pid.bytes)
        guard let answeredAt = self.buried[hash] else { return self.drop(\.unknown) }
        if let answeredAt, now - answeredAt < Constants.goneInterval,
            !self.mutation.isActive(.goneUnlimited)
        {
            return self.drop(\.limited)
        }
        self.buried[hash] = .some(now)
        return .input(.datagram(Array(datagram), from: source, via: socket))
    }
}
