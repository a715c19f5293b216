// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// The number of a simulated host.
public struct HostID: Sendable, Hashable, Comparable {
    /// Its place in the list of hosts.
    public let number: Int

    /// Hosts in the order in which they were made.
    public static func < (left: HostID, right: HostID) -> Bool { left.number < right.number }
}

/// The number of a network: 0 is the internet.
struct NetworkID: Sendable, Hashable {
    let number: Int

    static let internet = NetworkID(number: 0)
}

/// One datagram on its way.
struct Packet: Sendable {
    /// Counts all packets of the run.
    let number: UInt64
    var bytes: [UInt8]
    var source: Endpoint
    var destination: Endpoint
    /// Who sent it; nil: an adversary, a server or a router.
    let origin: HostID?
    /// The fingerprint of its bytes.
    var digest = TraceHash()
    /// The fingerprint of its bytes before a bit was turned; nil: none was.
    var genuineDigest: TraceHash?
    /// Whether it is another one than was sent, or an adversary made it up: then nobody may open it.
    var isForged = false
}

/// What became of a packet.
enum Fate: Int, Sendable, Hashable, CaseIterable {
    case delivered, lost, cut, filtered, unmapped, noRoute, hairpin, blocked
}
