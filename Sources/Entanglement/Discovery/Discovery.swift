// SPDX-License-Identifier: Apache-2.0

/// When a node calls for its peers on the local network, and whom; who is missed is noted here.
struct Discovery: Sendable {
    /// Nil: this node neither calls nor listens.
    let ports: HelloPorts?
    /// Whether there is a network to call on.
    private(set) var hasLAN = false
    /// Relations whose other side is not connected, in order.
    private(set) var missed: [RelationID] = []
    /// When the next hello is due.
    private(set) var dueAt: Instant?
    /// Whether peers that are connected are called too: the network has changed.
    private(set) var callsAll = false
    /// When the last round of hellos began.
    private(set) var began: Instant?
    /// Counts hellos, so that with more relations than tags all have their turn.
    private(set) var sentCount = 0

    private var step = 0
    private var lastSentAt: Instant?
    private var lastNonce: [UInt8] = []
    private var hurry = Hurry()
    private var bucket: TokenBucket?

    /// False with a deliberate defect alone.
    private let isPaced: Bool

    init(ports: HelloPorts?, isPaced: Bool = true) {
        self.ports = ports
        self.isPaced = isPaced
    }

    /// Whether there is a local network, and this node may use it.
    var isPossible: Bool { self.ports != nil && self.hasLAN }

    // MARK: Reasons

    /// A relation's other side is missed from now on, or is not any more.
    mutating func note(_ id: RelationID, isMissed: Bool, now: Instant) {
        guard self.ports != nil else { return }
        let position = self.missed.sortedPosition(of: id)
        let wasMissed = position < self.missed.count && self.missed[position] == id
        guard isMissed != wasMissed else { return }
        if isMissed {
            self.missed.insert(id, at: position)
            self.begin(now)
        } else {
            self.missed.remove(at: position)
            if self.missed.isEmpty, !self.callsAll { self.dueAt = nil }
        }
    }

    /// There is a network to call on, or none any more.
    mutating func setLAN(_ isThere: Bool, now: Instant) {
        guard self.ports != nil, self.hasLAN != isThere else { return }
        self.hasLAN = isThere
        if isThere {
            if !self.missed.isEmpty { self.begin(now) }
        } else {
            self.dueAt = nil
        }
    }

    /// Peers that are connected may be on the new network too.
    mutating func networkChanged(hasRelations: Bool, now: Instant) {
        guard self.isPossible, hasRelations else { return }
        self.callsAll = true
        self.begin(now)
    }

    /// Calls at once and a few times more, but a network that flaps does not make it call all the time.
    private mutating func begin(_ now: Instant) {
        guard self.isPossible else { return }
        // Many may be missed at one moment: one round is for all.
        if self.isPaced, self.step == 0, self.began != nil, self.dueAt != nil { return }
        let earliest = self.lastSentAt.map { $0 + Constants.helloSpacing } ?? now
        if self.hurry.isAllowed(at: now) || !self.isPaced {
            let start = self.isPaced ? max(now, earliest) : now
            self.began = start
            self.step = 0
            self.dueAt = start
        } else if self.dueAt == nil {
            self.dueAt = max(now + Constants.helloPause, earliest)
        }
    }

    // MARK: Hellos

    /// Notes that a hello goes out now, and plans the next: soon, then about once a minute.
    mutating func noteSending(_ hello: Hello, jitter: Duration, now: Instant) {
        self.lastNonce = hello.nonce
        self.lastSentAt = now
        self.sentCount += 1
        self.step += 1
        self.plan(jitter: jitter, now: now)
    }

    /// Nobody is to be called this time.
    mutating func pass() {
        self.callsAll = false
        self.dueAt = nil
    }

    private mutating func plan(jitter: Duration, now: Instant) {
        if let began = self.began, self.step < Constants.helloSends.count {
            self.dueAt = max(
                began + Constants.helloSends[self.step], now + Constants.helloSpacing)
        } else {
            self.callsAll = false
            self.dueAt = self.missed.isEmpty ? nil : now + Constants.helloInterval + jitter
        }
    }

    /// Whether a connected peer is called that was heard last then: all in the first hello of a round,
    /// later those who have not been heard since.
    func calls(connectedPeerHeardAt heard: Instant?) -> Bool {
        guard self.callsAll, let began = self.began else { return false }
        return self.step == 0 || heard.map { $0 < began } ?? true
    }

    /// Whether a hello is looked at: not an own one that came back, and not more than so many.
    mutating func admits(_ hello: Hello, now: Instant) -> Bool {
        guard self.ports != nil, hello.nonce != self.lastNonce else { return false }
        var bucket =
            self.bucket
            ?? TokenBucket(
                burst: Limits.helloBurst, perSecond: Limits.hellosPerSecond, now: now)
        let isAdmitted = bucket.hasToken(now: now)
        if isAdmitted { bucket.take() }
        self.bucket = bucket
        return isAdmitted
    }
}
