// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// A record on its way from its author to the other members.
struct ClusterNews: Sendable {
    /// Two who were connected directly whenever it was looked.
    struct Link: Sendable {
        var one: HostID
        var other: HostID
    }

    var record: RecordID
    var author: HostID
    var links: [Link]
    /// How often it is still looked who is connected.
    var looksLeft: Int

    /// Whoever is connected to the author, if only by others.
    var audience: [HostID] {
        var reached = [self.author]
        var next = 0
        while next < reached.count {
            let host = reached[next]
            next += 1
            for link in self.links where link.one == host || link.other == host {
                let other = link.one == host ? link.other : link.one
                if !reached.contains(other) { reached.append(other) }
            }
        }
        return reached
    }
}

// How fast records reach everybody.
extension Simulation {
    /// It is looked so often, from the writing to the end.
    private static let newsLooks = 6
    private static let newsPause = Duration.milliseconds(500)

    /// A host has stored something about a cluster: long after the faults, its own new records are followed.
    mutating func noteNews(_ held: HeldCluster, _ id: HostID) {
        guard let story = self.story, let healedAt = story.healedAt,
            self.now - healedAt > .seconds(110), held.standing == .member
        else { return }
        for record in held.records?.records.suffix(3) ?? []
        where record.author == held.own && !story.news.contains(record.id) {
            self.story?.news.insert(record.id)
            var members: [HostID] = []
            for host in self.newsMembers where self.holds(parentsOf: record, host) {
                members.append(host)
            }
            var links: [ClusterNews.Link] = []
            for one in members {
                for other in members where other.number > one.number {
                    links.append(ClusterNews.Link(one: one, other: other))
                }
            }
            self.follow(
                ClusterNews(
                    record: record.id, author: id, links: links, looksLeft: Self.newsLooks))
        }
    }

    /// Those who pass on what they hear.
    private var newsMembers: [HostID] {
        self.hosts.map(\.id).filter {
            self.hosts[$0.number].isRunning && !self.checker.villains.contains($0)
                && self.membership(of: $0)?.standing == .member
        }
    }

    mutating func follow(_ news: ClusterNews) {
        var news = news
        let members = self.newsMembers
        let links = news.links
        news.links = []
        for link in links
        where members.contains(link.one) && members.contains(link.other)
            && self.haveEachOther(link.one, link.other)
            && self.areConnected(link.one, link.other, isDirect: true)
        {
            news.links.append(link)
        }
        guard news.looksLeft == 0 else {
            news.looksLeft -= 1
            return self.plan(.follow(news), after: Self.newsPause)
        }
        for host in news.audience where host != news.author {
            guard let records = self.heldOfStory(host)?.records,
                records.record(news.record) == nil, self.isReached(host, news)
            else { continue }
            self.checker.report(
                .newsIsQuick, at: self.now, [news.author, host], "not known after 3 s")
        }
    }

    /// Whether packets really go to a host from those who are connected with it: a router that has no place
    /// for its mappings any more may cut it off for longer than news takes, before anybody misses it.
    private func isReached(_ host: HostID, _ news: ClusterNews) -> Bool {
        var real = news
        real.links = news.links.filter { link in
            self.links(link.one, link.other).contains { self.passes($0) }
        }
        return real.audience.contains(host)
    }

    /// Whether two are connected without help, by paths on which packets pass now.
    func areReachable(_ one: HostID, _ other: HostID) -> Bool {
        self.links(one, other).contains {
            self.isLinkConnected($0) && !self.isRelayed($0) && self.passes($0)
        }
    }

    /// Whether a packet of each side goes by its path to the other now.
    private func passes(_ link: Meeting) -> Bool {
        let ends = [(link.offering, link.answering), (link.answering, link.offering)]
        return ends.allSatisfy { from, to in
            let sender = self.hosts[from.number]
            guard let path = link.relation(of: from).flatMap({ sender.node?.path(of: $0) }),
                var probe = Probe.variants(self).first
            else { return false }
            return probe.send(from: sender, to: path)?.host == to
        }
    }

    /// Whether each of two is present by the other's records: who is gone is not listened to, and is told
    /// nothing.
    private mutating func haveEachOther(_ one: HostID, _ other: HostID) -> Bool {
        guard let first = self.heldOfStory(one), let second = self.heldOfStory(other) else {
            return false
        }
        return [first, second].allSatisfy { held in
            [first.own, second.own].allSatisfy {
                held.roster?.member($0)?.status == .present
            }
        }
    }

    /// Whether a host holds all that a record names: whoever is behind has to ask for that first.
    private mutating func holds(parentsOf record: Record, _ host: HostID) -> Bool {
        guard let records = self.heldOfStory(host)?.records, let place = record.place else {
            return false
        }
        return ([place.previous] + place.parents).allSatisfy { records.record($0) != nil }
    }

    private mutating func heldOfStory(_ host: HostID) -> HeldCluster? {
        self.hosts[host.number].heldClusters().first { $0.id == self.story?.cluster }
    }
}
