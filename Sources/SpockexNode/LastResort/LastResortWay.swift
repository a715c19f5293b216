// SPDX-License-Identifier: Apache-2.0
import Entanglement
import MainlineDHT

/// A place where notes are left and sought.
protocol LastResortWay: Sendable {
    /// Leaves a note for the other one of a pair.
    func leave(_ note: LastResortNote, in slot: LastResortSlot) async throws(LastResortFailure)

    /// A note of the other one that is newer than that number; nil when there is none.
    func note(
        in slot: LastResortSlot, after accepted: UInt64
    ) async throws(LastResortFailure) -> LastResortNote?
}

/// Why a note could not be left or sought.
struct LastResortFailure: Error, Equatable {
    /// A sentence for people.
    let sentence: String
}

/// Notes as items of the BitTorrent DHT.
struct DHTWay: LastResortWay {
    let driver: DHTDriver

    func leave(_ note: LastResortNote, in slot: LastResortSlot) async throws(LastResortFailure) {
        guard let item = try? slot.item(of: note, CryptoPrimitives()) else {
            throw LastResortFailure(sentence: "The note is no item of the DHT.")
        }
        switch await self.driver.result(of: .put(item, over: nil)) {
        case .stored: break
        case .outdated:
            throw LastResortFailure(
                sentence: "The DHT has a newer note of this node; a copy of it may run elsewhere.")
        case .refused, .nothing, .found:
            throw LastResortFailure(sentence: "No node of the DHT has taken the note.")
        case .unreachable: throw .unreachable
        case .busy: throw .busy
        }
    }

    func note(
        in slot: LastResortSlot, after accepted: UInt64
    ) async throws(LastResortFailure) -> LastResortNote? {
        let request = DHTRequest.get(slot.place, newerThan: Int64(clamping: accepted))
        switch await self.driver.result(of: request) {
        case .found(let item, by: _):
            do throws(LastResortError) {
                return try slot.note(of: item, after: accepted)
            } catch .notNewer {
                return nil
            } catch {
                throw LastResortFailure(sentence: "What the DHT has is not from this peer.")
            }
        case .nothing: return nil
        case .unreachable: throw .unreachable
        case .busy, .stored, .outdated, .refused: throw .busy
        }
    }
}

/// Notes in a place of the person's own.
struct DeadDropWay: LastResortWay {
    let drop: DeadDrop

    func leave(_ note: LastResortNote, in slot: LastResortSlot) async throws(LastResortFailure) {
        do throws(DeadDropError) {
            try await self.drop.put(note, in: slot)
        } catch {
            throw LastResortFailure(sentence: error.description)
        }
    }

    func note(
        in slot: LastResortSlot, after accepted: UInt64
    ) async throws(LastResortFailure) -> LastResortNote? {
        do throws(DeadDropError) {
            return try await self.drop.get(from: slot, after: accepted)
        } catch {
            throw LastResortFailure(sentence: error.description)
        }
    }
}

extension LastResortFailure {
    static let unreachable = LastResortFailure(sentence: "No node of the DHT answered.")
    static let busy = LastResortFailure(sentence: "Too many notes are left and sought at once.")
}
