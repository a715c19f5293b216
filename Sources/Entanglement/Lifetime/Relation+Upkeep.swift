// SPDX-License-Identifier: Apache-2.0

// What of a relation concerns the measurement of the own router's memory.
extension Relation {
    /// The direct path that works now; nil: there is none.
    var standingPath: Endpoint? {
        self.isConnected && !self.isRelayed && self.record.phase == .trusted ? self.path : nil
    }

    /// After each step: how the path is kept, and since when it stands.
    ///
    /// Returns whether there is something new that a measurement could use.
    mutating func settleUpkeep(_ table: UpkeepTable, _ turn: Turn) -> Bool {
        let wasMeasured = self.measuredAddress != nil
        self.upkeep =
            turn.has(.noKeepalive) ? .nothing : table.upkeep(of: self.path, echo: self.echo)
        // What others have shown of the own port must not tell the other cluster of them.
        if self.leadsAcross, self.upkeep != .nothing {
            let rest =
                if case .pings(let rest) = self.upkeep { rest } else { Constants.keepaliveInterval }
            self.upkeep = .pings(after: min(rest, Constants.keepaliveInterval))
        }
        let former = self.standing
        let path = self.standingPath
        if path != former?.path || self.echo?.address != former?.echo {
            let isSame = path == former?.path
            self.standing = path.map {
                Standing(
                    path: $0, echo: self.echo?.address,
                    since: isSame ? former?.since ?? turn.instant : turn.instant)
            }
        }
        return self.measuredAddress != nil && (self.standing != former || !wasMeasured)
    }

    /// How a ping after a whole rest fared; three late ones in a row show that what was measured is not so.
    mutating func noteRest(answered sending: Int?, _ turn: inout Turn) {
        let former = self.keepalive.shorteningCount
        self.keepalive.note(answered: sending)
        guard self.keepalive.shorteningCount > former, case .pings(let rest) = self.upkeep,
            rest > Constants.keepaliveInterval, let address = self.echo?.address
        else { return }
        turn.disproved.append(address)
    }

    /// Where the other sees this node, if a mapping or flow is in between that could be measured.
    var measuredAddress: IPAddress? {
        guard !self.leadsAcross, let path = self.standingPath?.address,
            let echo = self.echo?.address,
            path.isPublic, echo.isPublic, path.isIPv6 == echo.isIPv6, self.upkeep != .questions
        else { return nil }
        return echo
    }

    /// When this relation can help to measure; nil: it cannot.
    var measurableAt: Instant? {
        guard self.measuredAddress != nil, let standing else { return nil }
        let settled = standing.since + Constants.restDelay
        return max(settled, self.unhelpfulUntil ?? settled)
    }
}

/// Since when a direct path works, and where the other sees this node.
struct Standing: Sendable, Equatable {
    let path: Endpoint
    let echo: IPAddress?
    let since: Instant
}
