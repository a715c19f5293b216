// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import MainlineDHT
import Testing

/// What strangers can do to a client of the DHT.
@Suite struct DHTTrustTests {
    private static func place() throws -> ItemPlace {
        try makeItem("value", sequence: 0, key: 9).place
    }

    private static func endpoint(_ address: UInt32, _ port: UInt16 = 6_881) -> Endpoint {
        Endpoint(address: .v4(address), port: port)
    }

    /// A client that has asked one entry.
    private struct Asked {
        var client: DHTClient
        var generator = SeededGenerator(seed: 3)
        let entry = DHTTrustTests.endpoint(0x0808_0808)
        var question = KRPCMessage(transaction: [1], .failure(KRPCFailure(code: 201)))

        init(allowsLocal: Bool = false) throws {
            self.client = DHTClient(
                allowsLocal: allowsLocal, CryptoPrimitives(), using: &self.generator)
            _ = self.handle(
                .request(DHTRequestID(1), .get(try DHTTrustTests.place(), newerThan: nil)))
            let outputs = self.handle(.entries([self.entry]))
            guard case .send(let bytes, self.entry)? = outputs.first else {
                Issue.record("the entry is asked")
                return
            }
            self.question = try KRPCMessage(parsing: bytes)
        }

        mutating func handle(_ input: DHTClient.Input) -> [DHTClient.Output] {
            var outputs: [DHTClient.Output] = []
            self.client.handle(
                input, now: Instant(nanoseconds: 0), using: &self.generator, into: &outputs)
            return outputs
        }

        mutating func answer(
            nodes: [NodeContact], transaction: [UInt8]? = nil, from source: Endpoint? = nil,
            seenAt: Endpoint? = nil
        ) -> [DHTClient.Output] {
            let id = NodeID(at: self.entry.address, using: &self.generator)
            let message = KRPCMessage(
                transaction: transaction ?? self.question.transaction,
                .response(KRPCResponse(id: id, nodes: nodes)), seenAt: seenAt)
            return self.handle(.datagram(message.encoded, from: source ?? self.entry))
        }
    }

    private static func targets(_ outputs: [DHTClient.Output]) -> [Endpoint] {
        outputs.compactMap { output in
            if case .send(_, let endpoint) = output { return endpoint }
            return nil
        }
    }

    private static func contact(_ address: UInt32, _ port: UInt16 = 6_881) -> NodeContact {
        var generator = SeededGenerator(seed: UInt64(address) << 16 | UInt64(port))
        return NodeContact(
            id: NodeID(at: .v4(address), using: &generator), endpoint: Self.endpoint(address, port))
    }

    @Test func onlyWhoWasAskedAnswers() throws {
        var asked = try Asked()
        let node = Self.contact(0x0101_0101)
        var wrong = asked.question.transaction
        wrong[0] ^= 1
        #expect(asked.answer(nodes: [node], transaction: wrong).isEmpty)
        #expect(asked.answer(nodes: [node], from: Self.endpoint(0x0808_0809)).isEmpty)
        #expect(asked.answer(nodes: [node], from: Self.endpoint(0x0808_0808, 1)).isEmpty)
        #expect(asked.client.counters.strange == 3)
        let sent = Self.targets(asked.answer(nodes: [node]))
        #expect(Set(sent) == [asked.entry, node.endpoint])
        #expect(asked.answer(nodes: [Self.contact(0x0202_0202)]).isEmpty, "an answer counts once")
    }

    @Test func questionsOfOthersAreNotAnswered() throws {
        var asked = try Asked()
        let id = NodeID(using: &asked.generator)
        let kinds: [KRPCQuery.Kind] = [
            .ping, .findNode(target: id), .get(target: id, newerThan: nil),
        ]
        for kind in kinds {
            let query = KRPCMessage(
                transaction: asked.question.transaction, .query(KRPCQuery(id: id, kind)))
            #expect(asked.handle(.datagram(query.encoded, from: asked.entry)).isEmpty)
        }
        #expect(asked.client.counters.strange == 3)
    }

    @Test func everyQuestionSaysThatWeOnlyAsk() throws {
        #expect(try Asked().question.isReadOnly)
    }

    @Test func noPrivatePlacesAreAskedByTheWordOfOthers() throws {
        var asked = try Asked()
        let sent = Self.targets(
            asked.answer(nodes: [
                Self.contact(0x7f00_0001), Self.contact(0x0a00_0001), Self.contact(0xc0a8_0101),
                Self.contact(0xe000_00fb), Self.contact(0x0101_0101, 0),
            ]))
        #expect(sent == [asked.entry])
    }

    @Test func oneAddressAndOneNetworkHaveFewVoices() throws {
        var asked = try Asked()
        let crowd =
            (1...6).map { Self.contact(0x0101_0101, UInt16($0)) }
            + (2...6).map { Self.contact(0x0101_0100 + $0) }
        let sent = Self.targets(asked.answer(nodes: crowd))
        #expect(sent.filter { $0.address == .v4(0x0101_0101) }.count <= 1)
        #expect(sent.filter { $0 != asked.entry }.count <= 2)
    }

    @Test func idsThatFitTheirAddressGoFirst() throws {
        var asked = try Asked()
        let target = try Self.place().target
        var close = target.bytes
        close[19] ^= 1
        let chosen = NodeContact(
            id: try #require(NodeID(bytes: close)), endpoint: Self.endpoint(0x0505_0505))
        #expect(!chosen.isFitting)
        let fitting = (1...8).map { Self.contact(0x1001_0101 &+ $0 << 16) }
        let sent = Self.targets(asked.answer(nodes: [chosen] + fitting))
        #expect(!sent.contains(chosen.endpoint))
    }

    @Test func ourIDIsMadeForTheAddressThatTwoNetworksSee() throws {
        var world = DHTWorld(nodes: 30)
        let first = world.client.id
        #expect(!first.fits(world.clientEndpoint.address))
        _ = world.run(.get(try Self.place(), newerThan: nil))
        #expect(world.client.externalAddress == world.clientEndpoint.address)
        #expect(world.client.id.fits(world.clientEndpoint.address))
        let second = world.client.id
        world.handle(.networkChanged)
        #expect(world.client.externalAddress == nil && world.client.id != second)
    }

    @Test func oneVoiceDoesNotTellOurAddress() throws {
        var asked = try Asked()
        let id = asked.client.id
        _ = asked.answer(nodes: [], seenAt: Self.endpoint(0x5151_5151))
        #expect(asked.client.externalAddress == nil && asked.client.id == id)
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func brokenAnswersChangeNothing(seed: UInt64) throws {
        var asked = try Asked()
        var generator = SeededGenerator(seed: seed)
        let whole = KRPCMessage(
            transaction: asked.question.transaction,
            .response(
                KRPCResponse(
                    id: NodeID(using: &generator), nodes: [Self.contact(0x0101_0101)],
                    token: [1, 2, 3])),
            seenAt: Self.endpoint(0x0303_0303)
        ).encoded
        let cut = Array(whole.prefix(Int(generator.next() % UInt64(whole.count))))
        #expect(asked.handle(.datagram(cut, from: asked.entry)).isEmpty)
        var turned = whole
        turned[Int(generator.next() % UInt64(whole.count))] ^= UInt8(1 << (generator.next() % 8))
        for output in asked.handle(.datagram(turned, from: asked.entry)) {
            guard case .send(_, let endpoint) = output else { continue }
            #expect(endpoint.isUsable && endpoint.address.isPublic)
        }
    }
}
