// SPDX-License-Identifier: Apache-2.0
import Entanglement
import MainlineDHT
import SpockexTransport
import Synchronization
import Testing

@testable import SpockexNode

/// The driver of the DHT against one node on loopback that has a single item.
@Suite struct DHTDriverTests {
    private static let signingKey = CryptoPrimitives().signingKey(
        from: Secret([UInt8](repeating: 6, count: 32)))

    private static func item(_ sequence: Int64) throws -> MutableItem {
        try MutableItem(
            .text("value"), sequence: sequence, salt: [], signedBy: #require(Self.signingKey),
            CryptoPrimitives())
    }

    @Test func itPutsAndGetsOverASocketOfItsOwn() async throws {
        let node = try await LoopbackDHTNode.start()
        let settings = try #require(DHTSettings(entries: ["\(node.endpoint)"], allowsLocal: true))
        let driver = DHTDriver(settings)
        #expect(driver.counters.sent == 0)
        let results = try await withThrowingTaskGroup(of: [DHTResult]?.self) { group in
            group.addTask {
                await driver.run()
                return nil
            }
            group.addTask {
                let item = try Self.item(3)
                return [
                    await driver.result(of: .get(item.place, newerThan: nil)),
                    await driver.result(of: .put(item, over: nil)),
                    await driver.result(of: .get(item.place, newerThan: nil)),
                ]
            }
            let results = try await group.next() ?? nil
            group.cancelAll()
            return results
        }
        let item = try Self.item(3)
        #expect(results == [.nothing(asked: 1), .stored(by: 1), .found(item, by: 1)])
        #expect(driver.contacts.map(\.endpoint) == [node.endpoint])
        #expect(driver.counters.answered == driver.counters.sent)
        let late = await driver.result(of: .get(item.place, newerThan: nil))
        #expect(late == .unreachable, "it has ended")
        await node.stop()
    }

    @Test func aCancelledTaskDoesNotWait() async throws {
        let settings = try #require(DHTSettings(entries: [], allowsLocal: true))
        let driver = DHTDriver(settings)
        let task = Task { await driver.result(of: .get(try Self.item(1).place, newerThan: nil)) }
        task.cancel()
        #expect(try await task.value == .unreachable)
    }

    @Test func wrongSettingsAreRefused() {
        #expect(DHTSettings(entries: ["no port"]) == nil)
        #expect(DHTSettings(entries: [String](repeating: "a:1", count: 17)) == nil)
        #expect(DHTSettings()?.entries.count == DHTSettings.wellKnownEntries.count)
    }
}

/// A node that knows nobody but itself and stores one item.
private final class LoopbackDHTNode: Sendable {
    private let sockets = Mutex<DatagramSockets?>(nil)
    private let item = Mutex<ItemFields?>(nil)
    private let id: NodeID

    private init() {
        var generator = SystemRandomNumberGenerator()
        self.id = NodeID(using: &generator)
    }

    static func start() async throws -> LoopbackDHTNode {
        let node = LoopbackDHTNode()
        let sockets = try await DatagramSockets(listen: [Loopback.ipv4]) { bytes, source, _ in
            node.receive(Array(bytes), from: source)
            return .stranger
        }
        node.sockets.withLock { $0 = sockets }
        return node
    }

    var endpoint: Endpoint {
        self.sockets.withLock { $0?.bound[0] ?? Loopback.ipv4 }
    }

    func stop() async {
        let sockets = self.sockets.withLock { sockets in
            defer { sockets = nil }
            return sockets
        }
        await sockets?.close()
    }

    private func receive(_ bytes: [UInt8], from source: Endpoint) {
        guard let message = try? KRPCMessage(parsing: bytes), case .query(let query) = message.body
        else { return }
        var response = KRPCResponse(id: self.id)
        switch query.kind {
        case .ping: break
        case .findNode:
            response.nodes = [NodeContact(id: self.id, endpoint: self.endpoint)]
        case .get:
            response.token = [1, 2, 3]
            response.item = self.item.withLock { $0 }
        case .put(let fields, _, _, _): self.item.withLock { $0 = fields }
        }
        let answer = KRPCMessage(transaction: message.transaction, .response(response))
        self.sockets.withLock { _ = $0?.send(answer.encoded, to: source) }
    }
}
