// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// Tries the last resorts by hand: what a node would leave in the BitTorrent DHT or in a dead
/// drop, and what it would find there.
@main struct LastResort: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lastresort",
        abstract: "Leave and fetch items of the BitTorrent DHT and notes between two peers.",
        subcommands: [PutItem.self, GetItem.self, PutNote.self, GetNote.self])
}
