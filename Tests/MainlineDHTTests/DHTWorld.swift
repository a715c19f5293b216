// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import MainlineDHT
import Testing

/// A DHT in memory and one client in it, on simulated time.
struct DHTWorld {
    /// How a node behaves.
    enum Manner {
        case honest
        /// Answers nothing.
        case silent
        /// Has not heard of BEP 44.
        case old
        /// Gives the item with one bit of its signature turned.
        case forging
        /// Gives an item of another key.
        case mistaken
        /// Calls itself otherwise than others call it.
        case renamed
        /// Tells of others under ids that are not theirs, though they fit their addresses.
        case misnaming
        /// Answers no other questions than those for nodes and items.
        case refusing
    }

    struct Model {
        let contact: NodeContact
        var manner = Manner.honest
        var items: [NodeID: (fields: ItemFields, salt: [UInt8])] = [:]
        var questionCount = 0
    }

    var now = Instant(nanoseconds: 0)
    var generator: SeededGenerator
    var client: DHTClient
    var models: [Model] = []
    /// One datagram of so many is lost, in either direction.
    var lossPerMille: UInt64 = 0
    /// What the client is told when it asks for entries.
    var entries: [Endpoint] = []
    var results: [DHTRequestID: DHTResult] = [:]
    var entryRequestCount = 0
    var sentTo: [Endpoint] = []
    /// Where all nodes see the client.
    var clientEndpoint = Endpoint(address: .v4(0x5100_0001), port: 40_000)
    private var inFlight: [(at: Instant, bytes: [UInt8], from: Endpoint)] = []
    private var requestCount: UInt64 = 0

    init(seed: UInt64 = 1, nodes count: Int, contacts: [NodeContact] = []) {
        self.generator = SeededGenerator(seed: seed)
        self.client = DHTClient(contacts: contacts, CryptoPrimitives(), using: &self.generator)
        for index in 0..<count {
            let address = IPAddress.v4(UInt32(0x0800_0001 + index * 0x0001_0301))
            let contact = NodeContact(
                id: NodeID(at: address, using: &self.generator),
                endpoint: Endpoint(address: address, port: 6_881))
            self.models.append(Model(contact: contact))
        }
        self.entries = self.models.prefix(2).map(\.contact.endpoint)
    }

    /// Runs one request to its end; nil when there is none within five minutes.
    mutating func run(_ request: DHTRequest) -> DHTResult? {
        let id = self.begin(request)
        self.runToTheEnd()
        return self.results[id]
    }

    mutating func begin(_ request: DHTRequest) -> DHTRequestID {
        self.requestCount += 1
        let id = DHTRequestID(self.requestCount)
        self.handle(.request(id, request))
        return id
    }

    mutating func runToTheEnd() {
        let end = self.now + .seconds(300)
        while self.now < end {
            let arrival = self.inFlight.map(\.at).min()
            guard let next = [arrival, self.client.deadline].compactMap({ $0 }).min() else {
                return
            }
            self.now = max(self.now, next)
            if let index = self.inFlight.firstIndex(where: { $0.at <= self.now }) {
                let datagram = self.inFlight.remove(at: index)
                self.handle(.datagram(datagram.bytes, from: datagram.from))
            } else {
                self.handle(.timer)
            }
        }
    }

    mutating func handle(_ input: DHTClient.Input) {
        var outputs: [DHTClient.Output] = []
        self.client.handle(input, now: self.now, using: &self.generator, into: &outputs)
        for output in outputs {
            switch output {
            case .send(let bytes, let endpoint): self.deliver(bytes, to: endpoint)
            case .needsEntries:
                self.entryRequestCount += 1
                self.handle(.entries(self.entries))
            case .finished(let id, let result): self.results[id] = result
            }
        }
    }

