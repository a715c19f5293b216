// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

@Suite struct TokenBucketTests {
    private func moment(_ seconds: Double) -> Instant {
        Instant(nanoseconds: Int64(seconds * 1_000_000_000))
    }

    private func take(_ bucket: inout TokenBucket, at seconds: Double) -> Bool {
        guard bucket.hasToken(now: self.moment(seconds)) else { return false }
        bucket.take()
        return true
    }

    @Test func aBurstThenSoManyASecond() {
        var bucket = TokenBucket(burst: 10, perSecond: 5, now: self.moment(0))
        var count = 0
        for _ in 0..<100 where self.take(&bucket, at: 0) { count += 1 }
        #expect(count == 10)
        for step in 1...100 where self.take(&bucket, at: Double(step) / 10) { count += 1 }
        #expect(count == 60)
    }

    @Test func aLongPauseGivesNoMoreThanTheBurst() {
        var bucket = TokenBucket(burst: 3, perSecond: 1, now: self.moment(0))
        var count = 0
        for _ in 0..<10 where self.take(&bucket, at: 1_000_000) { count += 1 }
        #expect(count == 3)
    }

    @Test func lookingTakesNothing() {
        var bucket = TokenBucket(burst: 1, perSecond: 1, now: self.moment(0))
        for _ in 0..<5 {
            let isOpen = bucket.hasToken(now: self.moment(0))
            #expect(isOpen)
        }
    }

    @Test func theEndsOfTheClockDoNotTrap() {
        var bucket = TokenBucket(burst: 1, perSecond: 1, now: Instant(nanoseconds: .min))
        let isOpen = bucket.hasToken(now: Instant(nanoseconds: .max))
        #expect(isOpen)
    }
}
