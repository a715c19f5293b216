// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// Everything that `status` shows.
public struct NodeReport: Sendable {
    /// What the core knows.
    public var status: NodeStatus
    /// The program's version.
    public var version: String
    /// When this node was started.
    public var startedAt: WallTime
    /// Where it really listens.
    public var listen: [Endpoint]
    /// How often an outside service was asked for the own address.
    public var ipgetterQueries: UInt64
    /// What became of opening the port on the router.
    public var router: RouterReport
    /// What was done for peers who are lost.
    public var lastResorts: LastResortReport
    /// Counters of the core, the gate, the sockets and the driver, in a fixed order.
    public var counters: [(name: String, count: UInt64)]
}

/// The version of the program.
public enum SpockexVersion {
    /// The version, as semver.org writes it.
    public static let current = "0.1.0"
}
