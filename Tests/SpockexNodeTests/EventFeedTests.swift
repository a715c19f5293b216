// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

@testable import SpockexNode

@Suite(.timeLimit(.minutes(1)))
struct EventFeedTests {
    private let feed = EventFeed()

    private func publish(_ count: Int64) {
        for id in 1...count {
            let event = Event.peerUnreachable(RelationID(high: 0, low: UInt64(id)))
            self.feed.publish(LoggedEvent(id: id, at: WallTime(seconds: id), event: event))
        }
    }

    @Test func everyReaderGetsEveryEventFromItsStartOn() async {
        let first = self.feed.subscribe()
        self.publish(2)
        let second = self.feed.subscribe()
        self.publish(1)
        self.feed.finish()
        #expect(await first.map(\.id).reduce(into: []) { $0.append($1) } == [1, 2, 1])
        #expect(await second.map(\.id).reduce(into: []) { $0.append($1) } == [1])
        #expect(self.feed.droppedCount == 0)
    }

    @Test func aSlowReaderLosesTheOldestAndItIsCounted() async {
        let stream = self.feed.subscribe()
        self.publish(1_030)
        self.feed.finish()
        let ids = await stream.map(\.id).reduce(into: []) { $0.append($1) }
        #expect(ids == Array(7...1_030))
        #expect(self.feed.droppedCount == 6)
    }

    @Test func theNumberOfReadersIsLimited() async {
        let streams = (0..<64).map { _ in self.feed.subscribe() }
        let ids = await self.feed.subscribe().map(\.id).reduce(into: []) { $0.append($1) }
        #expect(ids.isEmpty)
        #expect(streams.count == 64)
    }

    @Test func aFinishedFeedGivesNothing() async {
        self.feed.finish()
        let ids = await self.feed.subscribe().map(\.id).reduce(into: []) { $0.append($1) }
        #expect(ids.isEmpty)
    }
}
