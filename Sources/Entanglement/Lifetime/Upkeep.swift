// SPDX-License-Identifier: Apache-2.0

/// What is sent to keep a path (PROTOCOL.md §7.5).
enum Upkeep: Sendable, Equatable {
    /// A ping after so long without anything sent, less where pings show that it is too long.
    case pings(after: Duration)
    /// The port is open anyway: only who is silent for long is asked.
    case questions
    /// A deliberate defect's: nothing.
    case nothing

    /// Before anything is known.
    static let unmeasured = Upkeep.pings(after: Constants.keepaliveInterval)
}

/// What a node knows about its own end of all paths: open ports, and what was measured.
struct UpkeepTable: Sendable, Equatable {
    /// Own endpoints at which strangers get in.
    var open: [Endpoint] = []
    /// How long paths may rest where this node is seen at an address, for IPv4 and for IPv6.
    var rests: [MeasuredRest] = []

    /// What is due to a path that leads there, where the other sees this node at `echo`.
    func upkeep(of path: Endpoint?, echo: Endpoint?) -> Upkeep {
        guard let path, !path.isRelay, let echo, path.address.isIPv6 == echo.address.isIPv6 else {
            return .unmeasured
        }
        if self.open.contains(echo) { return .questions }
        // A neighbour is not beyond the router.
        guard path.address.isPublic else { return .unmeasured }
        let fitting = self.rests.first { $0.address == echo.address }
        return fitting.map { .pings(after: $0.rest) } ?? .unmeasured
    }
}

/// A rest that was measured, and where others saw this node then.
package struct MeasuredRest: Sendable, Equatable {
    /// The external address.
    package let address: IPAddress
    /// How long a path may rest.
    package let rest: Duration
}
