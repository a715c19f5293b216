// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

@testable import SpockexNode

@Suite struct LastResortLaneTests {
    /// A way that has these notes in slots of day 1, none on day 2, and fails on the other days.
    private struct Way: LastResortWay {
        let first: LastResortNote

        func leave(_ note: LastResortNote, in slot: LastResortSlot) async throws(LastResortFailure)
        {
            guard slot.day <= 2 else { throw .unreachable }
        }

        func note(
            in slot: LastResortSlot, after accepted: UInt64
        ) async throws(LastResortFailure) -> LastResortNote? {
            guard slot.day <= 2 else { throw .unreachable }
            return slot.day == 1 ? self.first : nil
        }
    }

    private static let id = RelationID(high: 1, low: 2)
    private static let note = LastResortNote(
        sequence: 7, issued: WallTime(seconds: 86_400),
        endpoints: [Endpoint(address: .v4(0xc000_0207), port: 1)])

    private static func slot(_ day: UInt32) -> LastResortSlot {
        LastResortSlot(
            pair: Secret([UInt8](repeating: 3, count: 32)), writer: .offering, day: day,
            CryptoPrimitives())
    }

    /// What the core hears of these jobs; the last one must tell something.
    private func told(_ jobs: [LastResortJob], _ lane: LastResortLane) async -> [String] {
        for job in jobs { #expect(lane.offer(job)) }
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await lane.run { input in
                    switch input {
                    case .noteFound(Self.id, let note): continuation.yield("found \(note.sequence)")
                    case .noteLost(Self.id, let number): continuation.yield("lost \(number)")
                    default: continuation.yield("?")
                    }
                }
            }
            var heard: [String] = []
            for await text in stream {
                heard.append(text)
                if text == "lost 7" { break }
            }
            group.cancelAll()
            return heard
        }
    }

    @Test func whatFailsIsToldAndCounted() async {
        let lane = LastResortLane(Way(first: Self.note))
        let heard = await self.told(
            [
                .leave(Self.id, Self.note, in: Self.slot(1)),
                .seek(Self.id, in: [Self.slot(3), Self.slot(2), Self.slot(1)], after: 0),
                .seek(Self.id, in: [Self.slot(2)], after: 0),
                .leave(Self.id, Self.note, in: Self.slot(4)),
            ], lane)
        #expect(heard == ["found 7", "lost 7"])
        #expect(lane.report.successCount == 3 && lane.report.failureCount == 1)
        #expect(lane.report.failure == LastResortFailure.unreachable.sentence)
    }

    @Test func whatIsTooMuchIsRefused() {
        let lane = LastResortLane(Way(first: Self.note))
        let job = LastResortJob.seek(Self.id, in: [], after: 0)
        for _ in 0..<LastResortLimits.jobCount { #expect(lane.offer(job)) }
        #expect(!lane.offer(job))
        #expect(lane.report.failure == LastResortFailure.busy.sentence)
    }

    private static func settings(entries: [String]?, command: String?) -> NodeSettings {
        var settings = NodeSettings(home: "")
        (settings.dhtEntries, settings.deadDrop) = (entries, command)
        return settings
    }

    @Test func wrongSettingsAreRefused() throws {
        for entries in [["nowhere"], []] {
            #expect(throws: NodeError.badDHTNode(limit: LastResortLimits.entryNodeCount)) {
                try LastResorts(settings: Self.settings(entries: entries, command: nil))
            }
        }
        #expect(throws: NodeError.badDeadDrop) {
            try LastResorts(settings: Self.settings(entries: nil, command: " "))
        }
        let off = try LastResorts(settings: Self.settings(entries: nil, command: nil))
        #expect(!off.isOn && off.report == LastResortReport() && off.counters.isEmpty)
    }
}
