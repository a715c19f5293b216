// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

@Suite struct LastResortScheduleTests {
    private static let one = Endpoint(address: .v4(0xc000_0201), port: 1)
    private static let other = Endpoint(address: .v4(0xc000_0202), port: 1)
    /// The second at which the clocks of these tests begin, an hour and a half before a day ends.
    private static let start: Int64 = 20_783 * 86_400 - 5_400

    private static func moment(_ second: Int64) -> Moment {
        Moment(
            instant: Instant(nanoseconds: second * 1_000_000_000),
            wall: WallTime(seconds: Self.start + second))
    }

    /// The seconds at which something is due, asked every second.
    private static func times(
        until end: Int64, isLost: (Int64) -> Bool = { _ in true },
        endpoints: (Int64) -> [Endpoint] = { _ in [one] }
    ) -> (puts: [Int64], gets: [Int64]) {
        var schedule = LastResortSchedule()
        var (puts, gets): ([Int64], [Int64]) = ([], [])
        for second in 0...end {
            let due = schedule.due(
                isLost: isLost(second), endpoints: endpoints(second), now: Self.moment(second))
            if due.put { puts.append(second) }
            if due.get { gets.append(second) }
        }
        return (puts, gets)
    }

    @Test func nothingIsDoneForWhoIsNotLostForLong() {
        let (puts, gets) = Self.times(until: 1_000) { $0 % 121 != 120 }
        #expect(puts.isEmpty && gets.isEmpty)
        #expect(LastResortSchedule().deadline == nil)
    }

    @Test func whoIsLostIsLookedForLessAndLess() {
        let (puts, gets) = Self.times(until: 5_000)
        #expect(gets == [120, 180, 300, 540, 1_020, 1_920, 2_820, 3_720, 4_620])
        #expect(puts == [120, 3_720])
    }

    @Test func newAddressesAndANewDayAreToldSoon() {
        let changing = Self.times(
            until: 400, endpoints: { $0 < 150 ? [Self.one] : [Self.other] })
        #expect(changing.puts == [120, 180])
        let unknown = Self.times(until: 400, endpoints: { $0 < 300 ? [] : [Self.one] })
        #expect(unknown.puts == [300])
        #expect(Self.times(until: 6_000).puts == [120, 3_720, 5_400])
    }

    @Test func whoIsFoundAndLostAgainBeginsAnew() {
        let (puts, gets) = Self.times(until: 1_000) { $0 != 500 }
        #expect(puts == [120, 621] && gets == [120, 180, 300, 621, 681, 801])
    }

    @Test func theDeadlineMissesNothing() {
        var schedule = LastResortSchedule()
        var gets: [Int64] = []
        var second: Int64 = 0
        while second <= 5_000 {
            let due = schedule.due(
                isLost: true, endpoints: [Self.one], now: Self.moment(second))
            if due.get { gets.append(second) }
            guard let deadline = schedule.deadline else {
                Issue.record("a deadline")
                return
            }
            second = max(second + 1, deadline.nanoseconds / 1_000_000_000)
        }
        #expect(gets == [120, 180, 300, 540, 1_020, 1_920, 2_820, 3_720, 4_620])
    }
}
