// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Entanglement
import MainlineDHT
import SpockexNode

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the computer's clock says.
private func wallTime() -> WallTime {
    WallTime(seconds: Int64(time(nil)))
}

struct PutNote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Leave a note of addresses for the other one of a pair.")

    @OptionGroup var dht: DHTOptions
    @OptionGroup var which: SlotOptions

    @Option(help: "Leave it in a dead drop by this command, not in the DHT.")
    var deadDrop: String?

    @Option(help: "The number of the note; without it, one from the clock.")
    var sequence: UInt64?

    @Argument(help: "The addresses, ADDRESS:PORT each, at most eight.")
    var endpoints: [String]

    func run() async throws {
        let now = wallTime()
        let slot = try self.which.slot(now: now)
        let endpoints = self.endpoints.compactMap { Endpoint($0) }
        let sequence = self.sequence ?? LastResortNote.nextSequence(after: 0, now: now)
        guard endpoints.count == self.endpoints.count, (1...UInt64(Int64.max)).contains(sequence)
        else { throw ValidationError("an address or the number is none") }
        let note = LastResortNote(sequence: sequence, issued: now, endpoints: endpoints)
        if let deadDrop {
            try await DeadDrop(command: deadDrop).put(note, in: slot)
            print("left")
            return
        }
        let item = try slot.item(of: note, CryptoPrimitives())
        let result = try await self.dht.result(of: .put(item, over: nil))
        print(result.line)
        if !result.isSuccess { throw ExitCode.failure }
    }
}

struct GetNote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fetch the note that the other one of a pair has left.")

    @OptionGroup var dht: DHTOptions
    @OptionGroup var which: SlotOptions

    @Option(help: "Fetch it from a dead drop by this command, not from the DHT.")
    var deadDrop: String?

    @Option(help: "The greatest number that was taken before.")
    var after: UInt64 = 0

    func run() async throws {
        let slot = try self.which.slot(now: wallTime())
        guard let note = try await self.note(in: slot) else {
            print("nothing")
            throw ExitCode.failure
        }
        let places = note.endpoints.map { "\($0)" }.joined(separator: " ")
        print("note \(note.sequence) of \(note.issued.seconds): \(places)")
    }

    private func note(in slot: LastResortSlot) async throws -> LastResortNote? {
        if let deadDrop {
            return try await DeadDrop(command: deadDrop).get(from: slot, after: self.after)
        }
        let newerThan = self.after > 0 ? Int64(clamping: self.after) : nil
        let result = try await self.dht.result(of: .get(slot.place, newerThan: newerThan))
        guard case .found(let item, _) = result else {
            print(result.line)
            return nil
        }
        return try slot.note(of: item, after: self.after)
    }
}
