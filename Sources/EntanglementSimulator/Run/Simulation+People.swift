// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// People: they show codes, scan them, wait, lose patience.
extension Simulation {
    mutating func offer(
        by offering: HostID, to answering: HostID, _ wishes: MeetingWishes? = nil
    ) {
        guard self.hosts[offering.number].isRunning else { return }
        self.people.meetings.append(
            Meeting(
                offering: offering, answering: answering, offeredAt: self.now,
                incarnation: self.hosts[offering.number].incarnation))
        self.people.meetings[self.people.meetings.count - 1].wishes = wishes
        let isFirst = self.hosts[offering.number].disk.store.state.relations.isEmpty
        let options = wishes?.offering ?? self.options(isFirst: isFirst)
        self.ask(.offer(options), .offer(meeting: self.people.meetings.count - 1), offering)
    }

    mutating func answer(by answering: HostID, _ meeting: Int) {
        guard self.hosts[answering.number].isRunning,
            let offer = self.people.meetings[meeting].offer
        else { return }
        let isFirst = self.hosts[answering.number].disk.store.state.relations.isEmpty
        let options =
            self.people.meetings[meeting].wishes?.answering ?? self.options(isFirst: isFirst)
        self.ask(.answer(offer, options), .answer(meeting: meeting), answering)
    }

    private func options(isFirst: Bool) -> MeetingOptions {
        MeetingOptions(
            intent: isFirst ? .auto : .private, hosts: self.people.nameNoHosts ? [] : nil)
    }

    mutating func accept(by offering: HostID, _ meeting: Int) {
        guard self.hosts[offering.number].isRunning,
            let answer = self.people.meetings[meeting].answer
        else { return }
        if let relation = self.people.meetings[meeting].offeringRelation {
            self.people.meetings[meeting].wasOffered =
                self.phase(of: relation, at: offering) == .offered
        }
        self.noteMeeting(meeting)
        let cluster = self.people.meetings[meeting].wishes?.into
        self.ask(.accept(answer, into: cluster), .accept(meeting: meeting), offering)
    }

    /// Somebody else has seen the offer too, and answers it.
    mutating func answerToo(by host: HostID, _ meeting: Int) {
        guard self.hosts[host.number].isRunning, self.people.meetings.indices.contains(meeting),
            let offer = self.people.meetings[meeting].offer,
            self.people.meetings[meeting].offering != host,
            self.people.meetings[meeting].answering != host
        else { return }
        self.ask(.answer(offer, MeetingOptions(intent: .private)), .rival(meeting: meeting), host)
    }

    /// The other's answer has been accepted; now the rival's is scanned.
    mutating func acceptToo(by host: HostID, _ meeting: Int) {
        guard self.hosts[host.number].isRunning, let rival = self.people.meetings[meeting].rival,
            self.people.meetings[meeting].isAccepted
        else { return }
        self.count(.secondAnswer)
        self.ask(.accept(rival), .acceptRival(meeting: meeting), host)
    }

    mutating func cancel(by host: HostID, _ meeting: Int) {
        guard self.hosts[host.number].isRunning, self.people.meetings.indices.contains(meeting),
            let relation = self.people.meetings[meeting].relation(of: host),
            self.phase(of: relation, at: host).map({ $0 != .trusted }) ?? false
        else { return }
        self.count(.cancel)
        // In the very moment the power goes.
        if !self.isHealed, Int.random(in: 0..<8, using: &self.generator) == 0 {
            self.count(.tornPage)
            self.hosts[host.number].disk.tears = true
        }
        self.ask(.cancel(relation), .ending(meeting: meeting), host)
    }

    mutating func chooseAfterTimeout(by host: HostID, _ meeting: Int) {
        guard self.hosts[host.number].isRunning, self.people.meetings.indices.contains(meeting),
            let relation = self.people.meetings[meeting].relation(of: host),
            self.phase(of: relation, at: host) == .timedOut
        else { return }
        self.count(.retry)
        self.ask(.retry(relation), .accept(meeting: meeting), host)
    }

    mutating func forget(by host: HostID, _ meeting: Int) {
        guard self.hosts[host.number].isRunning, self.people.meetings.indices.contains(meeting),
            let relation = self.people.meetings[meeting].relation(of: host),
            self.phase(of: relation, at: host) == .trusted
        else { return }
        self.count(.forget)
        self.people.meetings[meeting].isForgotten = true
        self.ask(.forget(relation), .ending(meeting: meeting), host)
    }

    private mutating func ask(_ request: Request, _ wait: People.Wait, _ id: HostID) {
        let incarnation = self.hosts[id.number].incarnation
        let (number, effects) = self.hosts[id.number].request(request, at: self.now)
        self.people.wait(for: wait, number, at: id, incarnation: incarnation)
        self.follow(effects, of: id)
    }