    private mutating func deliver(_ bytes: [UInt8], to endpoint: Endpoint) {
        self.sentTo.append(endpoint)
        guard let index = self.models.firstIndex(where: { $0.contact.endpoint == endpoint }),
            self.generator.next() % 1000 >= self.lossPerMille,
            let message = try? KRPCMessage(parsing: bytes), case .query(let query) = message.body,
            message.isReadOnly, self.models[index].manner != .silent
        else { return }
        self.models[index].questionCount += 1
        let body = self.answer(query, by: index)
        guard self.generator.next() % 1000 >= self.lossPerMille else { return }
        let answer = KRPCMessage(
            transaction: message.transaction, body, seenAt: self.clientEndpoint)
        let delay = Duration.milliseconds(20 + Int64(self.generator.next() % 60))
        self.inFlight.append((self.now + delay, answer.encoded, endpoint))
    }

    private func told(by model: Model, _ nodes: [NodeContact]) -> [NodeContact] {
        guard model.manner == .misnaming else { return nodes }
        return nodes.compactMap { node in
            var bytes = node.id.bytes
            bytes[10] ^= 1
            return NodeID(bytes: bytes).map { NodeContact(id: $0, endpoint: node.endpoint) }
        }
    }

    private mutating func answer(_ query: KRPCQuery, by index: Int) -> KRPCMessage.Body {
        let model = self.models[index]
        var response = KRPCResponse(id: model.contact.id)
        if model.manner == .renamed { response.id = NodeID(using: &self.generator) }
        switch query.kind {
        case .ping: break
        case .findNode(let target): response.nodes = self.told(by: model, self.closest(to: target))
        case .get(let target, let sequence):
            guard model.manner != .old else { return .failure(KRPCFailure(code: 204)) }
            response.nodes = self.told(by: model, self.closest(to: target))
            response.token = model.contact.endpoint.address.bytes
            if let item = model.items[target], item.fields.sequence > sequence ?? -1 {
                response.item = item.fields
                if model.manner == .forging { response.item?.signature[5] ^= 4 }
                if model.manner == .mistaken { response.item?.key[5] ^= 4 }
            }
        case .put(let fields, let salt, let token, let former):
            return self.store(fields, salt, token, over: former, at: index)
                ?? .response(response)
        }
        return .response(response)
    }

    /// The refusals of BEP 44.
    private mutating func store(
        _ fields: ItemFields, _ salt: [UInt8], _ token: [UInt8], over former: Int64?, at index: Int
    ) -> KRPCMessage.Body? {
        func refusal(_ code: Int64) -> KRPCMessage.Body { .failure(KRPCFailure(code: code)) }
        guard self.models[index].manner != .refusing,
            token == self.models[index].contact.endpoint.address.bytes
        else { return refusal(203) }
        guard let key = PublicKey(bytes: fields.key),
            let item = try? MutableItem(
                checking: fields.value, sequence: fields.sequence, salt: salt,
                signature: fields.signature, of: key, CryptoPrimitives())
        else { return refusal(206) }
        let target = item.place.target
        let known = self.models[index].items[target]?.fields
        if let former, let known, known.sequence != former { return refusal(301) }
        if let known, known.sequence > item.sequence { return refusal(302) }
        self.models[index].items[target] = (fields, salt)
        return nil
    }

    func closest(to target: NodeID, count: Int = 8) -> [NodeContact] {
        let sorted = self.models.map(\.contact).sorted {
            $0.id.distance(to: target) < $1.id.distance(to: target)
        }
        return Array(sorted.prefix(count))
    }

    /// The numbers of the nodes that have an item there.
    func holders(of place: ItemPlace) -> [Int] {
        let target = place.target
        return self.models.indices.filter { self.models[$0].items[target] != nil }
    }
}

/// An item of a key that is made from a number.
func makeItem(
    _ text: String, sequence: Int64, key: UInt8 = 1, salt: String = "salt"
) throws -> MutableItem {
    let secret = Secret([UInt8](repeating: key, count: 32))
    let signing = try #require(CryptoPrimitives().signingKey(from: secret))
    return try MutableItem(
        .text(text), sequence: sequence, salt: Array(salt.utf8), signedBy: signing,
        CryptoPrimitives())
}
