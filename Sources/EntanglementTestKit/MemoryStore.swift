// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// The store's contract in memory: what a batch of changes makes of a durable state.
public struct MemoryStore: Sendable, Equatable {
    /// What would be loaded now.
    public private(set) var state: DurableState
    /// The log of events, oldest first.
    public private(set) var events: [Event] = []

    /// A store that holds this state.
    public init(_ state: DurableState = DurableState()) {
        self.state = state
    }

    /// Applies all changes, in order.
    public mutating func commit(_ changes: [Change]) {
        for change in changes { self.apply(change) }
    }

    /// Empties the log.
    package mutating func forgetEvents() {
        self.events = []
    }

    private mutating func apply(_ change: Change) {
        switch change {
        case .relation(let record, _):
            self.state.relations.removeAll { $0.id == record.id }
            self.state.relations.append(record)
            self.state.relations.sort { $0.id < $1.id }
        case .deleteRelation(let id): self.state.relations.removeAll { $0.id == id }
        case .reserveCounters(let id, let until): self.update(id) { $0.reservedCounter = until }
        case .acceptCounter(let id, let counter): self.update(id) { $0.acceptedCounter = counter }
        case .endpoints(let id, let endpoints, let heardAt):
            self.update(id) {
                $0.endpoints = endpoints
                $0.lastHeardAt = heardAt
            }
        case .bury(let tombstone):
            self.state.tombstones.removeAll { $0.pidHash == tombstone.pidHash }
            self.state.tombstones.append(tombstone)
        case .unbury(let hash): self.state.tombstones.removeAll { $0.pidHash == hash }
        case .cluster(let cluster):
            self.state.clusters.removeAll { $0.id == cluster.id }
            self.state.clusters.append(cluster)
            self.state.clusters.sort { $0.id < $1.id }
        case .deleteCluster(let id): self.state.clusters.removeAll { $0.id == id }
        case .nodeName(let name): self.state.nodeName = name
        case .event(let event, _): self.events.append(event)
        }
    }

    private mutating func update(_ id: RelationID, _ body: (inout RelationRecord) -> Void) {
        guard let index = self.state.relations.firstIndex(where: { $0.id == id }) else {
            preconditionFailure("a change of a relation that is not stored")
        }
        body(&self.state.relations[index])
    }
}
