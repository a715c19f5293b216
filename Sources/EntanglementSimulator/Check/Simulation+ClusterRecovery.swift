// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// A member of the course's cluster, as it is in the end.
private struct Member {
    let host: HostID
    let held: HeldCluster

    /// Whether it has the secret of the epoch that counts.
    var holdsSecret: Bool { self.held.epochs.contains { $0.record == self.held.roster?.epoch } }
}

// After the faults, in a course about a cluster: who must be connected, and agree.
extension Simulation {
    /// What is wrong with the cluster, after some more time in which what is on its way may arrive.
    mutating func checkClusterRecovery() {
        var found = self.clusterFindings()
        for _ in 0..<5 where !found.isEmpty && self.checker.violations.isEmpty {
            self.run(until: self.now + .seconds(30))
            found = self.clusterFindings()
        }
        self.countUndone()
        for violation in found {
            self.checker.report(
                violation.promise, at: violation.at, violation.hosts, violation.detail)
        }
    }

    /// Relations of two hosts with each other in a cluster, as both have them.
    func links(_ one: HostID, _ other: HostID) -> [Meeting] {
        let theirs = self.hosts[other.number].disk.store.state.relations
        return self.hosts[one.number].disk.store.state.relations.compactMap { record in
            guard record.phase == .trusted, record.cluster == self.story?.cluster,
                let pid = record.keys?.peerPID,
                let fitting = theirs.first(where: { $0.ownPID == pid && $0.phase == .trusted })
            else { return nil }
            var link = Meeting(
                offering: one, answering: other, offeredAt: self.now, incarnation: 0)
            link.offeringRelation = record.id
            link.answeringRelation = fitting.id
            return link
        }
    }

    /// Whether both see a relation of theirs as connected.
    func areConnected(_ one: HostID, _ other: HostID, isDirect: Bool = false) -> Bool {
        self.links(one, other).contains {
            self.isLinkConnected($0) && !(isDirect && self.isRelayed($0))
        }
    }

    /// Whether members may keep the relation of a meeting at one side only, or to no use: other keys
    /// connect them, one has blocked the other, who keeps it to answer, or one is gone and only told so.
    mutating func isOneSided(_ one: HostID, _ other: HostID) -> Bool {
        guard let story = self.story else { return false }
        if self.areConnected(one, other) { return true }
        guard let first = story.members[one], let second = story.members[other] else {
            return false
        }
        for id in [one, other] {
            let held = self.hosts[id.number].heldClusters().first { $0.id == story.cluster }
            guard let roster = held?.roster else { continue }
            if roster.blocks(first, second) || roster.blocks(second, first) { return true }
            for status in [first, second].compactMap({ roster.member($0)?.status })
            where status != .present && status != .waiting {
                return true
            }
        }
        return false
    }

    func isRelayed(_ link: Meeting) -> Bool {
        [link.offering, link.answering].contains { id in
            link.relation(of: id).map {
                self.hosts[id.number].node?.isRelayed($0) ?? false
            } ?? false
        }
    }

    func isLinkConnected(_ link: Meeting) -> Bool {
        [link.offering, link.answering].allSatisfy { id in
            let host = self.hosts[id.number]
            guard let relation = link.relation(of: id) else { return false }
            return host.node?.isConnected(relation, now: host.clock.moment(at: self.now)) ?? false
        }
    }

    private mutating func clusterFindings() -> [Violation] {
        guard let cluster = self.story?.cluster else { return [] }
        var members: [Member] = []
        for id in self.hosts.map(\.id)
        where self.hosts[id.number].isRunning && !self.checker.villains.contains(id)
            && !self.retired.contains(id)
        {
            let held = self.hosts[id.number].heldClusters().first { $0.id == cluster }
            if let held { members.append(Member(host: id, held: held)) }
        }
        var found: [Violation] = []
        let present = members.filter { $0.held.standing == .member }
        var group = Array(present.indices)
        for first in present.indices {
            for second in present.indices where second > first {
                let (one, other) = (present[first], present[second])
                self.check(one, other, &found)
                guard self.areConnected(one.host, other.host) else { continue }
                let (kept, lost) = (group[first], group[second])
                for index in group.indices where group[index] == lost { group[index] = kept }
            }
        }
        for first in present.indices {
            for second in present.indices where second > first && group[first] == group[second] {
                self.checkAgreement(present[first], present[second], &found)
            }
            let others = present.indices.filter { $0 != first && group[$0] == group[first] }
            let all = others + [first]
            let isTold =
                others.contains { present[$0].holdsSecret }
                || all.contains { present[$0].held.mayReplaceEpoch }
                || !all.contains { number in
                    self.isGuestFromElsewhere(present[number], all.map { present[$0].held.own })
                }
            self.check(present[first], isAlone: others.isEmpty, isTold: isTold, &found)
        }
        self.checkStandings(members, &found)
        for one in present {
            guard let finding = self.removalFinding(at: one.host) else { continue }
            found.append(self.finding(.removedStayOut, [one.host], finding))
        }
        return found
    }

