// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// Nodes that one lookup knows of, the most promising first.
///
/// Those whose id fits their address stand before all others (BEP 42): else whoever wants to be
/// asked for one item makes ids close to it. One node for each address and two for each network,
/// except on local ones. At most 64; the last one goes when a better one comes.
struct Candidates: Sendable {
    enum State: Sendable, Equatable {
        case fresh
        case asked
        /// With a token it may be written to.
        case answered(token: [UInt8]?)
        case failed
    }

    struct Candidate: Sendable {
        let contact: NodeContact
        let distance: NodeID
        let isFitting: Bool
        var state = State.fresh

        func precedes(_ other: Candidate) -> Bool {
            if self.isFitting != other.isFitting { return self.isFitting }
            return self.distance < other.distance
        }
    }

    let target: NodeID
    private(set) var list: [Candidate] = []

    init(target: NodeID) {
        self.target = target
    }

    /// Takes a node that somebody told of, if there is room for it.
    mutating func insert(_ contact: NodeContact) {
        let candidate = Candidate(
            contact: contact, distance: contact.id.distance(to: self.target),
            isFitting: contact.isFitting)
        guard self.hasRoom(for: contact) else { return }
        let place =
            self.list.firstIndex { candidate.precedes($0) } ?? self.list.endIndex
        if self.list.count >= Limits.candidateCount {
            guard place < self.list.endIndex, let last = self.list.last, last.state == .fresh
            else { return }
            self.list.removeLast()
        }
        self.list.insert(candidate, at: place)
    }

    /// Takes a node that has answered under another id than it was told of.
    ///
    /// Whatever stands under that id elsewhere, and has not answered, was told of wrongly too.
    mutating func rename(at endpoint: Endpoint, to contact: NodeContact) {
        self.list.removeAll {
            if $0.contact.endpoint == endpoint { return true }
            return $0.contact.id == contact.id && ($0.state == .fresh || $0.state == .failed)
        }
        self.insert(contact)
    }

    /// Whether nothing is known yet of that node, its address or too many of its network.
    private func hasRoom(for contact: NodeContact) -> Bool {
        let address = contact.endpoint.address
        var neighbourCount = 0
        for candidate in self.list {
            let known = candidate.contact
            if known.endpoint == contact.endpoint { return false }
            // Whoever did not answer by that id may have been told of wrongly.
            if known.id == contact.id, candidate.state != .failed { return false }
            guard address.isPublic else { continue }
            if known.endpoint.address == address { return false }
            if known.endpoint.address.lookupNetwork == address.lookupNetwork { neighbourCount += 1 }
        }
        return neighbourCount < Limits.candidatesPerNetwork
    }

    func index(at endpoint: Endpoint) -> Int? {
        self.list.firstIndex { $0.contact.endpoint == endpoint }
    }

    mutating func set(_ state: State, at endpoint: Endpoint) {
        if let index = self.index(at: endpoint) { self.list[index].state = state }
    }

    /// The next one to ask: a fresh one among the first eight that may still hold the item.
    var next: NodeContact? {
        self.front.first { $0.state == .fresh }?.contact
    }

    /// Whether the first eight have all answered.
    var areAllAnswered: Bool {
        var count = 0
        for candidate in self.front {
            guard case .answered = candidate.state else { return false }
            count += 1
        }
        return count == Limits.storingCount
    }

    /// The closest nodes that may be written to, with their tokens.
    var writable: [(contact: NodeContact, token: [UInt8])] {
        let all = self.list.compactMap { candidate -> (contact: NodeContact, token: [UInt8])? in
            guard case .answered(let token?) = candidate.state else { return nil }
            return (candidate.contact, token)
        }
        return Array(all.prefix(Limits.storingCount))
    }

    /// The first eight without those who failed, or answered that they hold nothing at all.
    private var front: some Sequence<Candidate> {
        self.list.lazy.filter { $0.state != .failed && $0.state != .answered(token: nil) }
            .prefix(Limits.storingCount)
    }
}

extension IPAddress {
    /// What one operator gets many addresses of at once: /24 or /48.
    fileprivate var lookupNetwork: UInt64 {
        switch self {
        case .v4(let value): UInt64(value >> 8)
        case .v6(let high, _): 1 << 63 | high >> 16
        }
    }
}
