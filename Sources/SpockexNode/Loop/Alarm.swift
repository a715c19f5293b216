// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Synchronization

/// Wakes the driver at the node's deadline, and at least every 10 seconds.
final class Alarm: Sendable {
    private struct State {
        var deadline: Instant?
        var sleepsUntil: Instant?
        var isRung = false
        var bell: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Sets the deadline; an earlier one than that which is slept for is heeded at once.
    func set(_ deadline: Instant?) {
        let bell = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.deadline = deadline
            guard let deadline, let sleepsUntil = state.sleepsUntil, deadline < sleepsUntil else {
                return nil
            }
            state.isRung = true
            defer { state.bell = nil }
            return state.bell
        }
        bell?.resume()
    }

    /// Calls `fire` at every deadline and every 10 seconds, until the task is cancelled.
    ///
    /// A deadline is used up by firing: whoever handles it sets the next one.
    func run(_ fire: @Sendable () -> Void) async {
        while !Task.isCancelled {
            let now = SystemClock.instant()
            let wake = self.state.withLock { state in
                let latest = now + Limits.clockCheckInterval
                let wake = min(state.deadline ?? latest, latest)
                state.sleepsUntil = wake
                state.isRung = false
                return wake
            }
            if wake > now { await self.sleep(for: wake - now) }
            let isRung = self.state.withLock { state in
                state.sleepsUntil = nil
                if !state.isRung { state.deadline = nil }
                return state.isRung
            }
            if !isRung, !Task.isCancelled { fire() }
        }
    }

    private func sleep(for duration: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            // Cancelled when the bell rings, which is no error.
            group.addTask { try? await Task.sleep(for: duration) }
            group.addTask { await self.waitForBell() }
            await group.next()
            group.cancelAll()
        }
    }

    private func waitForBell() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = self.state.withLock { state in
                    if state.isRung || Task.isCancelled { return true }
                    state.bell = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let bell = self.state.withLock { state in
                defer { state.bell = nil }
                return state.bell
            }
            bell?.resume()
        }
    }
}
