// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit

@testable import Entanglement

extension RosterScenario {
    static let conflicts = [
        RosterScenario("two founders who remove each other with equal votes both stay") { stage in
            let people = stage.voters(2)
            let before = stage.all
            let one = stage.remove(stage.ben, by: [stage.anna, people[0]], seeing: before)
            let other = stage.remove(stage.anna, by: [stage.ben, people[1]], seeing: before)
            return stage.status(stage.anna) == .present && stage.status(stage.ben) == .present
                && stage.outcome(one) == .conflicting && stage.outcome(other) == .conflicting
        },
        RosterScenario("of two who remove each other with equal votes the later one goes") {
            stage in
            let people = stage.voters(2)
            let before = stage.all
            let one = stage.remove(stage.anna, by: people, seeing: before)
            let other = stage.remove(people[0], by: [stage.anna, stage.ben], seeing: before)
            return stage.status(stage.anna) == .present && stage.status(people[0]) == .removed
                && stage.outcome(one) != .inEffect && stage.outcome(other) == .inEffect
        },
        RosterScenario("of two who joined beside each other none goes") { stage in
            var view = stage.all
            let carl = view.voter(metBy: stage.anna, stage.ben, &stage.maker)
            // Both founders write a second time after the genesis: neither newcomer was first.
            let dora = stage.all.voter(metBy: stage.anna, stage.ben, &stage.maker)
            stage.merge(view)
            let before = stage.all
            let one = stage.remove(carl, by: [dora, stage.anna], seeing: before)
            let other = stage.remove(dora, by: [carl, stage.ben], seeing: before)
            return stage.outcome(one) == .conflicting && stage.outcome(other) == .conflicting
        },
        RosterScenario("of two who remove each other the one with more votes stays") { stage in
            let people = stage.voters(4)
            let before = stage.all
            let one = stage.remove(
                stage.anna, by: [people[0], people[1], people[2], people[3]], seeing: before)
            let other = stage.remove(
                people[0], by: [stage.anna, stage.ben, people[3]], seeing: before)
            return stage.outcome(one) == .inEffect && stage.outcome(other) == .conflicting
        },
        RosterScenario("a removal that needs the vote of one who is removed does not hold") {
            stage in
            let people = stage.voters(3)
            let before = stage.all
            let needing = stage.remove(
                people[2], by: [stage.anna, stage.ben, people[1]], seeing: before)
            let other = stage.remove(
                people[1], by: [stage.anna, stage.ben, people[0]], seeing: before)
            return stage.outcome(other) == .inEffect && stage.outcome(needing) == .void
                && stage.status(people[2]) == .present
        },
        RosterScenario("three who remove each other in a circle: the latest goes, the rest holds") {
            stage in
            let people = stage.voters(1)
            let (anna, ben, carl) = (stage.anna, stage.ben, people[0])
            let dora = stage.all.voter(metBy: anna, carl, &stage.maker)
            let before = stage.all
            let one = stage.remove(ben, by: [anna, dora], seeing: before)
            let two = stage.remove(carl, by: [ben, dora], seeing: before)
            let three = stage.remove(anna, by: [carl, dora], seeing: before)
            return stage.outcome(one) != .inEffect && stage.outcome(two) == .inEffect
                && stage.outcome(three) == .void
        },
    ]

