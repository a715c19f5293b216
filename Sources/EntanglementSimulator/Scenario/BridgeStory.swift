// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// What a course about two linked clusters remembers.
struct BridgeStory: Sendable {
    /// The number of hosts of the first cluster; the others are of the second.
    let firstCount: Int
    /// The two clusters, once they are founded.
    var clusters: [ClusterID?] = [nil, nil] { didSet { self.forgetStrangers() } }
    /// Who has agreed to a card, and has not taken it back.
    var consenting: Set<HostID> = []
    /// Whose person agreed once, and the cards of these.
    var hasAgreed: Set<HostID> = [] { didSet { self.forgetStrangers() } }
    var cards: [CardID: HostID] = [:]
    /// Cards that were taken back, who has held them, and who has seen that they are gone.
    var takenBack: Set<CardID> = []
    var held: Set<HeldCard> = []
    var seenGone: Set<HeldCard> = []
    /// Of each cluster what the other one may not hold; nil: not known, as somebody has stored something.
    var strangers: [Strangers?] = [nil, nil]
    /// The public keys of members.
    var memberKeys: [MemberID: [[UInt8]]] = [:]
    /// Whose card allows that addresses cross, where the bridges do.
    var open: Set<HostID> = []
    /// Pairs of hosts that are two ends of a bridge.
    var ends: Set<Set<HostID>> = [] { didSet { self.forgetStrangers() } }
    /// What may cross, as every end was told last.
    var level = BridgeLevel.cards
    /// Carried datagrams by who carried them on, with how many it had carried before.
    var carried: [CarriedKey: Int] = [:]
    var carriedCounts: [HostID: Int] = [:]
    /// Bytes that a host has carried on for an origin.
    var volumes: [VolumeKey: Volume] = [:]
    /// When somebody wanted all bridges to be closed, on which sides, and whether all ends were connected.
    var closedAt: Instant?
    var closers: Set<Int> = []
    var wereEndsConnected = false
    /// Hosts at which it was seen that everything is closed.
    var seenClosed: Set<HostID> = []
    /// Bytes that nobody but two may read.
    let mark: [UInt8]

    /// A host has stored something.
    mutating func forgetStrangers(of host: HostID) { self.strangers[self.side(of: host)] = nil }

    private mutating func forgetStrangers() { self.strangers = [nil, nil] }

    struct HeldCard: Hashable, Sendable {
        var host: HostID
        var card: CardID
    }

    struct CarriedKey: Hashable, Sendable {
        var host: HostID
        var incarnation: Int
        var origin: CardID
        var id: UInt64
    }

    struct VolumeKey: Hashable, Sendable {
        var host: HostID
        var incarnation: Int
        var origin: CardID
    }

    struct Volume: Sendable {
        var since: Instant
        var byteCount = 0
    }

    /// Which of the two clusters a host is of.
    func side(of host: HostID) -> Int { host.number < self.firstCount ? 0 : 1 }

    /// It may be given anew.
    mutating func forgetTaking(of card: CardID) {
        self.takenBack.remove(card)
        self.seenGone = self.seenGone.filter { $0.card != card }
    }

    func areApart(_ one: HostID, _ other: HostID) -> Bool {
        self.side(of: one) != self.side(of: other)
    }
}
