// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SpockexAPI

/// Lists the unfinished pairings.
struct Pairings: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the unfinished pairings.",
        discussion: """
            Example:
              spockex pairings --json
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let pairings = try await self.common.client().status().pairings
        if self.common.json {
            try Console.print(json: PairingList(pairings: pairings))
        } else {
            Console.print(Listing.pairings(pairings))
        }
    }
}

/// Begins the online step of a pairing again.
struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Try the online step of a pairing again.",
        discussion: """
            Example:
              spockex retry 3f2a
            """)

    @Argument(help: "The pairing's id, or its beginning.")
    var pairing: String

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = try self.common.client()
        let id = try await client.pairing(self.pairing).id
        let state = try await client.post(
            "/v1/pairings/\(id)/retry", EmptyRequest(), as: PairingState.self)
        if self.common.json {
            try Console.print(json: state)
        } else {
            Console.print("Trying again; `spockex pairings` shows how it goes.")
        }
    }
}

/// Ends a pairing and deletes everything of it.
struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End a pairing and delete everything of it, on both sides.",
        discussion: """
            Example:
              spockex cancel 3f2a
            """)

    @Argument(help: "The pairing's id, or its beginning.")
    var pairing: String

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = try self.common.client()
        let id = try await client.pairing(self.pairing).id
        let state = try await client.post(
            "/v1/pairings/\(id)/cancel", EmptyRequest(), as: PairingState.self)
        if self.common.json {
            try Console.print(json: state)
        } else {
            Console.print("The pairing is cancelled; nothing of it is kept.")
        }
    }
}
