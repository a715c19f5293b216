// SPDX-License-Identifier: Apache-2.0

/// What the node is and where it can be reached (`status`).
public struct NodeRow: Codable, Sendable, Equatable {
    /// What the node calls itself.
    public var name: String
    /// Version of the program.
    public var version: String
    /// When the node was started.
    public var startedAt: Timestamp
    /// The endpoints on which it listens.
    public var listen: [String]
    /// The own addresses, best first.
    public var addresses: [AddressRow]
    /// How often the IPgetter was asked since the start.
    public var ipgetterQueries: UInt64

    /// A row as filled by the node.
    public init(
        name: String, version: String, startedAt: Timestamp, listen: [String],
        addresses: [AddressRow], ipgetterQueries: UInt64
    ) {
        self.name = name
        self.version = version
        self.startedAt = startedAt
        self.listen = listen
        self.addresses = addresses
        self.ipgetterQueries = ipgetterQueries
    }
}

/// One own address and how it is known.
public struct AddressRow: Codable, Sendable, Equatable {
    /// Where, as `ip:port`.
    public var endpoint: String
    /// `observed`, `mapped`, `lan`, `ipv6` or `ipgetter`.
    public var kind: String
    /// How many independent voices say so.
    public var confirmedBy: Int

    /// A row as filled by the node.
    public init(endpoint: String, kind: String, confirmedBy: Int) {
        self.endpoint = endpoint
        self.kind = kind
        self.confirmedBy = confirmedBy
    }
}
