// SPDX-License-Identifier: Apache-2.0
public import MainlineDHT
public import SpockexTransport

/// How a node takes part in the BitTorrent DHT, when it is told to.
public struct DHTSettings: Sendable {
    /// Where the first nodes are when nobody names others, `HOST:PORT` each.
    ///
    /// Run by those who make BitTorrent programs; they learn that this address begins, not what it
    /// looks for. Nobody is asked, and no name is looked up, before something is wanted.
    public static let wellKnownEntries = [
        "router.bittorrent.com:6881", "dht.transmissionbt.com:6881", "router.utorrent.com:6881",
        "dht.libtorrent.org:25401",
    ]

    /// Where the first nodes are.
    public var entries: [HostPort]
    /// The DHT of IPv6 instead of that of IPv4.
    public var isIPv6: Bool
    /// Whether nodes on loopback and private addresses are spoken to, for a DHT of one's own.
    public var allowsLocal: Bool
    /// Nodes that answered in an earlier run.
    public var contacts: [NodeContact]

    /// Settings with these first nodes; nil when one of them is none, or there are more than 16.
    public init?(
        entries: [String] = Self.wellKnownEntries, isIPv6: Bool = false, allowsLocal: Bool = false,
        contacts: [NodeContact] = []
    ) {
        let parsed = entries.compactMap { HostPort($0) }
        guard parsed.count == entries.count, parsed.count <= LastResortLimits.entryNodeCount else {
            return nil
        }
        self.entries = parsed
        self.isIPv6 = isIPv6
        self.allowsLocal = allowsLocal
        self.contacts = contacts
    }
}
