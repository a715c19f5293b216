// SPDX-License-Identifier: Apache-2.0

extension Node {
    /// Closes the fresh sockets once nobody sends from them, but those that are a peer's path.
    mutating func closeFreshSockets(_ turn: inout Turn) {
        defer { self.punching = turn.punching }
        guard turn.punching.wantsClosing,
            !self.ids.contains(where: { self.relations[$0]?.birthday?.role == .opener })
        else { return }
        turn.punching.wantsClosing = false
        let kept = self.ids.compactMap { self.relations[$0]?.freshEndpoint }
        if kept.isEmpty { turn.punching.forgetBound() }
        turn.actions.append(.closeFresh(keeping: kept))
    }
}