    static let voids = [
        RosterScenario("what a removed member did beside its removal is void, and what needs it") {
            stage in
            let people = stage.voters(2)
            var view = stage.all
            let guest = view.add(by: people[1], &stage.maker)
            let next = view.add(by: guest, &stage.maker)
            stage.remove(people[1], by: [stage.anna, stage.ben])
            stage.merge(view)
            return stage.status(guest) == .removed && stage.status(next) == .removed
        },
        RosterScenario("what it did before stays") { stage in
            let people = stage.voters(2)
            let guest = stage.all.add(by: people[1], &stage.maker)
            let next = stage.all.add(by: guest, &stage.maker)
            stage.remove(people[1], by: [stage.anna, stage.ben])
            return stage.status(guest) == .present && stage.status(next) == .present
        },
        RosterScenario("unless the removal says how much is kept") { stage in
            let people = stage.voters(2)
            let early = stage.all.add(by: people[1], &stage.maker)
            let late = stage.all.add(by: people[1], &stage.maker)
            let next = stage.all.add(by: late, &stage.maker)
            stage.remove(people[1], by: [stage.anna, stage.ben], kept: 1)
            return stage.status(early) == .present && stage.status(late) == .removed
                && stage.status(next) == .removed
        },
        RosterScenario("a confirmation beside the removal makes no voter") { stage in
            let people = stage.voters(2)
            let guest = stage.all.add(by: stage.anna, &stage.maker)
            var view = stage.all
            view.confirm(people[1], guest, &stage.maker)
            stage.remove(people[1], by: [stage.anna, stage.ben, people[0]])
            stage.merge(view)
            return stage.status(guest) == .present && !stage.isVoter(guest)
        },
        RosterScenario("voters whom the accused made meanwhile weigh, until enough others vote") {
            stage in
            let people = stage.voters(2)
            let guest = stage.all.add(by: stage.anna, &stage.maker)
            var view = stage.all
            view.confirm(people[1], guest, &stage.maker)
            let proposal = stage.remove(people[1], by: [stage.anna, stage.ben])
            stage.merge(view)
            guard stage.outcome(proposal) == .outnumbered else { return false }
            stage.all.write(.vote(proposal), by: people[0], stage.maker)
            return stage.outcome(proposal) == .inEffect && !stage.isVoter(guest)
        },
        RosterScenario("records with old parents bring a removed member not back") { stage in
            let people = stage.voters(3)
            let old = stage.all
            stage.remove(people[2], by: [stage.anna, stage.ben, people[0]])
            let before = stage.state
            var view = old
            let friend = view.add(by: people[2], &stage.maker)
            view.confirm(friend, people[2], &stage.maker)
            let counter = view.write(
                .remove(Removal(accused: stage.anna.id)), by: people[2], stage.maker)
            view.write(.vote(counter.id), by: friend, stage.maker)
            view.write(.leave, by: people[2], stage.maker)
            stage.merge(view)
            let after = stage.state
            return after.present == before.present && stage.status(people[2]) == .removed
                && stage.status(friend) == .removed && after.goneHash == before.goneHash
        },
        RosterScenario("two who were removed one after the other cannot undo it together") {
            stage in
            let people = stage.voters(5)
            let old = stage.all
            let honest = [stage.anna, stage.ben, people[0], people[1], people[2]]
            stage.remove(people[3], by: honest)
            stage.remove(people[4], by: honest)
            var view = old
            for _ in 0..<3 { _ = view.voter(metBy: people[3], people[4], &stage.maker) }
            stage.merge(view)
            return stage.status(people[3]) == .removed && stage.status(people[4]) == .removed
                && stage.state.present.count == 5
        },
    ]

