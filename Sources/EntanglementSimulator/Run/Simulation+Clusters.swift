// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// What people do about one cluster, and what is remembered of it.
extension Simulation {
    mutating func carryOutInCluster(_ action: Action) {
        switch action {
        case .meet(let one, let other, let tries): self.meet(one, other, tries: tries)
        case .leave(let host): self.leave(host)
        case .remove(let accused, let host):
            guard let cluster = self.story?.cluster, let member = self.story?.members[accused],
                self.isMember(host)
            else { return }
            self.count(.removing)
            self.command(.removeMember(cluster, member), host)
        case .block(let other, let host, let isOn):
            guard let cluster = self.story?.cluster, let member = self.story?.members[other],
                self.isMember(host)
            else { return }
            self.count(.blocking)
            self.command(.block(cluster, member, isOn: isOn), host)
        case .retire(let host):
            guard self.isMember(host) else { return }
            self.count(.retiring)
            self.retired.insert(host)
            self.hosts[host.number].stop(losesPower: false)
        case .pass(let length): self.pass(length)
        case .expectGone(let member, let hosts): self.expectGone(member, hosts)
        case .follow(let news): self.follow(news)
        default: break
        }
    }

    private mutating func command(_ request: Request, _ id: HostID) {
        guard self.hosts[id.number].isRunning else { return }
        let (_, effects) = self.hosts[id.number].request(request, at: self.now)
        self.follow(effects, of: id)
    }

    /// The cluster as a host has stored it; nil: it knows of none.
    func membership(of id: HostID) -> ClusterRecord? {
        guard let cluster = self.story?.cluster else { return nil }
        return self.hosts[id.number].disk.store.state.clusters.first { $0.id == cluster }
    }

    private func isMember(_ id: HostID) -> Bool {
        self.hosts[id.number].isRunning && self.membership(of: id)?.standing == .member
    }

    // MARK: Meetings

    private mutating func meet(_ one: HostID, _ other: HostID, tries: Int) {
        guard !self.isHealed else { return }
        let isPossible = self.hosts[one.number].isRunning && self.hosts[other.number].isRunning
        guard isPossible, let wishes = self.wishes(of: one, other) else {
            guard tries > 0 else { return }
            return self.plan(.meet(one, other, tries: tries - 1), after: .seconds(20))
        }
        self.offer(by: one, to: other, wishes)
    }

    /// What two want who meet now; nil: nothing.
    private mutating func wishes(of one: HostID, _ other: HostID) -> MeetingWishes? {
        guard let cluster = self.story?.cluster else {
            guard one.number < 2, other.number < 2 else { return nil }
            self.count(.founding)
            return MeetingWishes(
                offering: MeetingOptions(), answering: MeetingOptions(), isFounding: true)
        }
        switch (self.membership(of: one)?.standing, self.membership(of: other)?.standing) {
        case (.member?, .member?):
            self.count(.meetingAgain)
            let intents: [Intent] = [.auto, .repair]
            let choice = { (simulation: inout Simulation) in
                MeetingOptions(
                    intent: intents[Int.random(in: 0...1, using: &simulation.generator)])
            }
            return MeetingWishes(offering: choice(&self), answering: choice(&self))
        case (.member?, nil):
            self.count(.takingIn)
            var wishes = self.wishes(takingIn: other, isSponsorOffering: true, cluster)
            wishes.sponsor = one
            return wishes
        case (nil, .member?):
            self.count(.takingIn)
            var wishes = self.wishes(takingIn: one, isSponsorOffering: false, cluster)
            wishes.sponsor = other
            return wishes
        case (nil, _), (.joining?, _), (.leaving?, _), (.member?, _): return nil
        }
    }

    private mutating func wishes(
        takingIn newcomer: HostID, isSponsorOffering: Bool, _ cluster: ClusterID
    ) -> MeetingWishes {
        let isAlone = !self.hosts[newcomer.number].disk.store.state.relations.contains {
            $0.phase == .trusted
        }
        let style = isAlone ? Int.random(in: 0...3, using: &self.generator) : 0
        let sponsor = MeetingOptions(intent: style < 2 ? .cluster : .auto, cluster: cluster)
        let guest = MeetingOptions(intent: style == 1 || style == 2 ? .auto : .join)
        return MeetingWishes(
            offering: isSponsorOffering ? sponsor : guest,
            answering: isSponsorOffering ? guest : sponsor,
            into: isSponsorOffering ? cluster : nil)
    }

