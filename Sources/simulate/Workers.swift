// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Synchronization

/// Numbered pieces of work on several threads, whose results are taken in the order of the numbers.
///
/// Each thread takes the next number when it is done with one. What comes out depends on the
/// pieces alone, not on how many threads there are or which was faster.
final class Workers<State: Sendable, Result: Sendable>: Sendable {
    private struct Desk: Sendable {
        var state: State
        /// The next number that nobody works on.
        var next: UInt64 = 0
        /// The next number whose result is taken.
        var taken: UInt64 = 0
        /// Results that came before those of smaller numbers; about one for each thread.
        var early: [UInt64: Result] = [:]
        /// Nothing more is begun or taken.
        var isEnough = false
    }

    private let desk: Mutex<Desk>
    private let pieceCount: UInt64
    private let mayBegin: @Sendable () -> Bool
    private let work: @Sendable (UInt64) -> Result
    private let take: @Sendable (inout State, UInt64, Result) -> Bool

    /// Pieces 0 to `pieceCount` - 1, as long as `mayBegin`; `take` gets each result, one after the
    /// other, and returns whether it wants more.
    init(
        _ state: State, pieceCount: UInt64, mayBegin: @escaping @Sendable () -> Bool,
        work: @escaping @Sendable (UInt64) -> Result,
        take: @escaping @Sendable (inout State, UInt64, Result) -> Bool
    ) {
        self.desk = Mutex(Desk(state: state))
        self.pieceCount = pieceCount
        self.mayBegin = mayBegin
        self.work = work
        self.take = take
    }

    /// Works on so many threads until everything is done; then the state.
    func run(threads: Int) -> State {
        // Queues of their own get a thread each, also on a machine that is busy; the pool's do not.
        let group = DispatchGroup()
        for thread in 0..<threads {
            DispatchQueue(label: "worker \(thread)").async(group: group) {
                while let number = self.begin() { self.finish(number, self.work(number)) }
            }
        }
        group.wait()
        return self.desk.withLock { $0.state }
    }

    private func begin() -> UInt64? {
        self.desk.withLock { desk in
            guard !desk.isEnough, desk.next < self.pieceCount, self.mayBegin() else { return nil }
            desk.next += 1
            return desk.next - 1
        }
    }

    private func finish(_ number: UInt64, _ result: Result) {
        self.desk.withLock { desk in
            desk.early[number] = result
            while !desk.isEnough, let result = desk.early.removeValue(forKey: desk.taken) {
                desk.isEnough = !self.take(&desk.state, desk.taken, result)
                desk.taken += 1
            }
        }
    }
}
