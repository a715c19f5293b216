// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexNode
import Synchronization

/// A storage in memory that can be told to fail.
final class FakeStorage: DurableStorage {
    private let fails: Bool
    private let commits = Mutex<[[Change]]>([])

    init(fails: Bool) {
        self.fails = fails
    }

    var committed: [[Change]] {
        self.commits.withLock { $0 }
    }

    func load() throws(NodeError) -> DurableState {
        DurableState()
    }

    func commit(_ changes: [Change]) throws(NodeError) {
        if self.fails { throw .storeFailed(code: 13) }
        self.commits.withLock { $0.append(changes) }
    }

    func history(limit: Int) throws(NodeError) -> [LoggedEvent] {
        []
    }

    func lastEventID() throws(NodeError) -> Int64 {
        0
    }

    func close() throws(NodeError) {}
}
