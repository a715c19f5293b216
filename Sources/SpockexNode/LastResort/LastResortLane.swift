// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Synchronization

/// A note to leave, or one to look for.
enum LastResortJob: Sendable {
    case leave(RelationID, LastResortNote, in: LastResortSlot)
    case seek(RelationID, in: [LastResortSlot], after: UInt64)
}

/// What is to be done by one way, one after the other, and what became of it.
final class LastResortLane: Sendable {
    private let way: any LastResortWay
    private let jobs: AsyncStream<LastResortJob>
    private let job: AsyncStream<LastResortJob>.Continuation
    private let counts = Mutex(LastResortReport.Way())

    init(_ way: any LastResortWay) {
        self.way = way
        (self.jobs, self.job) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingOldest(LastResortLimits.jobCount))
    }

    var report: LastResortReport.Way { self.counts.withLock { $0 } }

    /// Puts it at the end; false when too much waits.
    func offer(_ job: LastResortJob) -> Bool {
        switch self.job.yield(job) {
        case .enqueued: return true
        case .dropped, .terminated: break
        @unknown default: break
        }
        self.note(.busy)
        return false
    }

    /// Does what comes until the task is cancelled; `tell` hears what the core must know.
    func run(tell: @Sendable (Input) -> Void) async {
        for await job in self.jobs {
            switch job {
            case .leave(let id, let note, let slot):
                let failure = await self.leave(note, in: slot)
                self.note(failure)
                if failure != nil { tell(.noteLost(id, note.sequence)) }
            case .seek(let id, let slots, let accepted):
                if let note = await self.seek(in: slots, after: accepted) {
                    tell(.noteFound(id, note))
                }
            }
        }
    }

    private func leave(_ note: LastResortNote, in slot: LastResortSlot) async -> LastResortFailure?
    {
        do throws(LastResortFailure) {
            try await self.way.leave(note, in: slot)
            return nil
        } catch {
            return error
        }
    }

    /// What is wrong with one slot does not keep from the others.
    private func seek(in slots: [LastResortSlot], after accepted: UInt64) async -> LastResortNote? {
        var failure: LastResortFailure?
        for slot in slots {
            do throws(LastResortFailure) {
                guard let note = try await self.way.note(in: slot, after: accepted) else {
                    continue
                }
                self.note(nil)
                return note
            } catch {
                failure = failure ?? error
            }
        }
        self.note(failure)
        return nil
    }

    private func note(_ failure: LastResortFailure?) {
        self.counts.withLock { counts in
            if failure == nil { counts.successCount += 1 } else { counts.failureCount += 1 }
            counts.failure = failure?.sentence
        }
    }
}
