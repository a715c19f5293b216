// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

@testable import SpockexNode

@Suite(.timeLimit(.minutes(10)))
struct EventFeedTests {
    private let feed = EventFeed()

    private func publish(_ count: Int64) {
        for id in 1...count {
            let event = Event.peerUnreachable(RelationID(high: 0, low: UInt64(id)))
            self.feed.publish(LoggedEvent(id: id, at: WallTime(seconds: id), event: event))
        }
    }

    @Test func everyReaderGetsEveryEventFromItsStartOn() async throws {
        let first = try self.feed.subscribe()
        self.publish(2)
        let second = try self.feed.subscribe()
        self.publish(1)
        self.feed.finish()
        #expect(await first.map(\.id).reduce(into: []) { $0.append($1) } == [1, 2, 1])
        #expect(await second.map(\.id).reduce(into: []) { $0.append($1) } == [1])
        #expect(self.feed.droppedCount == 0)
    }

    @Test func aSlowReaderLosesTheOldestAndItIsCounted() async throws {
        let stream = try self.feed.subscribe()
        self.publish(1_030)
        self.feed.finish()
        let ids = await stream.map(\.id).reduce(into: []) { $0.append($1) }
        #expect(ids == Array(7...1_030))
        #expect(self.feed.droppedCount == 6)
    }

    @Test func theNumberOfReadersIsLimited() throws {
        var streams = try (0..<64).map { _ in try self.feed.subscribe() }
        #expect(throws: NodeError.tooManyReaders(limit: 64)) { try self.feed.subscribe() }
        // Who ends makes room.
        streams.removeLast()
        streams.append(try self.feed.subscribe())
        #expect(streams.count == 64)
    }

    @Test func aFinishedFeedGivesNothing() async throws {
        self.feed.finish()
        let ids = try await self.feed.subscribe().map(\.id).reduce(into: []) { $0.append($1) }
        #expect(ids.isEmpty)
    }
}