    /// The node has replied: people do what comes next, some seconds later.
    mutating func hear(_ reply: Reply, to request: RequestID, at id: HostID) {
        let incarnation = self.hosts[id.number].incarnation
        guard let wait = self.people.take(request, at: id, incarnation: incarnation) else { return }
        switch (wait, reply) {
        case (.offer(let meeting), .offered(let relation, let text, _)):
            self.people.meetings[meeting].offer = text
            self.people.meetings[meeting].offeredAt = self.now
            self.people.meetings[meeting].offeringRelation = relation
            let other = self.people.meetings[meeting].answering
            let delay = self.moment()
            self.plan(.answer(by: other, meeting: meeting), after: delay)
            if self.hosts.count > 2, Int.random(in: 0..<6, using: &self.generator) == 0 {
                let third = Int.random(in: 0..<self.hosts.count, using: &self.generator)
                self.plan(
                    .answerToo(by: HostID(number: third), meeting: meeting),
                    after: delay - .milliseconds(300))
            }
        case (.answer(let meeting), .answered(let relation, let text, _)):
            self.people.meetings[meeting].answer = text
            self.people.meetings[meeting].answeringRelation = relation
            let other = self.people.meetings[meeting].offering
            let delay = self.moment(mayBeLate: true)
            self.plan(.accept(by: other, meeting: meeting), after: delay)
            self.planSecondThoughts(meeting, after: delay)
            if self.people.meetings[meeting].rival != nil {
                self.plan(
                    .acceptToo(by: other, meeting: meeting),
                    after: delay
                        + .milliseconds(Int64.random(in: 1...1_500, using: &self.generator)))
            }
        case (.ending(let meeting), .done):
            guard !self.people.meetings[meeting].isForgotten,
                let relation = self.people.meetings[meeting].relation(of: id)
            else { return }
            self.people.meetings[meeting].isOver = true
            self.checker.cancels(relation, id)
        case (.offer(let meeting), _), (.answer(let meeting), _):
            self.people.meetings[meeting].isOver = true
        case (.rival(let meeting), .answered(_, let text, _)):
            self.people.meetings[meeting].rival = text
        case (.accept(let meeting), .accepted): self.noteAcceptance(meeting, at: id)
        case (.acceptRival(let meeting), .accepted):
            self.checker.report(
                .offerUsedOnce, at: self.now, [id], "meeting \(meeting) took a second answer")
        case (.accept, _), (.ending, _), (.rival, _), (.acceptRival, _): break
        }
    }

    /// The answer was taken: not after the offer's life, by the clock that nobody sets.
    private mutating func noteAcceptance(_ number: Int, at id: HostID) {
        self.people.meetings[number].isAccepted = true
        self.people.meetings[number].acceptedAt = self.now
        let meeting = self.people.meetings[number]
        let isOneLife = self.hosts[id.number].incarnation == meeting.incarnation
        let age = self.now - meeting.offeredAt
        guard id == meeting.offering, isOneLife, meeting.wasOffered,
            age > Constants.offerLife + .seconds(4)
        else { return }
        self.checker.report(.offerUsedOnce, at: self.now, [id], "an offer was \(age) old")
    }

    /// Both codes of a meeting were scanned: the checker may see it trusted.
    private mutating func noteMeeting(_ number: Int) {
        let meeting = self.people.meetings[number]
        let record = self.hosts[meeting.answering.number].disk.store.state.relations.first {
            $0.id == meeting.answeringRelation
        }
        if let keys = record?.keys { self.checker.met(keys.meeting) }
    }

    /// In one of eight meetings somebody thinks better of it, while the messages are on their way; in
    /// one of eight a program dies then.
    private mutating func planSecondThoughts(_ meeting: Int, after delay: Duration) {
        guard !self.people.areResolute else { return }
        let choice = Int.random(in: 0..<8, using: &self.generator)
        guard choice < 2 else { return }
        let (one, other) = (
            self.people.meetings[meeting].offering, self.people.meetings[meeting].answering
        )
        let host = Bool.random(using: &self.generator) ? one : other
        let hesitation = Duration.microseconds(
            Int64.random(in: 0...400_000, using: &self.generator))
        if choice == 0 {
            self.plan(.cancelIfThere(host, meeting: meeting), after: delay + hesitation)
        } else {
            let outputs = Int.random(in: 0...6, using: &self.generator)
            self.plan(.crash(host, atNextStepAfter: outputs), after: delay + hesitation)
        }
    }

    /// As long as two people take to hold a telephone still.
    private mutating func moment(mayBeLate: Bool = false) -> Duration {
        if mayBeLate, !self.people.areResolute, Int.random(in: 0..<24, using: &self.generator) == 0
        {
            self.count(.lateScan)
            return .seconds(Int64.random(in: 560...720, using: &self.generator))
        }
        return .milliseconds(Int64.random(in: 800...5_000, using: &self.generator))
    }

    func phase(of relation: RelationID, at host: HostID) -> RelationPhase? {
        self.hosts[host.number].disk.store.state.relations.first { $0.id == relation }?.phase
    }
}
