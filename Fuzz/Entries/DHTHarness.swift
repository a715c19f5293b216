// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import MainlineDHT

/// Bencode and the messages in it, and a client of the DHT between nodes that say anything.
///
/// The input is read as a value and as a message. Then a client in the middle of a lookup gets it:
/// as it comes, and, when it is an answer, with the transaction and the id put right.
struct DHTHarness: Sendable {
    static let shared = DHTHarness()

    private static let place: ItemPlace = {
        let secret = Secret([UInt8](repeating: 4, count: 32))
        guard let key = CryptoPrimitives().signingKey(from: secret) else {
            preconditionFailure("32 bytes are a seed")
        }
        return ItemPlace(key: key.publicKey, salt: [1, 2, 3])
    }()

    private let entry = Endpoint(address: .v4(0x0808_0808), port: 6_881)
    private let now = Instant(nanoseconds: 0)
    private let client: DHTClient
    private let transaction: [UInt8]

    init() {
        var generator = SeededGenerator(seed: 44)
        var client = DHTClient(StandInPrimitives(), using: &generator)
        var outputs: [DHTClient.Output] = []
        client.handle(
            .request(DHTRequestID(1), .get(Self.place, newerThan: nil)), now: self.now,
            using: &generator, into: &outputs)
        client.handle(.entries([self.entry]), now: self.now, using: &generator, into: &outputs)
        guard case .send(let bytes, _)? = outputs.last,
            let question = try? KRPCMessage(parsing: bytes)
        else { preconditionFailure("the entry is asked") }
        self.client = client
        self.transaction = question.transaction
    }

    func run(_ input: [UInt8]) {
        guard let value = try? Bencode(parsing: input) else {
            precondition((try? KRPCMessage(parsing: input)) == nil, "messages are bencode")
            return
        }
        precondition(value.encoded == input, "one spelling")
        self.receive(input)
        guard let message = try? KRPCMessage(parsing: input) else { return }
        let again = try? KRPCMessage(parsing: message.encoded)
        precondition(again == message, "reads its own writing")
        var fitting = message
        fitting.transaction = self.transaction
        self.receive(fitting.encoded)
    }

    /// Nobody is asked but public places, and no more than four; what is found is signed.
    private func receive(_ datagram: [UInt8]) {
        var client = self.client
        var generator = SeededGenerator(seed: 45)
        var outputs: [DHTClient.Output] = []
        client.handle(
            .datagram(datagram, from: self.entry), now: self.now, using: &generator,
            into: &outputs)
        client.handle(
            .timer, now: self.now + .seconds(2), using: &generator, into: &outputs)
        client.handle(
            .timer, now: self.now + .seconds(40), using: &generator, into: &outputs)
        precondition(outputs.count <= 32, "a datagram has bounded effects")
        precondition(client.contacts.count <= 1, "who was not asked is not known")
        for output in outputs {
            switch output {
            case .send(let bytes, let endpoint):
                precondition(endpoint.isUsable && endpoint.address.isPublic)
                let message = try? KRPCMessage(parsing: bytes)
                precondition(message?.isReadOnly == true, "we only ask")
            case .finished(_, .found(let item, _)): precondition(item.place == Self.place)
            case .finished, .needsEntries: break
            }
        }
    }

    var seeds: [[UInt8]] {
        var generator = SeededGenerator(seed: 46)
        let address = IPAddress.v4(0x0101_0101)
        let id = NodeID(at: self.entry.address, using: &generator)
        let nodes = [
            NodeContact(
                id: NodeID(at: address, using: &generator),
                endpoint: Endpoint(address: address, port: 6_881)),
            NodeContact(
                id: id, endpoint: Endpoint(address: .v6(0x2001_0db8_0000_0000, 1), port: 1)),
        ]
        let fields = ItemFields(
            key: Self.place.key.bytes, signature: [UInt8](repeating: 5, count: 64), sequence: 7,
            value: .list([.text("value"), .integer(-3), .dictionary(BencodeDictionary())]))
        let queries: [KRPCQuery.Kind] = [
            .ping, .findNode(target: id), .get(target: id, newerThan: 5),
            .put(fields, salt: [1, 2, 3], token: [9, 9], over: 6),
        ]
        let bodies: [KRPCMessage.Body] =
            queries.map { .query(KRPCQuery(id: id, $0)) } + [
                .response(KRPCResponse(id: id)),
                .response(KRPCResponse(id: id, nodes: nodes, token: [1, 2, 3, 4])),
                .response(KRPCResponse(id: id, nodes: nodes, token: [1], item: fields)),
                .failure(KRPCFailure(code: 204, text: Array("Method Unknown".utf8))),
            ]
        return bodies.map {
            KRPCMessage(transaction: self.transaction, $0, seenAt: self.entry).encoded
        } + ["i-17e", "l1:a0:de", "d1:ad1:bleee"].map { Array($0.utf8) }
    }
}
