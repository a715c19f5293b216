// SPDX-License-Identifier: Apache-2.0

/// Deliberate defects of the fold, by which tests show that they would notice them.
///
/// They exist only in builds with `SPOCKEX_MUTANTS`; in a release of the product
/// ``isActive(_:)`` is false at compile time.
package struct RosterDefects: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Whether the defect is there.
    @inline(__always)
    func isActive(_ defect: RosterDefects) -> Bool {
        #if SPOCKEX_MUTANTS
            self.contains(defect)
        #else
            false
        #endif
    }

    /// Of two epochs with one number the one counts that came first.
    package static let epochByArrival = RosterDefects(rawValue: 1 << 0)
    /// Of two records with one position the one counts as the first that came first.
    package static let proofByArrival = RosterDefects(rawValue: 1 << 1)
    /// Between removals of equal weight the one wins that came first.
    package static let tieByArrival = RosterDefects(rawValue: 1 << 2)
    /// Proposals are judged as they came, not as they follow from each other.
    package static let judgedByArrival = RosterDefects(rawValue: 1 << 3)
    /// The accused's vote about its own removal counts.
    package static let accusedVotes = RosterDefects(rawValue: 1 << 4)
    /// Half of the voters are enough.
    package static let halfIsEnough = RosterDefects(rawValue: 1 << 5)
    /// Who was met by one voter is a voter.
    package static let oneMeetingIsEnough = RosterDefects(rawValue: 1 << 6)
    /// Two voters can remove somebody.
    package static let twoVotersRemove = RosterDefects(rawValue: 1 << 7)
    /// What a removed member wrote beside its removal counts.
    package static let backdatingCounts = RosterDefects(rawValue: 1 << 8)
    /// What depends on a void record counts.
    package static let dependentsStay = RosterDefects(rawValue: 1 << 9)
    /// The majority at the proposal's heads is enough.
    package static let wholeUnchecked = RosterDefects(rawValue: 1 << 10)
    /// The votes of voters who were none at the heads count.
    package static let lateVotesCount = RosterDefects(rawValue: 1 << 11)
    /// Voters who came after a removal count against it.
    package static let growthCounts = RosterDefects(rawValue: 1 << 12)
    /// A member that left takes its votes along.
    package static let leavingWithdraws = RosterDefects(rawValue: 1 << 13)
    /// Of two removals that exclude each other both take effect.
    package static let conflictsStand = RosterDefects(rawValue: 1 << 14)
    /// Of two removals with equal votes the member goes that joined earlier.
    package static let earlierJoinerGoes = RosterDefects(rawValue: 1 << 15)
    /// Of two removals that exclude each other the one with fewer votes wins.
    package static let fewerVotesWin = RosterDefects(rawValue: 1 << 16)
    /// A removal voids all that its accused ever wrote.
    package static let pastIsVoid = RosterDefects(rawValue: 1 << 17)
    /// Several meetings of the same two count as several voters.
    package static let meetingsCountTwice = RosterDefects(rawValue: 1 << 18)

    /// All of them with their names.
    package static let named: [(name: String, defect: RosterDefects)] = [
        ("epochByArrival", .epochByArrival), ("proofByArrival", .proofByArrival),
        ("tieByArrival", .tieByArrival), ("judgedByArrival", .judgedByArrival),
        ("accusedVotes", .accusedVotes), ("halfIsEnough", .halfIsEnough),
        ("oneMeetingIsEnough", .oneMeetingIsEnough), ("twoVotersRemove", .twoVotersRemove),
        ("backdatingCounts", .backdatingCounts), ("dependentsStay", .dependentsStay),
        ("wholeUnchecked", .wholeUnchecked), ("lateVotesCount", .lateVotesCount),
        ("growthCounts", .growthCounts), ("leavingWithdraws", .leavingWithdraws),
        ("conflictsStand", .conflictsStand), ("earlierJoinerGoes", .earlierJoinerGoes),
        ("fewerVotesWin", .fewerVotesWin), ("pastIsVoid", .pastIsVoid),
        ("meetingsCountTwice", .meetingsCountTwice),
    ]
}