    static let afterwards = [
        RosterScenario("who was removed comes back by a new meeting, as somebody else") { stage in
            let people = stage.voters(2)
            stage.remove(people[1], by: [stage.anna, stage.ben])
            let again = stage.all.add(by: stage.anna, &stage.maker)
            stage.all.write(
                .add(people[1].keys, meeting: stage.maker.bytes(32)), by: stage.ben,
                with: people[1], stage.maker)
            let sameKeys = stage.state.present.filter { $0.keys == people[1].keys }
            return stage.status(again) == .present && stage.status(people[1]) == .removed
                && sameKeys.count == 1 && sameKeys[0].id != people[1].id && !sameKeys[0].isVoter
        },
        RosterScenario("who leaves has left, and what it writes afterwards is void") { stage in
            let people = stage.voters(2)
            stage.all.write(.leave, by: people[0], stage.maker)
            let guest = stage.all.add(by: people[0], &stage.maker)
            let next = stage.all.add(by: guest, &stage.maker)
            return stage.status(people[0]) == .left && !stage.isVoter(people[0])
                && stage.status(guest) == .removed && stage.status(next) == .removed
                && stage.status(people[1]) == .present
        },
        RosterScenario("who leaves takes its vote not along, wherever it says that it left") {
            stage in
            let people = stage.voters(2)
            let old = stage.all
            let proposal = stage.remove(people[1], by: [stage.anna, people[0]])
            var view = old
            view.write(.leave, by: people[0], stage.maker)
            stage.merge(view)
            return stage.status(people[0]) == .left && stage.outcome(proposal) == .inEffect
        },
        RosterScenario("who leaves by an old place takes nobody along whom it took in") { stage in
            let people = stage.voters(2)
            let old = stage.all
            let guest = stage.all.add(by: people[0], &stage.maker)
            var view = old
            view.write(.leave, by: people[0], stage.maker)
            stage.merge(view)
            return stage.status(people[0]) == .left && stage.status(guest) == .present
        },
        RosterScenario("a block is personal, and its author's last word counts") { stage in
            let carl = stage.voters(1)[0]
            stage.all.write(.block(carl.id, isOn: true), by: stage.anna, stage.maker)
            let blocked = stage.state
            stage.all.write(.block(carl.id, isOn: false), by: stage.anna, stage.maker)
            return blocked.blocks(stage.anna.id, carl.id)
                && !blocked.blocks(stage.ben.id, carl.id)
                && blocked.member(carl.id)?.status == .present && stage.state.blocks.isEmpty
        },
        RosterScenario("an epoch is due when somebody is gone, and not when somebody came") {
            stage in
            let people = stage.voters(2)
            guard !stage.state.needsEpoch, stage.state.epochNumber == 0 else { return false }
            stage.remove(people[1], by: [stage.anna, stage.ben])
            guard stage.state.needsEpoch else { return false }
            let epoch = Epoch(
                number: 1, gone: stage.state.goneHash, secretHash: stage.maker.bytes(32))
            let record = stage.all.write(.epoch(epoch), by: stage.anna, stage.maker)
            return !stage.state.needsEpoch && stage.state.epoch == record.id
                && stage.state.epochNumber == 1
        },
        RosterScenario("of two epochs with one number the smaller id counts") { stage in
            let people = stage.voters(2)
            stage.remove(people[1], by: [stage.anna, stage.ben])
            let before = stage.all
            let gone = stage.state.goneHash
            var records: [Record] = []
            for author in [stage.anna, stage.ben, people[0]] {
                var view = before
                let epoch = Epoch(number: 1, gone: gone, secretHash: stage.maker.bytes(32))
                records.append(view.write(.epoch(epoch), by: author, stage.maker))
                stage.merge(view)
            }
            return stage.state.epoch == records.map(\.id).min()
        },
        RosterScenario("two records with one position are shown") { stage in
            let before = stage.all
            var view = before
            let one = stage.all.write(.block(stage.ben.id, isOn: true), by: stage.anna, stage.maker)
            let other = view.write(.block(stage.ben.id, isOn: false), by: stage.anna, stage.maker)
            stage.merge(view)
            let (first, second) = (min(one.id, other.id), max(one.id, other.id))
            return stage.state.equivocations == [
                .position(author: stage.anna.id, position: 1, first: first, second: second)
            ] && stage.isVoter(stage.anna)
        },
        RosterScenario("two newcomers with different keys from one meeting are shown") { stage in
            let meeting = stage.maker.bytes(32)
            let one = stage.all.add(by: stage.anna, meeting: meeting, &stage.maker)
            _ = stage.all.add(by: stage.anna, &stage.maker)
            let other = stage.all.add(by: stage.anna, meeting: meeting, &stage.maker)
            guard
                case .meeting(let sponsor, let shown, let first, let second)? =
                    stage.state.equivocations.first, stage.state.equivocations.count == 1
            else { return false }
            return sponsor == stage.anna.id && shown == meeting && first < second
                && one.id != other.id
        },
    ]
}
