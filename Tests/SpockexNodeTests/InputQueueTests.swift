// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

@testable import SpockexNode

@Suite(.timeLimit(.minutes(10)))
struct InputQueueTests {
    private let queue = InputQueue()

    private func datagram(_ number: UInt8) -> InputQueue.Item {
        .datagram(.datagram([number], from: Loopback.ipv4, via: SocketID(0)))
    }

    private func names(_ items: [InputQueue.Item]?) -> [String]? {
        items?.map { item in
            switch item {
            case .datagram(.datagram(let bytes, _, _)): "datagram \(bytes)"
            case .datagram: "other"
            case .router: "router"
            case .routerAnswer: "router answer"
            case .stun: "stun"
            case .hello: "hello"
            case .request(let id, _): "request \(id.value)"
            case .tick: "tick"
            case .network: "network"
            case .links: "links"
            case .routes: "routes"
            case .gather: "gather"
            case .note: "note"
            case .servers: "servers"
            }
        }
    }

    /// However many strangers say hello, datagrams of peers have their room.
    @Test func hellosAreBoundedByThemselves() {
        for _ in 0..<(Limits.queuedHelloCountMax + 9) {
            self.queue.offer(.hello([1], from: Loopback.ipv4))
        }
        #expect(self.queue.droppedCount == 9)
        let isTaken = self.queue.offer(self.datagram(1))
        #expect(isTaken)
    }

    @Test func itemsComeInOrderAndAtMostSoMany() async {
        self.queue.offer(self.datagram(1))
        self.queue.offer(.request(RequestID(7), .accept("")))
        self.queue.offer(.tick)
        self.queue.offer(self.datagram(2))
        #expect(
            self.names(await self.queue.next(limit: 3)) == ["datagram [1]", "request 7", "tick"])
        #expect(self.names(await self.queue.next(limit: 3)) == ["datagram [2]"])
    }

    @Test func tooManyDatagramsAreDroppedButNoRequest() async {
        var taken = 0
        for _ in 0..<5_000 where self.queue.offer(self.datagram(0)) { taken += 1 }
        let isSTUNTaken = self.queue.offer(.stun([], from: Loopback.ipv4))
        let isRequestTaken = self.queue.offer(.request(RequestID(1), .accept("")))
        let isTickTaken = self.queue.offer(.tick)
        #expect(taken == 2_048)
        #expect(self.queue.droppedCount == 5_000 - 2_048 + 1)
        #expect([isSTUNTaken, isRequestTaken, isTickTaken] == [false, true, true])
        let items = self.names(await self.queue.next(limit: 3_000))
        #expect(items?.count == 2_050)
        #expect(items?.suffix(2) == ["request 1", "tick"])
        let hasRoomAgain = self.queue.offer(self.datagram(0))
        #expect(hasRoomAgain)
    }

    @Test func aTickWaitsOnce() async {
        let items: [InputQueue.Item] = [.tick, .network, .links, .routes]
        let taken = items.flatMap { item in (0..<2).map { _ in self.queue.offer(item) } }
        #expect(taken == [true, false, true, false, true, false, true, false])
        #expect(
            self.names(await self.queue.next(limit: 64)) == ["tick", "network", "links", "routes"])
        let isTakenAgain = self.queue.offer(.tick)
        #expect(isTakenAgain)
    }

    @Test func whoWaitsGetsTheNextItem() async {
        async let items = self.queue.next(limit: 64)
        self.queue.offer(.tick)
        #expect(self.names(await items) == ["tick"])
    }

    @Test func closingHandsOutWhatIsLeftAndTakesNothing() async {
        self.queue.offer(self.datagram(1))
        self.queue.close()
        let isTaken = self.queue.offer(self.datagram(2))
        #expect(!isTaken)
        #expect(self.names(await self.queue.next(limit: 64)) == ["datagram [1]"])
        #expect(self.names(await self.queue.next(limit: 64)) == nil)
    }

    @Test func cancellingWhoWaitsCloses() async {
        let ended = await withTaskGroup(of: Bool.self) { group in
            group.addTask { self.names(await self.queue.next(limit: 64)) == nil }
            group.cancelAll()
            return await group.next()
        }
        let isTaken = self.queue.offer(.tick)
        #expect(ended == true)
        #expect(!isTaken)
    }
}
