// SPDX-License-Identifier: Apache-2.0
import SpockexAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

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
                case .trusted(let report): return report
                case .timedOut(let problem): try await self.chooseAfterTimeout(problem)
                case .ended(let reason): throw Self.ended(reason)
                }
            }
        }
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
        guard let outcome else {
            throw APIError(
                .notRunning, "The node stopped while the pairing was under way.",
                hint: "Start it with `spockex up`; the pairing goes on by itself.")
        }
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

    /// On a terminal the person chooses; returns after Retry.
    private func chooseAfterTimeout(_ problem: String?) async throws(APIError) {
        let why = problem.map { Wording.problem($0) } ?? "the other side did not answer in time"
        let short = Wording.short(self.pairing)
        let timedOut = APIError(
            .timedOut, "The two nodes did not find each other: \(why).",
            hint: "The pairing waits: `spockex retry \(short)` tries again, "
                + "`spockex cancel \(short)` ends it.")
        guard self.canAsk else { throw timedOut }
        Console.note(timedOut.message)
        while true {
            Console.noteRaw("[r]etry or [c]ancel? ")
            guard let line = try await Self.typedLine() else {
                Console.noteRaw("\n")
                throw timedOut
            }
            switch line.first?.lowercased() {
            case "r":
                _ = try await self.client.post(
                    "/v1/pairings/\(self.pairing)/retry", EmptyRequest(), as: PairingState.self)
                return
            case "c":
                _ = try await self.client.post(
                    "/v1/pairings/\(self.pairing)/cancel", EmptyRequest(), as: PairingState.self)
                throw Self.ended("cancelled")
            default: break
            }
        }
    }

    /// A line from the terminal; nil at its end.
    ///
    /// Gives way to Ctrl-C every tenth of a second.
    private static func typedLine() async throws(APIError) -> String? {
        while true {
            var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            if poll(&waiting, 1, 0) > 0 { return readLine() }
            do {
                try await Task.sleep(for: .milliseconds(100))
            } catch {
                throw APIClient.interrupted
            }
        }
    }

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
