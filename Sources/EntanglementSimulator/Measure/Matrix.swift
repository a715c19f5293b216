// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// Who can meet whom: one cell for each ordered pair of places.
public struct Matrix: Sendable, Encodable {
    /// The encounters of one pair of places.
    public struct Cell: Sendable, Hashable, Encodable {
        /// Where the host is that shows the offer.
        public let offering: String
        /// Where the host is that shows the answer.
        public let answering: String
        /// Encounters, one for each seed.
        public internal(set) var count = 0
        /// How many ended connected without anybody between.
        public internal(set) var direct = 0
        /// How many ended connected by way of a common peer; the two have none, so 0.
        public internal(set) var relayed = 0
        /// How many did not end in time.
        public internal(set) var impossible = 0
        /// Datagrams of all encounters that the side with the offer has sent.
        public internal(set) var offeringSent = 0
        /// The same of the side with the answer.
        public internal(set) var answeringSent = 0
        /// The most that one side has sent in one encounter.
        public internal(set) var sentMax = 0
        /// How many ended in trust within 25 s of the scan of the second code.
        public internal(set) var soon = 0
        /// Milliseconds from the scan of the second code to trust on both sides: half took less.
        public internal(set) var medianMilliseconds: Int64?
        /// The same: 95 of 100 took at most this.
        public internal(set) var percentile95Milliseconds: Int64?

        /// The part that ended directly, 0 to 1.
        public var directRate: Double {
            self.count == 0 ? 0 : Double(self.direct) / Double(self.count)
        }
    }

    /// Two who can meet at all meet within this after the scan of the second code.
    public static let soonMax = Duration.seconds(25)

    /// The places of rows and columns.
    public let places: [String]
    /// Row by row: who shows the offer is the row.
    public private(set) var cells: [Cell]
    /// Broken promises of all encounters, in words; there should be none.
    public private(set) var violations: [String] = []
    /// Milliseconds of every encounter that ended in trust, by cell.
    private var times: [[Int64]]

    private enum CodingKeys: String, CodingKey { case places, cells, violations }

    /// An empty matrix of these places.
    public init(places: [Place] = Place.connected) {
        self.places = places.map(\.rawValue)
        self.cells = places.flatMap { row in
            places.map { Cell(offering: row.rawValue, answering: $0.rawValue) }
        }
        self.times = [[Int64]](repeating: [], count: places.count * places.count)
    }

    /// A matrix of encounters with the seeds 1 to `seedCount`, one after the other.
    public init(places: [Place], seedCount: Int) {
        self.init(places: places)
        for number in 0..<(self.cells.count * seedCount) {
            self.add(Self.encounter(number, of: places), number: number)
        }
    }

    /// Runs the encounter of that number: all pairs with seed 1, then all with seed 2, and so on.
    public static func encounter(
        _ number: Int, of places: [Place] = Place.connected, tableCountMax: Int? = nil
    ) -> Encounter.Outcome {
        let cell = number % (places.count * places.count)
        let seed = UInt64(number / (places.count * places.count)) + 1
        var encounter = Encounter(
            offering: places[cell / places.count], answering: places[cell % places.count],
            seed: seed, tableCountMax: tableCountMax)
        return encounter.run()
    }

    /// Adds what came of the encounter of that number; the order does not matter.
    public mutating func add(_ outcome: Encounter.Outcome, number: Int) {
        let index = number % self.cells.count
        self.cells[index].count += 1
        switch outcome.path {
        case .direct: self.cells[index].direct += 1
        case .relayed: self.cells[index].relayed += 1
        case .impossible: self.cells[index].impossible += 1
        }
        self.cells[index].offeringSent += outcome.offeringSent
        self.cells[index].answeringSent += outcome.answeringSent
        self.cells[index].sentMax = max(
            self.cells[index].sentMax, outcome.offeringSent, outcome.answeringSent)
        let cell = self.cells[index]
        self.violations += outcome.violations.map {
            "\(cell.offering) and \(cell.answering), encounter \(number): \($0)"
        }
        self.violations.sort()
        guard let span = outcome.trustedAfter else { return }
        if outcome.path == .direct, span <= Self.soonMax { self.cells[index].soon += 1 }
        self.times[index].append(span.nanoseconds / 1_000_000)
        self.times[index].sort()
        self.cells[index].medianMilliseconds = Self.quantile(50, of: self.times[index])
        self.cells[index].percentile95Milliseconds = Self.quantile(95, of: self.times[index])
    }

    /// How many encounters were direct, relayed and impossible.
    public var totals: (direct: Int, relayed: Int, impossible: Int) {
        self.cells.reduce(into: (0, 0, 0)) { sum, cell in
            sum.0 += cell.direct
            sum.1 += cell.relayed
            sum.2 += cell.impossible
        }
    }

    /// The smallest of sorted values that so many of a hundred do not exceed; nil: no values.
    static func quantile(_ percent: Int, of sorted: [Int64]) -> Int64? {
        guard !sorted.isEmpty else { return nil }
        return sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
    }
}

// What people read.
extension Matrix {
    /// Direct in percent, then median and 95th percentile of the time to trust, in seconds.
    public var columns: Columns {
        var columns = Columns(["offer \\ answer"] + self.places)
        for (row, place) in self.places.enumerated() {
            let cells = self.cells[(row * self.places.count)...].prefix(self.places.count)
            columns.add([place] + cells.map(Self.text))
        }
        return columns
    }

    /// What the numbers of ``columns`` mean, and the sums.
    public var legend: String {
        let (direct, relayed, impossible) = self.totals
        let count = self.cells.first?.count ?? 0
        return """
            Rows: who shows the offer. Cells: direct connections of 100, then the median and the 95th \
            percentile of the seconds from the scan of the second code to trust on both sides. \
            Encounters in each cell: \(count).
            \(direct) direct, \(relayed) relayed (the two have no common peer), \(impossible) impossible.
            """
    }

    /// A line for each pair: the part that was direct, and soon; times; datagrams of each side.
    public var details: Columns {
        var columns = Columns([
            "offer", "answer", "direct", "within 25 s", "median s", "95th s", "sent by offer",
            "by answer", "most",
        ])
        for cell in self.cells where cell.count > 0 {
            let times = [cell.medianMilliseconds, cell.percentile95Milliseconds].map { time in
                time.map { Decimals.text(Double($0) / 1_000, places: 1) } ?? "-"
            }
            let count = Double(cell.count)
            columns.add(
                [
                    cell.offering, cell.answering, Self.percent(cell),
                    Decimals.text(Double(cell.soon) / count * 100, places: 1) + "%",
                ] + times + [
                    Decimals.text(Double(cell.offeringSent) / count),
                    Decimals.text(Double(cell.answeringSent) / count), "\(cell.sentMax)",
                ])
        }
        return columns
    }

    private static func text(_ cell: Cell) -> String {
        let times = [cell.medianMilliseconds, cell.percentile95Milliseconds].compactMap { $0 }
        let rate = Self.percent(cell)
        guard !times.isEmpty else { return rate }
        return rate + " "
            + times.map { Decimals.text(Double($0) / 1_000, places: 1) }
            .joined(separator: "/")
    }

    /// "100%".
    static func percent(_ cell: Cell) -> String { Decimals.text(cell.directRate * 100) + "%" }
}
