// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// A node of the DHT and where it is.
public struct NodeContact: Sendable, Hashable {
    /// What it calls itself.
    public let id: NodeID
    /// Where it answers.
    public let endpoint: Endpoint

    /// The node of that id at that place.
    public init(id: NodeID, endpoint: Endpoint) {
        self.id = id
        self.endpoint = endpoint
    }

    /// Whether its id was made for its address (BEP 42).
    public var isFitting: Bool { self.id.fits(self.endpoint.address) }
}

/// Endpoints and nodes as KRPC packs them: address and port, 6 or 18 bytes, behind a node's id.
enum CompactForm {
    /// The endpoint of 6 or 18 bytes; nil for any other count.
    static func endpoint(_ bytes: some Collection<UInt8>) -> Endpoint? {
        guard bytes.count == 6 || bytes.count == 18,
            let address = IPAddress(bytes: bytes.dropLast(2))
        else { return nil }
        let port = bytes.suffix(2).reduce(UInt16(0)) { $0 << 8 | UInt16($1) }
        return Endpoint(address: address, port: port)
    }

    static func bytes(_ endpoint: Endpoint) -> [UInt8] {
        endpoint.address.bytes + [UInt8(endpoint.port >> 8), UInt8(endpoint.port & 0xff)]
    }

    /// Nodes in a row; nil when a part of one is left over.
    ///
    /// What nothing can be sent to is passed over, and so is what comes after the first 16.
    static func nodes(_ bytes: [UInt8], isIPv6: Bool) -> [NodeContact]? {
        let byteCount = NodeID.byteCount + (isIPv6 ? 18 : 6)
        guard bytes.count.isMultiple(of: byteCount) else { return nil }
        var nodes: [NodeContact] = []
        for start in stride(from: 0, to: bytes.count, by: byteCount) {
            guard nodes.count < Limits.nodesPerAnswer else { break }
            let packed = bytes[start..<start + byteCount]
            guard let id = NodeID(bytes: packed.prefix(NodeID.byteCount)),
                let endpoint = Self.endpoint(packed.dropFirst(NodeID.byteCount)),
                endpoint.isUsable, endpoint.address.isIPv6 == isIPv6
            else { continue }
            nodes.append(NodeContact(id: id, endpoint: endpoint))
        }
        return nodes
    }

    static func bytes(_ nodes: [NodeContact]) -> [UInt8] {
        nodes.flatMap { $0.id.bytes + Self.bytes($0.endpoint) }
    }
}
