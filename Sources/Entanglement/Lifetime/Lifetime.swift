// SPDX-License-Identifier: Apache-2.0

/// One family's measurement: what is known, and the trial that goes on (PROTOCOL.md §7.5).
struct Lifetime: Sendable, Equatable {
    /// What is in force; nil: nothing was measured in this network.
    private(set) var finding: MappingLifetime?
    /// The trial that goes on.
    private(set) var trial: RestTrial?
    /// When a trial may begin; nil: nothing is to be measured, or nobody can help.
    private(set) var wakeAt: Instant?
    /// When the last finding was complete.
    private(set) var completeAt: Instant?
    /// Whether what is in force is so old that it is to be measured anew, from the beginning.
    private(set) var isStale = false
    /// Trials in a row that told nothing.
    private(set) var vainCount = 0
    /// Who helped last: the next trial is another's, if there is one.
    private(set) var lastHelper: RelationID?
    /// Whether the shortest rest that is tested first failed once: it is tested again.
    private var isDoubted = false

    /// When something is due.
    var dueAt: Instant? { self.trial?.dueAt ?? self.wakeAt }

    /// Whether nothing is left to learn of what is in front of that address.
    func isComplete(for address: IPAddress) -> Bool {
        self.finding?.address == address && self.completeAt != nil
    }

    /// Somebody may be able to help: think about it then, if nothing is planned.
    mutating func consider(at due: Instant) {
        guard self.trial == nil, self.wakeAt == nil || self.completeAt != nil else { return }
        self.wakeAt = min(due, self.wakeAt ?? due)
    }

    /// The time to think has come.
    mutating func wake(now: Instant) {
        self.wakeAt = nil
        guard let done = self.completeAt, now - done >= Constants.lifetimeAge else { return }
        self.completeAt = nil
        self.isStale = true
    }

    /// Nobody can help now, but somebody will at that time, or once this finding is old.
    mutating func wait(until due: Instant?) {
        let old = self.completeAt.map { $0 + Constants.lifetimeAge }
        self.wakeAt = [due, old].compactMap { $0 }.min()
    }

    /// The rest to be tested next at that address.
    func next(at address: IPAddress) -> Duration? {
        let known = self.finding?.address == address && !self.isStale ? self.finding : nil
        return MappingLifetime.next(after: known)
    }

    mutating func begin(_ trial: RestTrial) {
        self.trial = trial
        self.lastHelper = trial.helper
    }

    /// A path that rested as long as this allows was closed: it is not believed any more.
    mutating func disprove(_ address: IPAddress, now: Instant) -> Bool {
        guard self.finding?.address == address else { return false }
        self.finding = nil
        self.completeAt = nil
        self.isStale = false
        if self.trial == nil { self.wakeAt = now + Constants.unhelpfulLife }
        return true
    }

    mutating func noteSending(now: Instant) { self.trial?.sentAt.append(now) }

    mutating func note(answered ordinal: Int, now: Instant) {
        self.trial?.note(answered: ordinal, now: now)
    }

    /// The trial has told something.
    mutating func conclude(isOutlasted: Bool, now: Instant) {
        guard let trial = self.trial else { return }
        // Three answers may be lost; to rest for less than half a minute takes two such trials.
        if !isOutlasted, trial.rest == Constants.restFirst, !self.isDoubted {
            self.isDoubted = true
            self.trial = nil
            self.wakeAt = now + Constants.restPause
            return
        }
        self.isDoubted = false
        let isFirst = trial.rest == Constants.restFirst
        let former = self.finding?.address == trial.address && !isFirst ? self.finding : nil
        let finding = MappingLifetime(
            address: trial.address, outlasted: isOutlasted ? trial.rest : former?.outlasted,
            endedWithin: isOutlasted ? former?.endedWithin : trial.rest)
        self.finding = finding
        self.trial = nil
        self.isStale = false
        self.vainCount = 0
        if MappingLifetime.next(after: finding) == nil {
            self.completeAt = now
            self.wakeAt = now + Constants.lifetimeAge
        } else {
            self.completeAt = nil
            self.wakeAt = now + Constants.restPause
        }
    }

    /// The trial has told nothing: another one later, and later each time.
    mutating func giveUp(now: Instant) {
        self.trial = nil
        let doublings = min(self.vainCount, 6)
        self.vainCount += 1
        self.wakeAt = now + min(Constants.restRetry * (1 << doublings), Constants.restRetryMax)
    }

    /// The network is another one.
    mutating func forget(considerAt due: Instant) {
        self = Lifetime()
        self.wakeAt = due
    }
}

/// One rest that is tested with a mapping that nobody needs.
struct RestTrial: Sendable, Equatable {
    /// Who helps, and where it is.
    let helper: RelationID
    let path: Endpoint
    /// Where the helper sees this node.
    let address: IPAddress
    let token: UInt64
    let rest: Duration
    /// When the question was sent, by ordinal.
    var sentAt: [Instant] = []
    /// When the first answer came.
    private(set) var answeredAt: Instant?
    /// Whether the last question was answered, and an earlier one before it was sent: from now on there
    /// is silence.
    private(set) var isSettled = false

    init(helper: RelationID, path: Endpoint, address: IPAddress, token: UInt64, rest: Duration) {
        self.helper = helper
        self.path = path
        self.address = address
        self.token = token
        self.rest = rest
    }

    var dueAt: Instant {
        guard let last = self.sentAt.last else { return Instant(nanoseconds: 0) }
        return self.isSettled
            ? last + self.rest + Constants.restPatience : last + Constants.restSpacing
    }

    /// Within how long the helper must have been heard, for its silence here to tell something.
    var aliveSpan: Duration { max(self.rest / 2, Constants.restSilence) }

    /// Whether asking on is of no use: nobody answers, or never in order.
    var isHopeless: Bool {
        let limit = self.answeredAt == nil ? Constants.restTryMax : Constants.restSendMax
        return self.sentAt.count >= limit
    }

    mutating func note(answered ordinal: Int, now: Instant) {
        guard self.sentAt.indices.contains(ordinal) else { return }
        if ordinal == self.sentAt.count - 1, let answeredAt, answeredAt <= self.sentAt[ordinal] {
            self.isSettled = true
        }
        self.answeredAt = self.answeredAt ?? now
    }
}
