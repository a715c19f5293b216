// SPDX-License-Identifier: Apache-2.0
import EntanglementSimulator
import Foundation

/// Seconds below which half, 99 of 100, and all of some spans are.
struct SpanFigures: Codable, Sendable, Equatable {
    let count: Int
    let p50: Double
    let p99: Double
    let max: Double

    /// Of spans in ascending order.
    init(_ spans: [Duration]) {
        func seconds(_ share: Double) -> Double {
            guard !spans.isEmpty else { return 0 }
            let index = min(spans.count - 1, Int((Double(spans.count) * share).rounded(.up)) - 1)
            return spans[Swift.max(0, index)] / .seconds(1)
        }
        self.count = spans.count
        self.p50 = seconds(0.5)
        self.p99 = seconds(0.99)
        self.max = seconds(1)
    }

    var text: String {
        guard self.count > 0 else { return "–" }
        return [self.p50, self.p99, self.max].map { Decimals.text($0, places: 2) }
            .joined(separator: "/")
    }
}

/// What was measured of one cluster.
struct ClusterFigures: Codable, Sendable, Equatable {
    let members: Int
    let running: Int
    let isScattered: Bool
    let lossPerMille: Int
    let moves: Int
    let known: SpanFigures
    let lastKnown: SpanFigures
    let paths: SpanFigures
    let removal: SpanFigures
    let called: SpanFigures
    let unreached: Int
    let missed: Int
    let lost: Int
    let unremoved: Int
    let connected: Double
    let packetsPerMove: Double
    let packetsPerSecond: Double
    let toOthers: Int
    let peakKibibytes: Int?
    let processorSeconds: Double
    let violations: [String]
    let traceHash: String

    /// Lets a cluster live, and measures that.
    init(
        members: Int, running: Int, isScattered: Bool, lossPerMille: Int, moves: Int, seed: UInt64
    ) {
        let start = TownFigures.processorSeconds()
        var town = ClusterTown(
            memberCount: members, runningCount: running, isScattered: isScattered,
            lossPerMille: lossPerMille, moveCount: moves, seed: seed)
        let outcome = town.run()
        self.processorSeconds = TownFigures.processorSeconds() - start
        self.members = members
        self.running = running
        self.isScattered = isScattered
        self.lossPerMille = lossPerMille
        self.moves = moves
        self.known = SpanFigures(outcome.spans)
        self.lastKnown = SpanFigures(outcome.lastSpans)
        self.paths = SpanFigures(outcome.pathSpans)
        self.removal = SpanFigures(outcome.removalSpans)
        self.called = SpanFigures(outcome.callSpans)
        self.unreached = outcome.unreachedCount
        self.missed = outcome.missedCount
        self.lost = outcome.lostCount
        self.unremoved = outcome.unremovedCount
        self.connected = outcome.connectedCount
        self.packetsPerMove = outcome.sentPerMove
        self.packetsPerSecond = outcome.sentPerSecond
        self.toOthers = outcome.outsideCount
        self.peakKibibytes = TownFigures.kibibytes("VmHWM")
        self.violations = outcome.violations.map(\.description)
        self.traceHash = outcome.hash.description
    }

    /// What is too slow, missing or broken.
    var failures: [String] {
        var failures = self.violations.map { "\(self.members) members: \($0)" }
        if self.missed > 0 {
            failures.append("\(self.members) members: \(self.missed) never knew.")
        }
        if self.unreached > 0 {
            failures.append("\(self.members) members: \(self.unreached) did not answer a ping.")
        }
        if self.unremoved > 0 {
            failures.append("\(self.members) members: \(self.unremoved) knew of no removal.")
        }
        if self.members <= 64, self.known.p99 > 1 {
            failures.append(
                "\(self.members) members: 99 of 100 knew after "
                    + "\(Decimals.text(self.known.p99, places: 2)) s.")
        }
        return failures
    }

    /// A row for each cluster.
    static func columns(_ figures: [ClusterFigures]) -> Columns {
        var columns = Columns([
            "members", "running", "connected", "moves", "known s", "all know s", "path s",
            "not known",
            "no path",
            "removal s", "ping s", "silent", "packets/move", "packets/s", "to others", "peak MiB",
            "CPU s",
        ])
        for one in figures {
            columns.add([
                Decimals.text(one.members), Decimals.text(one.running),
                Decimals.text(one.connected, places: 1), Decimals.text(one.moves), one.known.text,
                one.lastKnown.text, one.paths.text,
                Decimals.text(one.missed), Decimals.text(one.lost), one.removal.text,
                one.called.text, Decimals.text(one.unreached),
                Decimals.text(one.packetsPerMove, places: 1),
                Decimals.text(one.packetsPerSecond, places: 2), Decimals.text(one.toOthers),
                one.peakKibibytes.map { Decimals.text(Double($0) / 1_024, places: 1) } ?? "unknown",
                Decimals.text(one.processorSeconds, places: 1),
            ])
        }
        return columns
    }
}

/// What was measured of pairs that moved together.
struct PairFigures: Codable, Sendable, Equatable {
    /// Where the common peer stands.
    let third: String
    let pairs: Int
    let back: SpanFigures
    let direct: SpanFigures
    let lost: Int
    let toOthers: Int
    let violations: [String]

    /// So many pairs, one after the other, with a common peer at such a place.
    init(third: Place, count: Int, lossPerMille: Int, seed: UInt64) {
        var outcomes: [ClusterPair.Outcome] = []
        for number in 0..<UInt64(count) where !Interruption.isThere {
            var pair = ClusterPair(
                third: third, lossPerMille: lossPerMille, seed: seed &* 1_000_000 &+ number)
            outcomes.append(pair.run())
        }
        self.third = third.rawValue
        self.pairs = outcomes.count
        self.back = SpanFigures(outcomes.compactMap(\.back).sorted())
        self.direct = SpanFigures(outcomes.compactMap(\.direct).sorted())
        self.lost = outcomes.count { $0.back == nil }
        self.toOthers = outcomes.reduce(0) { $0 + $1.outsideCount }
        self.violations = outcomes.flatMap(\.violations).map(\.description)
    }

    /// What is too slow, missing or broken.
    var failures: [String] {
        var failures = self.violations
        if self.lost > 0 { failures.append("\(self.lost) pairs were not back.") }
        if self.back.p99 > 10 {
            failures.append(
                "99 of 100 pairs were back after \(Decimals.text(self.back.p99, places: 2)) s.")
        }
        if self.toOthers > 0 { failures.append("\(self.toOthers) datagrams went to others.") }
        return failures.map { "third at \(self.third): " + $0 }
    }

    /// A table with a row for each.
    static func columns(_ figures: [PairFigures]) -> Columns {
        var columns = Columns([
            "third", "pairs", "back s", "direct", "direct s", "lost", "to others",
        ])
        for one in figures {
            columns.add([
                one.third, Decimals.text(one.pairs), one.back.text,
                Decimals.text(one.direct.count), one.direct.text, Decimals.text(one.lost),
                Decimals.text(one.toOthers),
            ])
        }
        return columns
    }
}
