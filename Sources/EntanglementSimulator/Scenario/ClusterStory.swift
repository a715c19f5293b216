// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// What a course about one cluster remembers.
struct ClusterStory: Sendable {
    /// The cluster, once it is founded.
    var cluster: ClusterID?
    /// Who each host was there last.
    var members: [HostID: MemberID] = [:]
    /// Which host each member was.
    var hosts: [MemberID: HostID] = [:]
    /// Members whose person has asked to leave, and when.
    var leavers: [MemberID: Instant] = [:]
    /// Members of whom somebody else has heard that they left.
    var leavesHeard: Set<MemberID> = []
    /// Members who were seen as removed, by whoever.
    var removed: Set<MemberID> = []
    /// Removals that somebody saw in effect.
    var removals: [RecordID: SeenRemoval] = [:]
    /// Records that are followed on their way to the others, or were.
    var news: Set<RecordID> = []
    /// Relations that were trusted once.
    var trusted: Set<Checker.RelationKey> = []
    /// Until when everybody sleeps.
    var absentUntil: Instant?
    /// When the faults ended.
    var healedAt: Instant?

    /// Whether both were members at some time.
    func areMembers(_ one: HostID, _ other: HostID) -> Bool {
        self.members[one] != nil && self.members[other] != nil
    }
}
