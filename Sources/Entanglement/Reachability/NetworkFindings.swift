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

/// Where this node sent anything since its network changed: nobody there comes uncalled.
struct CalledAddresses: Sendable {
    private var addresses: Set<IPAddress> = []
    private var knowsSince: Instant
    /// So long flows of before may last, of which nothing is known.
    private static let formerFlowSpan = Duration.seconds(180)
    private static let countMax = 4_096

    /// `isNew`: nothing can have been sent before.
    init(now: Instant, isNew: Bool = false) {
        self.knowsSince = isNew ? now : now + Self.formerFlowSpan
    }

    mutating func note(_ outputs: [Output]) {
        guard self.addresses.count < Self.countMax else { return }
        for index in outputs.indices {
            switch outputs[index] {
            case .send(_, let target), .sendSealed(_, _, _, let target),
                .sendMain(_, let target), .sendFresh(_, let target, _),
                .sendAside(_, _, let target, _):
                self.addresses.insert(target.address)
            case .persist, .closeFresh, .closeAside, .bind, .multicast, .sendRelayed, .loopback,
                .admit, .dismiss, .bury, .unbury, .install, .erase, .leaveNote, .seekNote,
                .gatherCandidates, .reply, .notify:
                break
            }
        }
    }

    /// Whether nothing was sent there, as far as that is known.
    func excludes(_ address: IPAddress, now: Instant) -> Bool {
        self.addresses.count < Self.countMax && now >= self.knowsSince
            && !self.addresses.contains(address)
    }
}

extension Node {
    /// An open port lets others in too: then nothing is to be learned about the router.
    ///
    /// Nor where another peer is, or was, at that address: it may have been called there.
    mutating func noteUnasked(_ turn: inout Turn) {
        guard let (caller, address) = turn.unasked, !self.isCalledUnasked,
            self.calledAddresses.excludes(address, now: turn.instant),
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
