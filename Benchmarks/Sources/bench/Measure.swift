// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The CPU time of this thread, in nanoseconds.
func cpuNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// The wall clock that only goes forward, in nanoseconds.
func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// How many allocations this thread made, when scripts/bench has loaded the counter.
let allocationCount: (@Sendable () -> UInt)? = {
    guard let symbol = dlsym(nil, "spockex_allocation_count") else { return nil }
    typealias Function = @convention(c) () -> UInt
    let function = unsafeBitCast(symbol, to: Function.self)
    return { function() }
}()

/// One row of the report.
struct Figure {
    let name: String
    let nanoseconds: Double
    let allocations: Double?
    let note: String

    func print() {
        let time =
            self.nanoseconds < 10_000
            ? "\(Self.number(self.nanoseconds)) ns" : "\(Self.number(self.nanoseconds / 1000)) us"
        let allocations = self.allocations.map { Self.number($0) } ?? "?"
        Swift.print(
            Self.pad(self.name, 46), Self.pad(time, 12), Self.pad("\(allocations) mallocs", 16),
            self.note)
    }

    static func number(_ value: Double) -> String {
        let tenths = (value * 100).rounded() / 100
        return "\(tenths)"
    }

    static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}

/// Runs `body` in rounds; the best round's CPU time a call counts.
@discardableResult
func measure(
    _ name: String, calls: Int, rounds: Int = 15, note: String = "", _ body: (Int) -> Void
) -> Figure {
    body(0)
    var best = Double.infinity
    var allocations: Double?
    for _ in 0..<rounds {
        let countBefore = allocationCount?()
        let start = cpuNanoseconds()
        for index in 0..<calls { body(index) }
        best = min(best, Double(cpuNanoseconds() - start) / Double(calls))
        if let countBefore, let after = allocationCount?() {
            allocations = Double(after - countBefore) / Double(calls)
        }
    }
    let figure = Figure(name: name, nanoseconds: best, allocations: allocations, note: note)
    figure.print()
    return figure
}
