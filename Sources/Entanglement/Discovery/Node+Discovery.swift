// SPDX-License-Identifier: Apache-2.0

// Who of the peers is on this local network (PROTOCOL.md §8.10).
extension Node {
    /// Sends a hello when one is due.
    mutating func tickDiscovery(_ turn: inout Turn) {
        guard let due = self.discovery.dueAt, due <= turn.instant else { return }
        guard let ports = self.discovery.ports, self.discovery.hasLAN else {
            return self.discovery.pass()
        }
        let called = self.called()
        guard !called.isEmpty else { return self.discovery.pass() }
        var hello = Hello(
            nonce: turn.has(.helloNonceKept)
                ? [UInt8](repeating: 7, count: Hello.nonceByteCount)
                : turn.randomBytes(Hello.nonceByteCount),
            ports: ports,
            tags: (0..<Hello.tagCount).map { _ in turn.random() })
        for (position, id) in called.enumerated() {
            let tag = self.relations[id]?.ownTag(of: hello, turn)
            if let tag { hello.tags[position] = tag }
        }
        // Where a tag stands tells nothing.
        hello.tags.shuffle(using: &turn.generator)
        turn.actions.append(.multicast(hello.bytes))
        self.discovery.noteSending(
            hello, jitter: turn.jitter(upTo: Constants.helloJitterMax), now: turn.instant)
    }

    /// Whom the next hello calls: at most as many as it has tags, each time the next ones.
    private func called() -> [RelationID] {
        let all = self.ids.filter { id in
            guard !self.discovery.missed.contains(id) else { return true }
            guard self.discovery.callsAll, self.relations[id]?.mayBeCalled ?? false else {
                return false
            }
            return self.discovery.calls(connectedPeerHeardAt: self.relations[id]?.lastHeard)
        }
        guard all.count > Hello.tagCount else { return all }
        let start = self.discovery.sentCount * Hello.tagCount % all.count
        return (0..<Hello.tagCount).map { all[(start + $0) % all.count] }
    }

    /// Looks for peers of this node in a hello of somebody on the local network.
    mutating func receiveHello(_ bytes: [UInt8], from source: Endpoint, _ turn: inout Turn) {
        guard let hello = Hello(bytes), let endpoint = hello.ports.endpoint(of: source),
            self.discovery.admits(hello, now: turn.instant)
        else { return }
        let tags = Set(hello.tags)
        for id in self.listening(to: hello) {
            let tag = self.relations[id]?.peerTag(of: hello, turn)
            guard let tag, tags.contains(tag) || turn.has(.helloUnproved) else { continue }
            self.update(id, &turn) { $0.sight(at: endpoint, &$1) }
        }
    }

    /// Whose tags a hello is searched for: those who are missed first, and not more than a limit.
    private func listening(to hello: Hello) -> [RelationID] {
        let missed = self.ids.filter { self.discovery.missed.contains($0) }
        let others = self.ids.filter {
            !self.discovery.missed.contains($0) && self.relations[$0]?.mayBeCalled ?? false
        }
        let all = missed + others
        guard all.count > Limits.helloRelationCountMax else { return all }
        // The nonce is random, so each hello of a peer finds others in the part that is looked at.
        let start = Int(hello.nonce[0]) << 8 | Int(hello.nonce[1])
        return (0..<Limits.helloRelationCountMax).map { all[(start + $0) % all.count] }
    }
}
