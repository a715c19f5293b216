// SPDX-License-Identifier: Apache-2.0

/// What was seen of the network around this device, without asking anybody for it.
public struct NetworkFindings: Sendable, Equatable {
    /// How the router maps; nil: not seen yet.
    public var mapping: NATHint?
    /// Whether somebody got in whom this device had not called (RFC 4787 §5).
    public var isCalledUnasked: Bool
    /// Whether anybody outside answered since the network changed last.
    public var isSeenFromOutside: Bool
    /// Whether an outside service was asked and did not answer.
    public var isAskedInVain: Bool

    /// How long the router, and the firewall of IPv6, remember; none: it was not measured.
    public var lifetimes: [MappingLifetime] = []
    /// Own endpoints at which strangers get in, so that no ping keeps them open.
    public var open: [Endpoint] = []

    /// Findings as collected by the node.
    public init(
        mapping: NATHint?, isCalledUnasked: Bool, isSeenFromOutside: Bool, isAskedInVain: Bool
    ) {
        self.mapping = mapping
        self.isCalledUnasked = isCalledUnasked
        self.isSeenFromOutside = isSeenFromOutside
        self.isAskedInVain = isAskedInVain
    }
}

extension Node {
    /// An open port lets others in too: then nothing is to be learned about the router.
    ///
    /// Nor where another peer is, or was, at that address: it may have been called there.
    mutating func noteUnasked(_ turn: inout Turn) {
        guard let (caller, address) = turn.unasked, !self.isCalledUnasked,
            !self.own.given.contains(where: { $0.kind == .mapped }),
            !self.ids.contains(where: { id in
                id != caller && self.relations[id]?.hasCalled(address) ?? false
            })
        else { return }
        self.isCalledUnasked = true
        self.noteUpkeep(&turn)
    }

    /// What is known of the network now.
    var networkFindings: NetworkFindings {
        var findings = NetworkFindings(
            mapping: self.own.hint, isCalledUnasked: self.isCalledUnasked,
            isSeenFromOutside: self.own.isSeenFromOutside, isAskedInVain: self.isAskedInVain)
        findings.lifetimes = self.lifetimes.compactMap(\.finding)
        findings.open = self.upkeep.open
        return findings
    }
}
