// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

@testable import EntanglementSimulator

@Suite struct EventQueueTests {
    @Test func eventsComeInTheOrderOfTheirTimes() {
        var queue = EventQueue<Int64>()
        var generator = SeededGenerator(seed: 1)
        let times = (0..<1_000).map { _ in Int64.random(in: 0...50, using: &generator) }
        for time in times { queue.put(time, at: Instant(nanoseconds: time)) }
        var found: [Int64] = []
        while let (due, event) = queue.next() {
            #expect(due.nanoseconds == event)
            found.append(event)
        }
        #expect(found == times.sorted())
    }

    @Test func whatIsDueAtOnceComesAsItWasPutIn() {
        var queue = EventQueue<Int>()
        for number in 0..<100 { queue.put(number, at: Instant(nanoseconds: Int64(number % 3))) }
        var found: [Int] = []
        while let (_, event) = queue.next() { found.append(event) }
        #expect(found == (0..<3).flatMap { rest in (0..<100).filter { $0 % 3 == rest } })
        #expect(queue.count == 0)
        #expect(queue.due == nil)
    }
}
