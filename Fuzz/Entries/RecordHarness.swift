// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit

@testable import Entanglement

/// Records of clusters: read, verified, taken in, folded.
///
/// After a 0 the input is a record as it travels, offered to a cluster of five as it is and with its
/// signatures put right. After another byte it is a list of steps by which people who may lie write
/// records of all kinds (``RecordScript``): they come in their order and in the opposite one, or
/// some before and some after a comparison of digests, and what they say together must be the same.
struct RecordHarness: Sendable {
    static let shared = RecordHarness()

    private let script = RecordScript()
    /// What people of that cluster wrote, parents first.
    private let written: [Record]
    private let held: RecordSet
    private let people: [ClusterMaker.Person]

    private static let now = Instant(nanoseconds: 0)

    init() {
        let steps: [[UInt8]] = [
            [0, 0, 0, 0, 0x10], [1, 1, 0, 2, 0x11], [0, 2, 0, 0, 0x22], [0, 1, 0, 0, 0x33],
            [3, 0, 0, 3, 0], [4, 1, 0, 0, 0], [5, 2, 0, 1, 1], [6, 0, 0, 0, 7],
            [7, 0, 0, 1, 9], [7, 1, 0, 2, 0x45], [5, 3, 1, 0, 1], [2, 4, 0, 0, 0],
        ]
        let play = self.script.play(steps.flatMap { $0 })
        self.written = play.records
        self.people = play.people
        self.held = Self.set(of: play.records, self.script.maker)
    }

    func run(_ input: [UInt8]) {
        guard let form = input.first else { return }
        let rest = Array(input.dropFirst())
        guard form == 0 else {
            let records = self.script.play(rest).records
            let whole = Self.set(of: records, self.script.maker)
            if form & 1 == 1 {
                self.expectEqual(whole, Self.set(of: records.reversed(), self.script.maker))
            } else {
                self.compare(records, whole)
            }
            return
        }
        guard let record = try? Record(bytes: rest, self.script.maker.primitives) else { return }
        precondition(record.bytes == rest, "one spelling")
        self.offer(record)
        if let fitting = self.signed(record) { self.offer(fitting) }
    }

    /// One record more, after all others; and, if it counts, before them.
    private func offer(_ record: Record) {
        let maker = self.script.maker
        var last = self.held
        let intake = last.take(
            record, from: nil, now: Self.now, isCatchingUp: true, maker.primitives)
        if record.kind == .genesis {
            precondition(intake == .known || intake == .refused(.otherCluster))
            let other = RecordSet(genesis: record, maker.primitives)
            if let other { _ = RosterState(of: other, maker.primitives) }
        } else if case .added = intake {
            self.expectEqual(Self.set(of: [record] + self.written, maker), last)
        } else {
            precondition(last.count == self.held.count, "what is not taken in is not there")
        }
    }

    /// With the signatures that its author, and who else is to sign, would have made.
    private func signed(_ record: Record) -> Record? {
        let maker = self.script.maker
        guard let author = self.people.first(where: { $0.id == record.author }) else { return nil }
        if case .endpoint(let whereabouts) = record.body {
            return maker.record(whereabouts, of: author)
        }
        guard let place = record.place else { return nil }
        var other: ClusterMaker.Person?
        switch record.body {
        case .add(let keys, _):
            let signing = RecordScript.pairs.first { $0.keys == keys }?.signing
            other = signing.map { ClusterMaker.Person(id: author.id, keys: keys, signing: $0) }
        case .confirm(let member, _): other = self.people.first { $0.id == member }
        case .genesis, .leave, .remove, .vote, .block, .epoch, .endpoint: break
        }
        return maker.record(record.body, by: author, at: place, with: other)
    }

    /// Who compares what it holds with what another holds lacks nothing afterwards.
    private func compare(_ records: [Record], _ whole: RecordSet) {
        let maker = self.script.maker
        for record in records {
            let again = try? Record(bytes: record.bytes, maker.primitives)
            precondition(again == record, "reads its own writing")
        }
        var half = Self.set(of: Array(records.prefix(records.count / 2)), maker)
        let digest = whole.digest(maker.primitives)
        let buckets = half.digest(maker.primitives).differing(from: digest)
        let lacking = whole.missing(from: half.ids(inBuckets: buckets), inBuckets: buckets)
        let places = half.endpointRecords.compactMap { record in
            record.author.flatMap { half.whereabouts(of: $0)?.sequence }
                .flatMap { sequence in record.author.map { ($0, sequence) } }
        }
        for record in lacking + whole.newerEndpoints(than: places) {
            _ = half.take(record, from: nil, now: Self.now, isCatchingUp: true, maker.primitives)
        }
        precondition(half.headsHash(maker.primitives) == whole.headsHash(maker.primitives))
        precondition(half.digest(maker.primitives) == digest)
    }

    private func expectEqual(_ one: RecordSet, _ other: RecordSet) {
        let primitives = self.script.maker.primitives
        precondition(one.count == other.count, "the same are taken in, whatever the order")
        precondition(one.headsHash(primitives) == other.headsHash(primitives))
        precondition(one.endpointRecords == other.endpointRecords, "the newest places count")
        let states = [one, other].map { RosterState(of: $0, primitives) }
        precondition(states[0] == states[1], "the same records say the same")
        _ = states[0].hash(primitives)
    }

    private static func set(of records: [Record], _ maker: ClusterMaker) -> RecordSet {
        var set = maker.emptySet()
        for record in records {
            _ = set.take(record, from: nil, now: Self.now, isCatchingUp: true, maker.primitives)
        }
        return set
    }

    var seeds: [[UInt8]] {
        let maker = self.script.maker
        let records = [maker.genesis.bytes] + self.written.map(\.bytes)
        return records.map { [0] + $0 }
            + RecordScript.seeds.flatMap { steps in [[1] + steps, [2] + steps] }
    }
}
