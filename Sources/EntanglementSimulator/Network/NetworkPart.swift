// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// One network: its links, who is in it, and the routers that lead out of it.
struct NetworkPart: Sendable {
    /// What kind of network it is.
    enum Kind: Sendable, Hashable {
        /// Public addresses alone; nothing leads out.
        case internet
        /// Customers of one carrier, each on a line of its own: no multicast.
        case carrier
        /// Hosts on one cable or radio cell.
        case lan
    }

    /// Who has an address.
    enum Member: Sendable {
        case host(HostID)
        /// A STUN server.
        case server
        /// A router, from outside: behind it are others.
        case router(Int)
        /// The router that leads out, itself.
        case gateway(Int)
    }

    /// The address of a host's interface.
    struct Attachment: Sendable, Equatable {
        var host: HostID
        var address: IPAddress
    }

    let kind: Kind
    /// How its links are when nothing is wrong.
    let calm: LinkConditions
    /// Whether its routers let no UDP out, ever: no fault that could be mended.
    var neverPassesUDP = false
    var conditions: LinkConditions
    var subnets: [Subnet] = []
    var members: [IPAddress: Member] = [:]
    /// Hosts, in the order in which they came.
    var attachments: [Attachment] = []
    /// The router that leads out for IPv4, and the one for IPv6.
    var gatewayIPv4: Int?
    var gatewayIPv6: Int?
    var dropsUDP = false
    /// Nothing goes out, or nothing comes in, while the other direction works.
    var isCutOutward = false
    var isCutInward = false

    init(_ kind: Kind, _ calm: LinkConditions) {
        self.kind = kind
        self.calm = calm
        self.conditions = calm
    }

    /// The router that leads out for addresses of that family.
    @inline(__always)
    func gateway(toward address: IPAddress) -> Int? {
        address.isIPv6 ? self.gatewayIPv6 : self.gatewayIPv4
    }

    /// Whether nobody has the address although it belongs here: no router is asked then.
    ///
    /// Inlined as `gateway`, so that no network is copied for a look at it.
    @inline(__always)
    func isNobodysHere(_ address: IPAddress) -> Bool {
        self.subnets.contains { $0.contains(address) } && self.members[address] == nil
    }

    /// Ends all faults.
    mutating func heal() {
        self.conditions = self.calm
        self.dropsUDP = false
        self.isCutOutward = false
        self.isCutInward = false
    }
}

/// What stands between two networks.
struct Router: Sendable {
    /// What it does; the number is the place in the network's list of such devices, where they are
    /// changed without being copied.
    enum Kind: Sendable {
        case translating(Int)
        case filtering(Int)
    }

    let kind: Kind
    let inner: NetworkID
    let outer: NetworkID
}
