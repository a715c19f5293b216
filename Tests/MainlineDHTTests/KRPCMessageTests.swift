// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import MainlineDHT
import Testing

@Suite struct KRPCMessageTests {
    private static func messages() throws -> [KRPCMessage] {
        var generator = SeededGenerator(seed: 4)
        let id = NodeID(using: &generator)
        let target = NodeID(using: &generator)
        let item = try makeItem("value", sequence: 3)
        let four = Endpoint(address: .v4(0x0102_0304), port: 5)
        let six = Endpoint(address: .v6(0x2001_0db8_0000_0001, 1), port: 65_535)
        let nodes = [four, six].map { NodeContact(id: target, endpoint: $0) }
        let queries: [KRPCQuery.Kind] = [
            .ping, .findNode(target: target), .get(target: target, newerThan: nil),
            .get(target: target, newerThan: 0),
            .put(ItemFields(item), salt: item.salt, token: [1], over: nil),
            .put(ItemFields(item), salt: [], token: [1, 2], over: 2),
        ]
        let responses = [
            KRPCResponse(id: id), KRPCResponse(id: id, nodes: nodes, token: [7]),
            KRPCResponse(id: id, token: [7], item: ItemFields(item)),
        ]
        return queries.map {
            KRPCMessage(transaction: [1, 2], .query(KRPCQuery(id: id, $0)), isReadOnly: true)
        } + responses.map { KRPCMessage(transaction: [3], .response($0), seenAt: six) }
            + [
                KRPCMessage(
                    transaction: [5], .failure(KRPCFailure(code: 301, text: [0x61])), seenAt: four)
            ]
    }

    @Test func everyMessageIsReadAsItIsWritten() throws {
        for message in try Self.messages() {
            let encoded = message.encoded
            #expect(try KRPCMessage(parsing: encoded) == message)
            for count in 0..<encoded.count {
                #expect(throws: KRPCError.self) {
                    try KRPCMessage(parsing: Array(encoded[..<count]))
                }
            }
        }
    }

    @Test func fieldsOfOthersArePassedOver() throws {
        let bytes = Array(
            "d2:ip6:abcdef1:rd2:id20:mnopqrstuvwxyz1234561:pi1ee1:t2:aa1:v4:LT011:y1:re".utf8)
        let message = try KRPCMessage(parsing: bytes)
        #expect(message.seenAt == Endpoint(address: .v4(0x6162_6364), port: 0x6566))
        #expect(message.transaction == Array("aa".utf8))
    }

    @Test(
        arguments: [
            ("i1e", .field(.message)), ("de", .field(.transaction)),
            ("d1:ti1ee", .field(.transaction)),
            ("d1:t0:1:y1:re", .field(.transaction)),
            ("d1:t17:aaaaaaaaaaaaaaaaa1:y1:re", .field(.transaction)),
            ("d1:t1:ae", .field(.message)), ("d1:t1:a1:y1:xe", .field(.message)),
            ("d1:t1:a1:y1:re", .field(.message)), ("d1:rde1:t1:a1:y1:re", .field(.id)),
            ("d1:rd2:id3:abce1:t1:a1:y1:re", .field(.id)),
            ("d1:eli1ee1:t1:a1:y1:ee", .field(.error)),
            ("d2:ip3:abc1:rd2:id20:mnopqrstuvwxyz123456e1:t1:a1:y1:re", .field(.address)),
            (
                "d1:rd2:id20:mnopqrstuvwxyz1234565:token0:e1:t1:a1:y1:re", .field(.token)
            ),
            (
                "d1:rd2:id20:mnopqrstuvwxyz1234561:k3:abc1:v1:ae1:t1:a1:y1:re", .field(.item)
            ),
            (
                "d1:rd2:id20:mnopqrstuvwxyz1234565:nodes25:1234567890123456789012345e1:t1:a1:y1:re",
                .field(.nodes)
            ),
            ("d1:ad2:id20:mnopqrstuvwxyz123456e1:q4:vote1:t1:a1:y1:qe", .unknownMethod),
            ("d1:ad2:id20:mnopqrstuvwxyz123456e1:q3:get1:t1:a1:y1:qe", .field(.target)),
            ("d1:t1:a1:y1:r", .bencode(.cut)),
        ] as [(String, KRPCError)])
    func brokenMessagesAreRefused(text: String, error: KRPCError) {
        #expect(throws: error) { try KRPCMessage(parsing: Array(text.utf8)) }
    }

    @Test func limitsOfItemsHold() throws {
        let key = try #require(
            CryptoPrimitives().signingKey(from: Secret([UInt8](repeating: 1, count: 32))))
        func make(_ count: Int, salt: Int, sequence: Int64) throws -> MutableItem {
            try MutableItem(
                .bytes([UInt8](repeating: 0, count: count)), sequence: sequence,
                salt: [UInt8](repeating: 1, count: salt), signedBy: key, CryptoPrimitives())
        }
        #expect(try make(996, salt: 64, sequence: .max).value.encoded.count == 1_000)
        #expect(throws: MutableItemError.valueTooLong(byteCount: 1_001)) {
            try make(997, salt: 0, sequence: 0)
        }
        #expect(throws: MutableItemError.saltTooLong(byteCount: 65)) {
            try make(1, salt: 65, sequence: 0)
        }
        #expect(throws: MutableItemError.negativeSequence) { try make(1, salt: 0, sequence: -1) }
    }

    @Test func noMoreThanSixteenNodesAreTaken() throws {
        var generator = SeededGenerator(seed: 5)
        let id = NodeID(using: &generator)
        let nodes = (1...20).map {
            NodeContact(id: id, endpoint: Endpoint(address: .v4(0x0101_0100 + $0), port: 1))
        }
        let message = KRPCMessage(
            transaction: [1], .response(KRPCResponse(id: id, nodes: nodes)))
        guard case .response(let read) = try KRPCMessage(parsing: message.encoded).body else {
            Issue.record("a response")
            return
        }
        #expect(read.nodes == Array(nodes.prefix(16)))
    }
}
