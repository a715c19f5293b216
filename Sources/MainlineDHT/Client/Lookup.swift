// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// One search for a place of the DHT, and what is stored there in the end.
///
/// Four nodes are asked at a time, always the closest ones that are not asked yet, until the eight
/// closest have answered. Who is silent for a second is asked once more and another one beside it.
struct Lookup: Sendable {
    private enum Phase: Sendable {
        case awaitingEntries(until: Instant)
        case searching
        case storing
        case over(DHTResult)
    }

    let id: DHTRequestID
    let request: DHTRequest
    private let target: NodeID
    private let end: Instant
    private var phase = Phase.searching
    private var candidates: Candidates
    private var questions: [Question] = []
    private var entries: [Endpoint] = []
    private var hasAskedForEntries = false
    private var newest: MutableItem?
    private var holderCount = 0
    private var answerCount = 0
    private var storedCount = 0
    private var refusals: [Int64] = []

    init(id: DHTRequestID, _ request: DHTRequest, now: Instant) {
        self.id = id
        self.request = request
        self.target = request.place.target
        self.candidates = Candidates(target: self.target)
        self.end = now + Limits.searchTime
    }

    /// What came out, once it is over.
    var result: DHTResult? {
        guard case .over(let result) = self.phase else { return nil }
        return result
    }

    /// Whether it waits for places to begin at.
    var awaitsEntries: Bool {
        guard case .awaitingEntries = self.phase else { return false }
        return true
    }

    /// When `tick` is due.
    var deadline: Instant? {
        let waits = self.questions.map(\.deadline)
        switch self.phase {
        case .awaitingEntries(let end): return ([end] + waits).min()
        case .searching: return ([self.end] + waits).min()
        case .storing: return waits.min()
        case .over: return nil
        }
    }

    /// Whether this answers an open question of this lookup.
    func expects(_ transaction: [UInt8], from source: Endpoint) -> Bool {
        self.questions.contains { $0.transaction == transaction && $0.endpoint == source }
    }

    /// Begins with the nodes of the table; asks for entries when there are few.
    mutating func begin(
        now: Instant, _ shared: inout Surroundings,
        using generator: inout some RandomNumberGenerator, into outputs: inout [DHTClient.Output]
    ) {
        for contact in shared.table.closest(to: self.target, count: Limits.entryCount)
        where shared.mayAsk(contact.endpoint) { self.candidates.insert(contact) }
        if shared.table.count < Limits.storingCount {
            self.awaitEntries(now: now)
        } else {
            self.advance(now: now, &shared, using: &generator, into: &outputs)
        }
    }

    /// Goes on with nodes of which only the place is known.
    mutating func take(
        entries: [Endpoint], now: Instant, _ shared: inout Surroundings,
        using generator: inout some RandomNumberGenerator, into outputs: inout [DHTClient.Output]
    ) {
        guard self.awaitsEntries else { return }
        self.entries = Array(
            entries.filter { shared.mayAsk($0) && self.candidates.index(at: $0) == nil }
                .prefix(Limits.entryCount))
        self.phase = .searching
        self.advance(now: now, &shared, using: &generator, into: &outputs)
    }

    /// Takes an answer that `expects` was true for.
    mutating func receive(
        _ message: KRPCMessage, from source: Endpoint, now: Instant, _ shared: inout Surroundings,
        using generator: inout some RandomNumberGenerator, into outputs: inout [DHTClient.Output]
    ) {
        guard
            let index = self.questions.firstIndex(where: {
                $0.transaction == message.transaction && $0.endpoint == source
            })
        else { return }
        let question = self.questions.remove(at: index)
        switch (question.kind, message.body) {
        case (_, .query): break
        case (.put, .response): self.storedCount += 1
        case (.put, .failure(let failure)): self.refusals.append(failure.code)
        case (.enter, .response(let response)), (.get, .response(let response)),
            (.findNode, .response(let response)):
            self.learn(response, from: question, &shared)
        case (.get, .failure(let failure)) where failure.code == KRPCFailure.unknownMethod:
            self.ask(
                .findNode, question.endpoint, question.contact, now: now, &shared,
                using: &generator, into: &outputs)
        case (.enter, .failure), (.get, .failure), (.findNode, .failure):
            self.candidates.set(.failed, at: source)
        }
        self.advance(now: now, &shared, using: &generator, into: &outputs)
    }