    private func finding(
        _ promise: Violation.Promise, _ hosts: [HostID], _ detail: String
    ) -> Violation {
        Violation(promise: promise, at: self.now, hosts: hosts, detail: detail)
    }

    /// Whether somebody was taken in by a member that is not among those who are connected: it may mean
    /// harm, or was lost before it had told a secret, and nobody else can find who has none.
    private func isGuestFromElsewhere(_ member: Member, _ group: [MemberID]) -> Bool {
        guard case .sponsored(let by, _)? = member.held.roster?.member(member.held.own)?.origin
        else { return false }
        return !group.contains(by)
    }

    /// Whether each of two is there by the other's records, and neither blocks the other.
    private func areTogether(_ one: Member, _ other: Member) -> Bool {
        [(one, other), (other, one)].allSatisfy { holder, member in
            guard let roster = holder.held.roster else { return false }
            return roster.member(member.held.own)?.status == .present
                && roster.member(holder.held.own)?.status == .present
                && !roster.blocks(holder.held.own, member.held.own)
                && !roster.blocks(member.held.own, holder.held.own)
        }
    }

    private func check(_ one: Member, _ other: Member, _ found: inout [Violation]) {
        let links = self.links(one.host, other.host)
        let connected = links.first { self.isLinkConnected($0) }
        guard self.areTogether(one, other) else {
            let isOut = [(one, other), (other, one)].contains { holder, member in
                let status = holder.held.roster?.member(member.held.own)?.status
                return status == .removed || status == .left
            }
            if isOut, connected != nil {
                found.append(self.finding(.goneAreOut, [one.host, other.host], "connected"))
            }
            return
        }
        let places = "\(self.places[one.host.number]) and \(self.places[other.host.number])"
        guard let connected else {
            let way = links.lazy.compactMap { self.wayBack(one.host, other.host, $0) }.first
            guard !links.isEmpty, way != nil || self.haveClusterHelper(one.host, other.host) else {
                return
            }
            let words = "members, \(places), \(way ?? "by a common peer")"
            found.append(self.finding(.foundAgain, [one.host, other.host], words))
            return
        }
        if self.isRelayed(connected), let way = self.wayBack(one.host, other.host, connected) {
            found.append(
                self.finding(.directAgain, [one.host, other.host], "members, \(places), \(way)"))
        }
    }

    /// Whether a common peer has been connected to both, directly, for long enough.
    private func haveClusterHelper(_ one: HostID, _ other: HostID) -> Bool {
        self.hosts.map(\.id).contains { helper in
            helper != one && helper != other && !self.checker.villains.contains(helper)
                && self.hosts[helper.number].isRunning
                && [one, other].allSatisfy { end in
                    self.links(helper, end).contains {
                        self.isLongDirect($0) && self.isLinkConnected($0) && !self.isRelayed($0)
                    }
                }
        }
    }

    /// Two who are connected, if only by others.
    private func checkAgreement(_ one: Member, _ other: Member, _ found: inout [Violation]) {
        let hosts = [one.host, other.host]
        if one.held.heads != other.held.heads {
            let counts = [one, other].map { "\($0.held.records?.count ?? 0)" }
            found.append(
                self.finding(
                    .clusterAgrees, hosts, "other records: \(counts.joined(separator: " and "))"))
            return
        }
        if one.held.places != other.held.places {
            found.append(self.finding(.clusterAgrees, hosts, "other endpoint records"))
        } else if let member = self.twofold(one, other) {
            found.append(
                self.finding(.clusterAgrees, hosts, "two endpoint records of one number: \(member)")
            )
        }
        if self.areTogether(one, other), self.links(one.host, other.host).isEmpty,
            !self.restored.contains(one.host), !self.restored.contains(other.host)
        {
            found.append(self.finding(.foundAgain, hosts, "members without a relation"))
        }
    }

