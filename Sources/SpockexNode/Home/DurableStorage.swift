// SPDX-License-Identifier: Apache-2.0
package import Entanglement
import SpockexStore

/// Where the durable state lives; the store, or in a test one that fails.
package protocol DurableStorage: Sendable {
    /// Everything as of the last commit.
    func load() throws(NodeError) -> DurableState
    /// All changes in one transaction, on disk when this returns.
    func commit(_ changes: [Change]) throws(NodeError)
    /// The newest events of the log, oldest first.
    func history(limit: Int) throws(NodeError) -> [LoggedEvent]
    /// The number of the newest event that there ever was, 0 before the first.
    func lastEventID() throws(NodeError) -> Int64
    /// Closes the files.
    func close() throws(NodeError)
}

/// The store in the home folder.
struct StoredState: DurableStorage {
    private let store: NodeStore

    init(home: String) throws(NodeError) {
        do throws(StoreError) {
            self.store = try NodeStore(home: home)
        } catch {
            throw NodeError(error)
        }
    }

    func load() throws(NodeError) -> DurableState {
        do throws(StoreError) { return try self.store.load() } catch { throw NodeError(error) }
    }

    func commit(_ changes: [Change]) throws(NodeError) {
        do throws(StoreError) { try self.store.commit(changes) } catch { throw NodeError(error) }
    }

    func history(limit: Int) throws(NodeError) -> [LoggedEvent] {
        do throws(StoreError) {
            return try self.store.events(limit: limit).map { stored in
                LoggedEvent(id: stored.id, at: stored.at, event: stored.event)
            }
        } catch {
            throw NodeError(error)
        }
    }

    func lastEventID() throws(NodeError) -> Int64 {
        do throws(StoreError) { return try self.store.lastEventID() } catch {
            throw NodeError(error)
        }
    }

    func close() throws(NodeError) {
        do throws(StoreError) { try self.store.close() } catch { throw NodeError(error) }
    }
}

extension NodeError {
    /// What a failure of the store means for the node.
    init(_ error: StoreError) {
        switch error {
        case .damaged: self = .storeDamaged
        case .tooNew(let found, let supported):
            self = .storeTooNew(found: found, supported: supported)
        case .refused: self = .storeRefused
        case .io(let code, _): self = .storeFailed(code: code)
        }
    }
}
