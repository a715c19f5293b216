// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit

@testable import Entanglement

/// A list of steps as people who write records of one cluster, each step of five bytes.
///
/// Kind and whether the other one's signature is wrong | author | place | about whom or what |
/// a value. Places may be those of honest people, or go back, leave out, fork and jump.
struct RecordScript: Sendable {
    /// What a script wrote.
    struct Play {
        var records: [Record] = []
        var people: [ClusterMaker.Person] = []
        var set: RecordSet
    }

    /// Steps that are played at most.
    static let stepCountMax = 10
    /// The keys of newcomers, and of nobody else.
    static let pairs: [(keys: MemberKeys, signing: SigningKey)] = {
        let primitives = StandInPrimitives()
        return (UInt8(0)..<8).map { number in
            let seed = Secret([UInt8](repeating: 0x40 + number, count: 32))
            guard let signing = primitives.signingKey(from: seed),
                let agreement = primitives.agreementKey(from: seed)
            else { preconditionFailure("32 bytes are a key") }
            let keys = MemberKeys(
                signingKey: signing.publicKey, agreementKey: agreement.publicKey)
            return (keys, signing)
        }
    }()

    let maker: ClusterMaker
    /// What is there before the first step.
    private let start: Play

    /// A cluster of two who wrote nothing yet.
    init() {
        self.maker = ClusterMaker(seed: 47)
        self.start = Play(people: [self.maker.anna, self.maker.ben], set: self.maker.emptySet())
    }

    /// A cluster that these people founded and wrote about.
    init(_ maker: ClusterMaker, _ people: [ClusterMaker.Person], _ set: RecordSet) {
        self.maker = maker
        self.start = Play(
            records: set.records.filter { $0.kind != .genesis }, people: people, set: set)
    }

    /// All records, those included that were there before.
    func play(_ input: [UInt8]) -> Play {
        var play = self.start
        var rest = input[...]
        for _ in 0..<Self.stepCountMax {
            guard rest.count >= 5 else { break }
            self.step(Array(rest.prefix(5)), &play)
            rest = rest.dropFirst(5)
        }
        return play
    }

    /// Plays five bytes; unless they say nothing, one record more.
    func step(_ bytes: [UInt8], _ play: inout Play) {
        let author = play.people[Int(bytes[1]) % play.people.count]
        let about = play.people[Int(bytes[3]) % play.people.count]
        let meeting = [UInt8](repeating: bytes[4] >> 4, count: 32)
        guard let place = self.place(of: author, bytes[2], play) else { return }
        var other: ClusterMaker.Person? = about
        let body: RecordBody
        switch bytes[0] & 15 {
        case 0:
            let (keys, signing) = Self.pairs[Int(bytes[4] & 7)]
            let statement = JoinStatement(
                cluster: self.maker.cluster, sponsor: author.id, meeting: meeting, newcomer: keys)
            let newcomer = ClusterMaker.Person(
                id: statement.newcomer(self.maker.primitives), keys: keys, signing: signing)
            play.people.append(newcomer)
            other = newcomer
            body = .add(keys, meeting: meeting)
        case 1: body = .confirm(about.id, meeting: meeting)
        case 2: body = .leave
        case 3:
            let kept = bytes[4] < 0x80 ? Removal.keepsAll : UInt32(bytes[4] & 3)
            body = .remove(Removal(accused: about.id, kept: kept))
        case 4: body = .vote(self.vote(bytes[3], play))
        case 5: body = .block(about.id, isOn: bytes[4] & 1 == 1)
        case 6: body = .epoch(self.epoch(bytes, place, play))
        case 7:
            return self.publish(Self.whereabouts(bytes), of: author, &play)
        default: return
        }
        if bytes[0] & 0x80 != 0 { other = play.people[0] }
        self.append(self.maker.record(body, by: author, at: place, with: other), &play)
    }

    private func publish(
        _ whereabouts: Whereabouts, of person: ClusterMaker.Person, _ play: inout Play
    ) {
        self.append(self.maker.record(whereabouts, of: person), &play)
    }

    private func append(_ record: Record, _ play: inout Play) {
        play.records.append(record)
        _ = play.set.take(
            record, from: nil, now: Instant(nanoseconds: 0), isCatchingUp: true,
            self.maker.primitives)
    }