    /// A member that means no harm, of whom two hold different endpoint records with one sequence.
    private func twofold(_ one: Member, _ other: Member) -> MemberID? {
        let theirs = Set((other.held.records?.endpointRecords ?? []).map(\.id))
        return one.held.records?.endpointRecords.first { record in
            guard !theirs.contains(record.id), let author = record.author,
                let host = self.story?.hosts[author]
            else { return false }
            // What a clock that is behind writes after its disk was put back may have a former number.
            let isBehind = self.restored.contains(host) && self.setBack.contains(host)
            return !self.checker.villains.contains(host) && !isBehind
        }?.author
    }

    /// What one member holds.
    private func check(
        _ member: Member, isAlone: Bool, isTold: Bool, _ found: inout [Violation]
    ) {
        guard let roster = member.held.roster, let set = member.held.records else { return }
        if roster.needsEpoch {
            found.append(self.finding(.clusterAgrees, [member.host], "no new epoch was made"))
        }
        if !isAlone, isTold, !member.holdsSecret {
            found.append(
                self.finding(
                    .clusterAgrees, [member.host], "no secret of epoch \(roster.epochNumber)"))
        }
        var authors: [[UInt8]: RecordID] = [:]
        for record in set.records {
            guard let place = record.place else { continue }
            var key = place.author.bytes
            withUnsafeBytes(of: place.position) { key += $0 }
            guard let former = authors.updateValue(record.id, forKey: key) else { continue }
            guard former != record.id,
                !roster.equivocations.contains(where: { $0.author == place.author })
            else { continue }
            found.append(
                self.finding(.equivocationIsShown, [member.host], "two records of one place"))
        }
        self.checkStored(member, set, &found)
        let own = set.whereabouts(of: member.held.own)?.addresses.map(\.endpoint) ?? []
        guard !isAlone, let node = self.hosts[member.host.number].node,
            self.checker.addressesChangedAt[member.host].map({
                self.now - $0 > .seconds(60)
            }) ?? true, Set(own) != Set(node.publicEndpoints)
        else { return }
        found.append(
            self.finding(
                .placesAreTold, [member.host], "tells \(own), is at \(node.publicEndpoints)"))
    }

    /// What is stored gives the same records again, each verified.
    private func checkStored(
        _ member: Member, _ set: RecordSet, _ found: inout [Violation]
    ) {
        let host = self.hosts[member.host.number]
        var loaded: RecordSet?
        for stored in host.disk.store.state.records where stored.cluster == member.held.id {
            guard let record = try? Record(bytes: stored.bytes, host.primitives) else { continue }
            if loaded == nil {
                loaded = RecordSet(genesis: record, host.primitives)
            } else {
                _ = loaded?.take(
                    record, from: nil, now: self.now, isCatchingUp: true, host.primitives)
            }
        }
        guard loaded?.headsHash(host.primitives) != member.held.heads else { return }
        found.append(
            self.finding(.recordsAreSigned, [member.host], "the store gives other records"))
    }

    /// Whether a member holds the record that took another one in, or is to write it.
    private func knows(_ member: Member, of other: Member) -> Bool {
        guard let roster = member.held.roster, !roster.blocks(member.held.own, other.held.own)
        else { return false }
        if roster.member(other.held.own) != nil { return true }
        return self.hosts[member.host.number].disk.store.state.relations.contains { record in
            guard case .sponsoring? = record.bond else { return false }
            return record.member == other.held.own && record.cancelTokens == nil
        }
    }

    /// Whether two find each other, of whom one may have that relation only to answer.
    private func isFound(_ one: HostID, by other: HostID, _ link: Meeting) -> Bool {
        func isSilent(_ host: HostID) -> Bool {
            guard let relation = link.relation(of: host) else { return false }
            return self.hosts[host.number].node?.isSilent(relation) ?? false
        }
        if isSilent(other) { return self.reaches(one, other, link) }
        if isSilent(one) {
            return self.shareLAN(one, other) || self.reaches(other, one, link)
        }
        return self.isRecoverable(one, other, link)
    }

    /// Who joins must become a member, and who leaves must be told that somebody heard it.
    private func checkStandings(_ members: [Member], _ found: inout [Violation]) {
        for one in members where one.held.standing != .member {
            for other in members where other.held.standing == .member && other.host != one.host {
                let links = self.links(one.host, other.host)
                let isReached = links.contains {
                    self.isLinkConnected($0) || self.isFound(one.host, by: other.host, $0)
                }
                guard isReached, other.held.roster?.member(other.held.own)?.status == .present,
                    self.knows(other, of: one)
                else { continue }
                found.append(
                    self.finding(
                        .standingSettles, [one.host, other.host], "\(one.held.standing)"))
            }
        }
    }
}
