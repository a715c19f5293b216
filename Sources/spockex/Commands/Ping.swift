// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SpockexAPI
import Synchronization

/// Measures round trips to a peer.
struct Ping: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure the round trip to a peer, and show the path.",
        discussion: """
            Exit code 0 if one answer came, 75 if none did; also when Ctrl-C ends it.

            Examples:
              spockex ping Bob
              spockex ping Bob -c 5 --json
            """)

    @Argument(help: "The peer's name, id or beginning of the id.")
    var peer: String

    @Option(
        name: .customShort("c"),
        help: ArgumentHelp("How many round trips, 1 to 1000, a second apart.", valueName: "n"))
    var count = 1

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (1...1000).contains(self.count) else {
            throw ValidationError("The count of round trips is 1 to 1000.")
        }
    }

    func run() async throws {
        let client = try self.common.client()
        let answers = Answers()
        var asked: PeerRow?
        do throws(APIError) {
            let (name, count, isJSON) = (self.peer, self.count, self.common.json)
            asked = try await Interruption.during(throwing: APIClient.interrupted) {
                () async throws(APIError) -> PeerRow in
                let peer = try await client.peer(name)
                try await Self.rounds(count, client, peer, isJSON: isJSON, answers)
                return peer
            }
        } catch {
            if error.code == .notFound, let seen = await SeenAcross.refusal(self.peer, client) {
                throw seen
            }
            guard error.code == .interrupted, answers.hasOne else { throw error }
        }
        guard answers.hasOne else {
            throw APIError(
                .unreachable, "\(asked?.name ?? self.peer) did not answer.",
                hint: await Self.reason(asked, client)
                    + "The node goes on looking for it; `spockex peers` shows when it was last "
                    + "heard.")
        }
    }

    /// What the node knows of why somebody does not answer; empty: nothing.
    private static func reason(_ asked: PeerRow?, _ client: APIClient) async -> String {
        guard let asked, let peer = try? await client.peer(asked.id) else { return "" }
        if let cause = peer.cause { return "\(cause.sentence) \(cause.hint) " }
        // It is not known to be lost yet.
        guard peer.met == "card" else { return "" }
        let ends = peer.path?.hops.map { Clean.line($0) }.joined(separator: ", ") ?? ""
        return "It is across a bridge\(ends.isEmpty ? "" : " (\(ends))"): see `spockex bridges`. "
    }

    /// Whether an answer came, also when the rounds were cut short.
    private final class Answers: Sendable {
        private let one = Atomic<Bool>(false)

        var hasOne: Bool { self.one.load(ordering: .relaxed) }

        func came() {
            self.one.store(true, ordering: .relaxed)
        }
    }

    private static func rounds(
        _ count: Int, _ client: APIClient, _ peer: PeerRow, isJSON: Bool, _ answers: Answers
    ) async throws(APIError) {
        for round in 1...count {
            if round > 1 {
                do { try await Task.sleep(for: .seconds(1)) } catch {
                    throw APIClient.interrupted
                }
            }
            guard let report = try await Self.round(client, peer.id) else {
                if !isJSON { Console.print("\(Clean.line(peer.name)): no answer") }
                continue
            }
            answers.came()
            if isJSON {
                try Console.print(json: report)
            } else {
                Console.print(
                    "\(Clean.line(peer.name)): \(Wording.milliseconds(report.rttMilliseconds)), "
                        + Wording.path(report.path)
                        + (peer.verified == false ? ", unverified" : ""))
            }
        }
    }

    /// One round trip; nil if no answer came.
    private static func round(
        _ client: APIClient, _ id: String
    ) async throws(APIError) -> PingReport? {
        do throws(APIError) {
            return try await client.post(
                "/v1/peers/\(id)/ping", EmptyRequest(), as: PingReport.self)
        } catch {
            guard error.code == .unreachable else { throw error }
            return nil
        }
    }
}