    /// After everything (0), or so that bits say what is left out, added or changed.
    private func place(
        of author: ClusterMaker.Person, _ choice: UInt8, _ play: Play
    ) -> RecordPlace? {
        let first = RecordPlace(
            author: author.id, position: 1, previous: self.maker.genesis.id, parents: [])
        var place = play.set.nextPlace(of: author.id) ?? first
        if choice & 3 != 0 {
            for _ in 0..<(choice & 3) {
                guard let before = play.set.record(place.previous)?.place,
                    before.author == author.id
                else { break }
                (place.previous, place.position) = (before.previous, before.position)
            }
            place.parents = []
        }
        if choice & 4 != 0 { place.parents = [] }
        if choice & 8 != 0, let record = play.records.last(where: { $0.kind != .endpoint }),
            record.id != place.previous
        {
            place.parents = [record.id]
        }
        if choice & 16 != 0, let record = play.records.dropLast().last {
            place.previous = record.id
        }
        if choice & 32 != 0 { place.position &+= UInt32(choice >> 6) &+ 1 }
        guard place.position > 0, !place.parents.contains(place.previous) else { return nil }
        return place
    }

    /// One of the proposals, or of all records.
    private func vote(_ choice: UInt8, _ play: Play) -> RecordID {
        let proposals = play.records.filter { choice & 0x80 != 0 || $0.kind == .remove }
        guard !proposals.isEmpty else { return self.maker.genesis.id }
        return proposals[Int(choice & 0x7f) % proposals.count].id
    }

    private func epoch(_ bytes: [UInt8], _ place: RecordPlace, _ play: Play) -> Epoch {
        var gone = RosterState(of: play.set, self.maker.primitives).goneHash
        if bytes[3] & 1 != 0 { gone[0] ^= 1 }
        let next = play.set.nextEpoch(at: place) ?? 1
        return Epoch(
            number: bytes[3] & 2 == 0 ? next : .max, gone: gone,
            secretHash: self.maker.primitives.hash(Self.secret(bytes[4])))
    }

    /// The secrets of all epochs that scripts begin.
    static func secret(_ choice: UInt8) -> [UInt8] { [UInt8](repeating: choice & 7, count: 32) }

    private static func whereabouts(_ bytes: [UInt8]) -> Whereabouts {
        let endpoint = Endpoint(address: .v4(0xc000_0200 + UInt32(bytes[2])), port: 41_414)
        return Whereabouts(
            incarnation: UInt64(bytes[2]), sequence: UInt64(bytes[3] & 3), issuedAt: 1,
            validitySeconds: 60,
            addresses: [PublishedAddress(endpoint: endpoint, kind: .observed, confirmedBy: 1)],
            nat: bytes[4] & 1 == 1 ? .sequential : nil, name: "")
    }

    /// Who is removed by three, removes one of them beside, and takes in somebody meanwhile; two
    /// removals that exclude each other; an author with two chains; leaves and epochs.
    static var seeds: [[UInt8]] {
        let voters: [UInt8] = [
            0, 0, 0, 0, 0x10, 1, 1, 0, 2, 0x20, 0, 0, 0, 0, 0x31, 1, 1, 0, 3, 0x40,
        ]
        return [
            voters + [3, 0, 0, 3, 0, 4, 1, 0, 0, 0, 4, 2, 0, 0, 0, 0, 3, 1, 0, 0x52]
                + [3, 3, 5, 0, 0],
            voters + [3, 0, 4, 1, 0, 4, 2, 0, 0, 0, 3, 1, 4, 0, 0, 4, 3, 4, 1, 0, 6, 2, 0, 0, 1],
            voters + [5, 2, 0, 3, 1, 5, 2, 1, 1, 1, 5, 2, 1, 0, 0, 7, 2, 1, 1, 0, 7, 2, 2, 1, 0],
            voters + [2, 3, 0, 0, 0, 6, 0, 0, 0, 5, 6, 1, 4, 0, 6, 3, 0, 0, 2, 0x81]
                + [4, 1, 0, 0, 0],
        ]
    }
}