    /// Whether two have become something since they met by which what they wanted makes no sense any more.
    func isMoot(_ meeting: Meeting) -> Bool {
        guard let wishes = meeting.wishes else { return false }
        let standings = [meeting.offering, meeting.answering].map {
            self.membership(of: $0)?.standing
        }
        if wishes.isFounding { return self.story?.cluster != nil }
        guard let sponsor = wishes.sponsor else { return standings != [.member, .member] }
        return standings != (sponsor == meeting.offering ? [.member, nil] : [nil, .member])
    }

    private mutating func leave(_ host: HostID) {
        guard self.isMember(host), let member = self.membership(of: host)?.membership.member,
            let roster = self.hosts[host.number].heldClusters()
                .first(where: { $0.own == member })?.roster
        else { return }
        self.count(.leaving)
        if roster.present.count > 1 { self.story?.leavers[member] = self.now }
        guard let cluster = self.story?.cluster else { return }
        self.command(.leave(cluster), host)
    }

    // MARK: Long absences

    /// Everybody sleeps; nothing happens meanwhile.
    private mutating func pass(_ length: Duration) {
        self.count(.longAbsence)
        self.story?.absentUntil = self.now + length
        for id in self.hosts.map(\.id) where self.hosts[id.number].isRunning {
            self.hosts[id.number].power = .asleep
            self.plan(.wake(id), after: length + self.shortly())
        }
    }

    private mutating func shortly() -> Duration {
        .milliseconds(Int64.random(in: 1...20_000, using: &self.generator))
    }

    /// Whether everybody is away; then that happens shortly after.
    mutating func isAbsent(_ action: Action) -> Bool {
        guard let end = self.story?.absentUntil, self.now < end else { return false }
        self.plan(action, after: end - self.now + self.shortly())
        return true
    }

    // MARK: What happened

    /// A host has stored something about clusters.
    mutating func followStory(_ effects: SimulatedHost.Effects, of id: HostID) {
        guard !self.checker.isSparing else { return }
        for event in effects.events { self.followStory(event, of: id) }
        // A program that dies tells nothing of what it has stored.
        for record in self.hosts[id.number].disk.store.state.relations
        where record.phase == .trusted {
            self.story?.trusted.insert(Checker.RelationKey(host: id, relation: record.id))
        }
        if let own = self.membership(of: id)?.membership.member {
            self.story?.members[id] = own
            self.story?.hosts[own] = id
        }
        guard let cluster = self.story?.cluster,
            let held = self.hosts[id.number].heldClusters().first(where: { $0.id == cluster }),
            let roster = held.roster
        else { return }
        for member in roster.members where member.status == .left && member.id != held.own {
            self.story?.leavesHeard.insert(member.id)
        }
        guard !self.checker.villains.contains(id) else { return }
        self.checkAdds(held, id)
        self.noteNews(held, id)
    }

    private mutating func followStory(_ event: Entanglement.Event, of id: HostID) {
        switch event {
        case .trusted(let relation, let cluster):
            let isFounding = self.people.meetings.contains {
                $0.relation(of: id) == relation && $0.wishes?.isFounding ?? false
                    && ($0.offering == id || $0.answering == id)
            }
            if isFounding, self.story?.cluster == nil { self.story?.cluster = cluster }
        case .clusterLost(let cluster, .left) where cluster == self.story?.cluster:
            guard let member = self.story?.members[id], let story = self.story,
                let askedAt = story.leavers[member],
                self.now - askedAt < Constants.leavePatience, !story.leavesHeard.contains(member)
            else { return }
            self.checker.report(.leavingIsHeard, at: self.now, [id], "nobody knows of it")
        case .memberGone(let cluster, let member, .removed) where cluster == self.story?.cluster:
            self.noteRemoval(of: member, at: id)
            self.planExpectation(member, id)
        case .memberCloned(let cluster, let member) where cluster == self.story?.cluster:
            // Homes are not copied in courses about clusters; disks are put back.
            guard let host = self.story?.hosts[member], !self.checker.villains.contains(host) else {
                return
            }
            self.checker.report(.alarmsAreTrue, at: self.now, [id, host], "it runs once")
        default: break
        }
    }
}
