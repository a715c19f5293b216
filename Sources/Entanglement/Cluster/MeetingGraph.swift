// SPDX-License-Identifier: Apache-2.0

/// Who met whom in person, and by which records that is known.
struct MeetingGraph: Sendable {
    private struct Edge: Sendable {
        let neighbor: Int
        let pair: Int
    }

    /// The record of each meeting and the two who met, as a number of their pair.
    private var meetings: [(record: Int, pair: Int)] = []
    /// Each pair once: the smaller number first.
    private var pairs: [(Int, Int)] = []
    private var edges: [[Edge]]
    private let admissions: [[Int]]

    init(_ set: RecordSet) {
        self.edges = [[Edge]](repeating: [], count: set.members.count)
        self.admissions = set.members.map(\.admissions)
        // Looked up alone, never gone through.
        var numbers: [Int: Int] = [:]
        self.add(0, 1, record: 0, &numbers)
        for (record, entry) in set.entries.enumerated() {
            if let newcomer = entry.newcomer {
                self.add(entry.author, newcomer, record: record, &numbers)
            } else if case .confirm(let id, _) = entry.record.body,
                let other = set.number(of: id)
            {
                self.add(entry.author, other, record: record, &numbers)
            }
        }
    }

    private mutating func add(_ one: Int, _ other: Int, record: Int, _ numbers: inout [Int: Int]) {
        let key = min(one, other) * self.edges.count + max(one, other)
        let pair = numbers[key] ?? self.pairs.count
        if pair == self.pairs.count {
            numbers[key] = pair
            self.pairs.append((min(one, other), max(one, other)))
            self.edges[one].append(Edge(neighbor: other, pair: pair))
            self.edges[other].append(Edge(neighbor: one, pair: pair))
        }
        self.meetings.append((record, pair))
    }

    /// Who was taken in, by records that count.
    func admitted(_ counts: (Int) -> Bool) -> [Bool] {
        self.admissions.map { $0.contains(where: counts) }
    }

    /// The pairs who met, both being members, by records that count.
    private func met(_ counts: (Int) -> Bool, _ admitted: [Bool]) -> [Int] {
        var times = [Int](repeating: 0, count: self.pairs.count)
        for (record, pair) in self.meetings where counts(record) {
            let (one, other) = self.pairs[pair]
            if admitted[one], admitted[other] { times[pair] += 1 }
        }
        return times
    }

    /// The voters: both founders, and whoever two voters met.
    func voters(_ defects: RosterDefects, _ counts: (Int) -> Bool) -> [Bool] {
        let met = self.met(counts, self.admitted(counts))
        let needed = defects.isActive(.oneMeetingIsEnough) ? 1 : 2
        var isVoter = [Bool](repeating: false, count: self.edges.count)
        var voterCounts = [Int](repeating: 0, count: self.edges.count)
        var reached = [0, 1]
        (isVoter[0], isVoter[1]) = (true, true)
        while let voter = reached.popLast() {
            for edge in self.edges[voter] where met[edge.pair] > 0 && !isVoter[edge.neighbor] {
                voterCounts[edge.neighbor] +=
                    defects.isActive(.meetingsCountTwice) ? met[edge.pair] : 1
                if voterCounts[edge.neighbor] >= needed {
                    isVoter[edge.neighbor] = true
                    reached.append(edge.neighbor)
                }
            }
        }
        return isVoter
    }

    /// Whom each met, by records that count.
    func neighbors(_ counts: (Int) -> Bool) -> [[Int]] {
        let met = self.met(counts, self.admitted(counts))
        return self.edges.map { $0.filter { met[$0.pair] > 0 }.map(\.neighbor) }
    }
}