    /// Time has passed.
    mutating func tick(
        now: Instant, _ shared: inout Surroundings,
        using generator: inout some RandomNumberGenerator, into outputs: inout [DHTClient.Output]
    ) {
        for index in self.questions.indices.reversed()
        where self.questions[index].deadline <= now {
            if self.questions[index].sendCount == 1 {
                self.questions[index].sendCount = 2
                self.questions[index].deadline = now + Limits.secondWait
                self.send(self.questions[index], &shared, into: &outputs)
            } else {
                let question = self.questions.remove(at: index)
                self.candidates.set(.failed, at: question.endpoint)
                shared.table.noteFailure(at: question.endpoint)
                shared.counters.unanswered += 1
            }
        }
        self.advance(now: now, &shared, using: &generator, into: &outputs)
    }
}

extension Lookup {
    /// What a node was asked, until it answers.
    private struct Question: Sendable {
        enum Kind: Sendable {
            case enter
            case findNode
            case get
            case put
        }

        let kind: Kind
        let endpoint: Endpoint
        let contact: NodeContact?
        let transaction: [UInt8]
        let bytes: [UInt8]
        var sendCount = 1
        var deadline: Instant
    }

    private mutating func awaitEntries(now: Instant) {
        self.hasAskedForEntries = true
        self.phase = .awaitingEntries(until: now + Limits.entryWait)
    }

    private func send(
        _ question: Question, _ shared: inout Surroundings, into outputs: inout [DHTClient.Output]
    ) {
        shared.counters.sent += 1
        outputs.append(.send(question.bytes, to: question.endpoint))
    }

    private mutating func ask(
        _ kind: Question.Kind, _ endpoint: Endpoint, _ contact: NodeContact?, token: [UInt8] = [],
        now: Instant, _ shared: inout Surroundings,
        using generator: inout some RandomNumberGenerator, into outputs: inout [DHTClient.Output]
    ) {
        let asked: KRPCQuery.Kind
        switch (kind, self.request) {
        case (.enter, _), (.findNode, _): asked = .findNode(target: self.target)
        case (.put, .put(let item, let former)):
            asked = .put(ItemFields(item), salt: item.salt, token: token, over: former)
        case (.get, _), (.put, .get):
            asked = .get(target: self.target, newerThan: self.request.newerThan)
        }
        let number = UInt32(truncatingIfNeeded: generator.next())
        let transaction = withUnsafeBytes(of: number.bigEndian) { Array($0) }
        let message = KRPCMessage(
            transaction: transaction, .query(KRPCQuery(id: shared.id, asked)), isReadOnly: true)
        let question = Question(
            kind: kind, endpoint: endpoint, contact: contact, transaction: transaction,
            bytes: message.encoded, deadline: now + Limits.firstWait)
        self.questions.append(question)
        self.send(question, &shared, into: &outputs)
    }

    /// Takes over what an answer says, as far as it can be true.
    private mutating func learn(
        _ response: KRPCResponse, from question: Question, _ shared: inout Surroundings
    ) {
        let contact = NodeContact(id: response.id, endpoint: question.endpoint)
        if let fields = response.item {
            guard self.take(fields, shared.primitives) else {
                self.candidates.set(.failed, at: question.endpoint)
                shared.distrust(question.endpoint)
                return
            }
        }
        if let named = question.contact, named != contact {
            // Another node by now, or told of wrongly: it stands where its own word puts it, if that fits.
            guard contact.isFitting else {
                self.candidates.set(.failed, at: question.endpoint)
                return
            }
            self.candidates.rename(at: question.endpoint, to: contact)
        }
        if question.kind != .enter { self.answerCount += 1 }
        shared.table.noteAnswer(of: contact, own: shared.id)
        switch question.kind {
        case .enter: self.candidates.insert(contact)
        case .get: self.candidates.set(.answered(token: response.token), at: contact.endpoint)
        case .findNode: self.candidates.set(.answered(token: nil), at: contact.endpoint)
        case .put: break
        }
        for node in response.nodes where shared.mayAsk(node.endpoint) {
            self.candidates.insert(node)
        }
    }

