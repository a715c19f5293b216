// SPDX-License-Identifier: Apache-2.0

extension NATHint {
    /// Whether each destination sees another port, so that nobody can tell the next one's.
    var isPerDestination: Bool {
        switch self {
        case .addressDependent, .addressAndPortDependent, .sequential: true
        case .open, .endpointIndependent: false
        }
    }
}

/// How the own router maps, as far as others have shown it (RFC 4787 §4.1, PROTOCOL.md §8.8).
struct NATEstimate: Sendable, Equatable {
    /// What the newest evidence says; nil: there is none.
    private(set) var hint: NATHint?
    /// Whether the servers of the IPgetter say so: what one peer claims does not outweigh them.
    private var isAsked = false

    /// Ports that a router gives one after the other to one question are at most this far apart.
    private static let stepMax = 16
    /// Words of two peers that are further apart in time do not speak of one mapping.
    static let voteSpan = Duration.seconds(60)

    /// What the servers of one question saw, in the order in which they were asked.
    mutating func note(seen: [Endpoint]) {
        guard let first = seen.first, seen.count > 1, !first.address.isIPv6,
            seen.allSatisfy({ $0.address == first.address })
        else { return }
        self.isAsked = true
        let ports = seen.map { Int($0.port) }
        let distance = (ports.max() ?? 0) - (ports.min() ?? 0)
        switch distance {
        case 0: self.hint = .endpointIndependent
        case 1...Self.stepMax: self.hint = .sequential
        default: self.hint = .addressAndPortDependent
        }
    }

    /// A peer sees this node at one endpoint; others, elsewhere, have lately seen it at these.
    ///
    /// Two peers do not ask at one moment: that ports follow each other shows only to the servers.
    mutating func note(echo: Endpoint, others: [Endpoint]) {
        guard !self.isAsked, echo.address.isPublic, !echo.address.isIPv6 else { return }
        let comparable = others.filter { $0.address == echo.address }
        guard !comparable.isEmpty else { return }
        if comparable.allSatisfy({ $0.port == echo.port }) {
            self.hint = .endpointIndependent
        } else if self.hint != .sequential {
            self.hint = .addressAndPortDependent
        }
    }

    /// The network is another one.
    mutating func forget() {
        self.hint = nil
        self.isAsked = false
    }
}
