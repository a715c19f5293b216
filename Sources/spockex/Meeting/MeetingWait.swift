// SPDX-License-Identifier: Apache-2.0
import SpockexAPI

/// Waits until a pairing is trusted, and shows what is going on.
struct MeetingWait: Sendable {
    private enum Outcome {
        case trusted(TrustReport)
        case timedOut(problem: String?)
        case ended(reason: String?)
    }

    private let client: APIClient
    private let pairing: String
    private let canAsk: Bool

    /// A wait for that pairing; `canAsk`: a person is there to choose Retry or Cancel.
    init(client: APIClient, pairing: String, canAsk: Bool) {
        self.client = client
        self.pairing = pairing
        self.canAsk = canAsk
    }

    /// Waits for the end; Ctrl-C leaves the pairing as it is.
    func run() async throws(APIError) -> TrustReport {
        let stays = APIError(
            .interrupted, "You stopped waiting; the pairing goes on without you.",
            hint: "`spockex pairings` shows it, `spockex cancel \(Wording.short(self.pairing))` "
                + "ends it.")
        return try await Interruption.during(throwing: stays) { () async throws(APIError) in
            while true {
                switch try await self.once() {
                case .trusted(let report): return await self.named(report)
                case .timedOut(let problem): try await self.chooseAfterTimeout(problem)
                case .ended(let reason): throw Self.ended(reason)
                }
            }
        }
    }