    /// Whether the item is one of this place; an older one than is wanted is passed over.
    private mutating func take(_ fields: ItemFields, _ primitives: any Primitives) -> Bool {
        let place = self.request.place
        guard fields.key == place.key.bytes,
            let item = try? MutableItem(
                checking: fields.value, sequence: fields.sequence, salt: place.salt,
                signature: fields.signature, of: place.key, primitives)
        else { return false }
        if let limit = self.request.newerThan, item.sequence <= limit { return true }
        if item == self.newest { self.holderCount += 1 }
        if item.sequence > self.newest?.sequence ?? -1 {
            self.newest = item
            self.holderCount = 1
        }
        return true
    }
}

extension Lookup {
    /// Does what is next, and ends what is over.
    private mutating func advance(
        now: Instant, _ shared: inout Surroundings,
        using generator: inout some RandomNumberGenerator, into outputs: inout [DHTClient.Output]
    ) {
        switch self.phase {
        case .awaitingEntries(let end):
            guard end <= now else { return }
            self.phase = .searching
            self.advance(now: now, &shared, using: &generator, into: &outputs)
        case .searching:
            self.askNext(now: now, &shared, using: &generator, into: &outputs)
            let isOver = self.candidates.areAllAnswered || self.questions.isEmpty
            guard isOver || self.end <= now else { return }
            self.concludeSearch(now: now, &shared, using: &generator, into: &outputs)
        case .storing:
            guard self.questions.isEmpty else { return }
            self.phase = .over(
                self.storedCount > 0
                    ? .stored(by: self.storedCount) : .refused(self.refusals.sorted()))
        case .over: return
        }
    }

    private mutating func askNext(
        now: Instant, _ shared: inout Surroundings,
        using generator: inout some RandomNumberGenerator, into outputs: inout [DHTClient.Output]
    ) {
        while self.questions.filter({ $0.sendCount == 1 }).count < Limits.parallelCount {
            if !self.entries.isEmpty {
                self.ask(
                    .enter, self.entries.removeFirst(), nil, now: now, &shared, using: &generator,
                    into: &outputs)
            } else if let next = self.candidates.next {
                self.candidates.set(.asked, at: next.endpoint)
                self.ask(
                    .get, next.endpoint, next, now: now, &shared, using: &generator, into: &outputs)
            } else {
                return
            }
        }
    }

    private mutating func concludeSearch(
        now: Instant, _ shared: inout Surroundings,
        using generator: inout some RandomNumberGenerator, into outputs: inout [DHTClient.Output]
    ) {
        if self.answerCount == 0, !self.hasAskedForEntries, now < self.end {
            self.awaitEntries(now: now)
            return
        }
        self.questions = []
        switch self.request {
        case .get: self.phase = .over(self.found)
        case .put(let item, _):
            if let newest,
                newest.sequence > item.sequence
                    || newest.sequence == item.sequence && newest.value != item.value
            {
                self.phase = .over(.outdated(newest))
                return
            }
            guard self.answerCount > 0 else {
                self.phase = .over(.unreachable)
                return
            }
            for (contact, token) in self.candidates.writable {
                self.ask(
                    .put, contact.endpoint, contact, token: token, now: now, &shared,
                    using: &generator, into: &outputs)
            }
            self.phase = self.questions.isEmpty ? .over(.refused([])) : .storing
        }
    }

    private var found: DHTResult {
        if let newest { return .found(newest, by: self.holderCount) }
        return self.answerCount > 0 ? .nothing(asked: self.answerCount) : .unreachable
    }
}
