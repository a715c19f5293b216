// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

@testable import SpockexNode

@Suite(.timeLimit(.minutes(10)))
struct AlarmTests {
    /// Runs an alarm and tells when it fires first.
    private func firstFiring(
        _ alarm: Alarm, _ body: @Sendable @escaping () -> Void
    ) async -> Instant? {
        let (fired, continuation) = AsyncStream.makeStream(
            of: Instant.self, bufferingPolicy: .bufferingOldest(1))
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { await alarm.run { continuation.yield(SystemClock.instant()) } }
            body()
            defer { group.cancelAll() }
            return await fired.first { _ in true }
        }
    }

    @Test func itFiresAtTheDeadlineAndNotBefore() async throws {
        let alarm = Alarm()
        let deadline = SystemClock.instant() + .milliseconds(50)
        alarm.set(deadline)
        let fired = try #require(await self.firstFiring(alarm) {})
        #expect(fired >= deadline)
    }

    @Test func anEarlierDeadlineIsHeeded() async throws {
        let alarm = Alarm()
        let start = SystemClock.instant()
        alarm.set(start + .seconds(3_600))
        let fired = try #require(
            await self.firstFiring(alarm) { alarm.set(start + .milliseconds(20)) })
        #expect(fired >= start + .milliseconds(20))
        #expect(fired < start + .seconds(3_600))
    }

    @Test func aDeadlineInThePastFiresAtOnce() async throws {
        let alarm = Alarm()
        alarm.set(Instant(nanoseconds: 0))
        let fired = await self.firstFiring(alarm) {}
        #expect(fired != nil)
    }
}