    /// Whoever was taken into a cluster hears a moment later what it is called there.
    private func named(_ report: TrustReport) async -> TrustReport {
        guard let cluster = report.cluster, report.scenario == "B" else { return report }
        var report = report
        for _ in 0..<Self.nameLookCount {
            guard
                let found = try? await self.client.get(
                    "/v1/clusters/\(cluster.id)", as: ClusterReport.self),
                Self.isNewcomer(report, found)
            else { return report }
            if found.cluster.name != cluster.name {
                report.cluster?.name = found.cluster.name
                return report
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
        return report
    }

    /// What the two clusters are called that a meeting linked; the other end says so a moment later.
    func linked(_ report: TrustReport) async -> [String] {
        guard let bridge = report.bridge else { return [] }
        for _ in 0..<Self.nameLookCount {
            let found = try? await self.client.get("/v1/bridges/\(bridge)", as: BridgeReport.self)
            if let names = found?.bridge.names, names.last != "" { return names }
            try? await Task.sleep(for: .milliseconds(100))
        }
        return []
    }

    /// So often it is looked for a name, 0.1 s apart.
    private static let nameLookCount = 30

    /// Whether it was the peer who took this node in, as far as the records have come.
    private static func isNewcomer(_ report: TrustReport, _ found: ClusterReport) -> Bool {
        guard let own = found.members.first(where: \.isSelf) else { return true }
        return found.members.contains { $0.id == own.introducedBy && $0.peer == report.peer.id }
    }

    /// Follows the events to the next end.
    ///
    /// What is asked after the subscription stands cannot miss an event; each event only moves
    /// the text or has the state asked again.
    private func once() async throws(APIError) -> Outcome {
        var progress = Progress()
        defer { progress.end() }
        var outcome: Outcome?
        try await self.client.follow(limit: 0) { () async throws(APIError) in
            outcome = try await self.look(&progress)
            return outcome == nil
        } event: { (event: EventRow) async throws(APIError) in
            guard event.pairing == self.pairing else { return true }
            switch event.kind {
            case "trying":
                let places = (event.endpoints ?? []).prefix(3).joined(separator: ", ")
                progress.show("Trying \(places) …")
            case "pairingProblem":
                progress.show("Not yet: \(Wording.problem(event.problem)); trying again …")
                outcome = try await self.look(&progress, quietly: true)
            case "pairingEnded":
                outcome = .ended(reason: event.reason)
            default:
                outcome = try await self.look(&progress)
            }
            return outcome == nil
        }
        guard let outcome else { throw Self.nodeStopped }
        return outcome
    }

    /// The state as it is now; nil while there is something to wait for.
    private func look(
        _ progress: inout Progress, quietly: Bool = false
    ) async throws(APIError) -> Outcome? {
        let report: PairingReport
        do {
            report = try await self.client.get(
                "/v1/pairings/\(self.pairing)", as: PairingReport.self)
        } catch  where error.code == .notFound {
            return .ended(reason: try await self.pastReason())
        }
        if let trusted = report.trusted { return .trusted(trusted) }
        guard let row = report.unfinished else { return nil }
        switch row.state {
        case "timedOut": return .timedOut(problem: row.lastError)
        case "answered" where !quietly:
            progress.show("Waiting until the other person has scanned the answer …")
        case "connecting" where !quietly: progress.show("Connecting …")
        default: break
        }
        return nil
    }

    /// Why the pairing is gone, if it went before the waiting began.
    private func pastReason() async throws(APIError) -> String? {
        let events = try await self.client.pastEvents(limit: 1_000)
        return events.last { $0.pairing == self.pairing && $0.kind == "pairingEnded" }?.reason
    }

    /// On a terminal the person chooses; returns when there is something to wait for again, or
    /// something else to tell.
    private func chooseAfterTimeout(_ problem: String?) async throws(APIError) {
        let why = problem.map { Wording.problem($0) } ?? "the other side did not answer in time"
        let short = Wording.short(self.pairing)
        let isAboutWishes = ["intentConflict", "undecided"].contains(problem)
        let timedOut = APIError(
            .timedOut,
            isAboutWishes
                ? "The two nodes have met and cannot go on: \(why)."
                : "The two nodes did not find each other: \(why).",
            hint: isAboutWishes
                ? "What each of you wants is in the codes: `spockex cancel \(short)`, agree on it, and "
                    + "show each other new codes."
                : "The pairing waits: `spockex retry \(short)` tries again, "
                    + "`spockex cancel \(short)` ends it.")
        guard self.canAsk else { throw timedOut }
        Console.note(timedOut.message)
        switch try await MeetingPrompt.ask(until: self.settled) {
        case .retry: _ = try await self.order("retry")
        case .cancel:
            if try await self.order("cancel") { throw Self.ended("cancelled") }
        case .none: throw timedOut
        case .settled: break
        }
    }

    /// Returns when the pairing waits for no choice any more: the peer came back, or another
    /// command chose.
    private func settled() async throws(APIError) {
        var waits = true
        try await self.client.follow(limit: 0) { () async throws(APIError) in
            waits = try await self.waitsForChoice()
            return waits
        } event: { (event: EventRow) async throws(APIError) in
            guard event.pairing == self.pairing else { return true }
            waits = try await self.waitsForChoice()
            return waits
        }
        if waits { throw Self.nodeStopped }
    }

    private func waitsForChoice() async throws(APIError) -> Bool {
        var silent = Progress(isSilent: true)
        if case .timedOut = try await self.look(&silent) { return true }
        return false
    }

    /// Whether the node did it; false if the pairing became something else just before.
    private func order(_ what: String) async throws(APIError) -> Bool {
        do throws(APIError) {
            _ = try await self.client.post(
                "/v1/pairings/\(self.pairing)/\(what)", EmptyRequest(), as: PairingState.self)
            return true
        } catch {
            guard error.code == .wrongPhase || error.code == .notFound else { throw error }
            return false
        }
    }

    private static let nodeStopped = APIError(
        .notRunning, "The node stopped while the pairing was under way.",
        hint: "Start it with `spockex up`; the pairing goes on by itself.")

    private static func ended(_ reason: String?) -> APIError {
        switch reason {
        case "cancelled":
            APIError(
                .cancelled, "The pairing was cancelled.",
                hint: "Nothing of it is kept; begin again with `spockex offer`.")
        case "cancelledByPeer":
            APIError(
                .cancelledByPeer, "The other side cancelled the pairing.",
                hint: "Nothing of it is kept; ask the other person, then begin again.")
        case "expired":
            APIError(
                .expired, "The offer's time ran out before the two nodes found each other.",
                hint: "Begin again with a new offer; --expires gives it more time.")
        default:
            APIError(
                .notFound, "The pairing is gone.", hint: "`spockex events` tells what happened.")
        }
    }
}
