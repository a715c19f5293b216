// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// A question: what we ask, and what a node that answers would read.
public struct KRPCQuery: Sendable, Equatable {
    /// What is asked for.
    public enum Kind: Sendable, Equatable {
        /// Are you there?
        case ping
        /// Which nodes are close to this id (BEP 5)?
        case findNode(target: NodeID)
        /// What is stored there, and who is close (BEP 44)?
        ///
        /// An item is wanted only if it is newer than the number.
        case get(target: NodeID, newerThan: Int64?)
        /// Store this; only over the item with that number, if one is given (BEP 44).
        case put(ItemFields, salt: [UInt8], token: [UInt8], over: Int64?)
    }

    /// Who asks.
    public var id: NodeID
    /// What.
    public var kind: Kind

    /// A question of that node.
    public init(id: NodeID, _ kind: Kind) {
        self.id = id
        self.kind = kind
    }

    var method: String {
        switch self.kind {
        case .ping: "ping"
        case .findNode: "find_node"
        case .get: "get"
        case .put: "put"
        }
    }

    var arguments: BencodeDictionary {
        var arguments = BencodeDictionary()
        arguments["id"] = .bytes(self.id.bytes)
        switch self.kind {
        case .ping: break
        case .findNode(let target): arguments["target"] = .bytes(target.bytes)
        case .get(let target, let sequence):
            arguments["target"] = .bytes(target.bytes)
            arguments["seq"] = sequence.map { .integer($0) }
        case .put(let item, let salt, let token, let former):
            item.write(to: &arguments)
            if !salt.isEmpty { arguments["salt"] = .bytes(salt) }
            arguments["token"] = .bytes(token)
            arguments["cas"] = former.map { .integer($0) }
        }
        return arguments
    }

    init(_ message: BencodeDictionary) throws(KRPCError) {
        guard let arguments = message["a"]?.dictionary, let method = message["q"]?.bytes else {
            throw .field(.message)
        }
        self.id = try arguments.nodeID("id", .id)
        switch method {
        case Array("ping".utf8): self.kind = .ping
        case Array("find_node".utf8):
            self.kind = .findNode(target: try arguments.nodeID("target", .target))
        case Array("get".utf8):
            self.kind = .get(
                target: try arguments.nodeID("target", .target),
                newerThan: try arguments.sequence("seq"))
        case Array("put".utf8):
            guard let item = try ItemFields(arguments) else { throw .field(.item) }
            let salt = arguments["salt"].map(\.bytes) ?? []
            guard let salt, salt.count <= Limits.saltByteCount else { throw .field(.item) }
            guard let token = try arguments.token() else { throw .field(.token) }
            self.kind = .put(item, salt: salt, token: token, over: try arguments.sequence("cas"))
        default: throw .unknownMethod
        }
    }
}

/// An answer, as far as anybody who asks the above needs it.
public struct KRPCResponse: Sendable, Equatable {
    /// Who answers.
    public var id: NodeID
    /// Nodes that are closer, with IPv4 and with IPv6; at most 16 of each.
    public var nodes: [NodeContact] = []
    /// Permits to write there for a few minutes; 1 to 64 bytes.
    public var token: [UInt8]?
    /// What is stored there, as it says: nothing of it is checked yet.
    public var item: ItemFields?

    /// An answer of that node.
    public init(
        id: NodeID, nodes: [NodeContact] = [], token: [UInt8]? = nil, item: ItemFields? = nil
    ) {
        self.id = id
        self.nodes = nodes
        self.token = token
        self.item = item
    }

    var fields: BencodeDictionary {
        var fields = BencodeDictionary()
        fields["id"] = .bytes(self.id.bytes)
        let four = self.nodes.filter { !$0.endpoint.address.isIPv6 }
        let six = self.nodes.filter(\.endpoint.address.isIPv6)
        if !four.isEmpty { fields["nodes"] = .bytes(CompactForm.bytes(four)) }
        if !six.isEmpty { fields["nodes6"] = .bytes(CompactForm.bytes(six)) }
        fields["token"] = self.token.map { .bytes($0) }
        self.item?.write(to: &fields)
        return fields
    }

    init(_ fields: BencodeDictionary) throws(KRPCError) {
        self.id = try fields.nodeID("id", .id)
        self.nodes =
            try fields.contacts("nodes", isIPv6: false)
            + fields.contacts("nodes6", isIPv6: true)
        self.token = try fields.token()
        self.item = try ItemFields(fields)
    }
}

/// The parts of an item on the wire; nothing is checked but their lengths.
public struct ItemFields: Sendable, Equatable {
    /// 32 bytes of an Ed25519 key.
    public var key: [UInt8]
    /// 64 bytes.
    public var signature: [UInt8]
    /// Not negative.
    public var sequence: Int64
    /// At most 1,000 bytes when it is written.
    public var value: Bencode

    /// These parts.
    public init(key: [UInt8], signature: [UInt8], sequence: Int64, value: Bencode) {
        self.key = key
        self.signature = signature
        self.sequence = sequence
        self.value = value
    }

    /// The parts of an item; its salt stands apart.
    public init(_ item: MutableItem) {
        self.init(
            key: item.key.bytes, signature: item.signature, sequence: item.sequence,
            value: item.value)
    }

    /// Nil when there is no value, or no key with it: such an item nobody has signed.
    init?(_ fields: BencodeDictionary) throws(KRPCError) {
        guard let value = fields["v"], let key = fields["k"] else { return nil }
        guard let key = key.bytes, key.count == 32, let signature = fields["sig"]?.bytes,
            signature.count == 64, let sequence = try fields.sequence("seq"),
            value.encoded.count <= Limits.valueByteCount
        else { throw .field(.item) }
        self.init(key: key, signature: signature, sequence: sequence, value: value)
    }

    func write(to fields: inout BencodeDictionary) {
        fields["k"] = .bytes(self.key)
        fields["sig"] = .bytes(self.signature)
        fields["seq"] = .integer(self.sequence)
        fields["v"] = self.value
    }
}

extension BencodeDictionary {
    fileprivate func nodeID(_ key: String, _ field: KRPCField) throws(KRPCError) -> NodeID {
        guard let bytes = self[key]?.bytes, let id = NodeID(bytes: bytes) else {
            throw .field(field)
        }
        return id
    }

    fileprivate func sequence(_ key: String) throws(KRPCError) -> Int64? {
        guard let value = self[key] else { return nil }
        guard let number = value.integer, number >= 0 else { throw .field(.item) }
        return number
    }

    fileprivate func token() throws(KRPCError) -> [UInt8]? {
        guard let value = self["token"] else { return nil }
        guard let token = value.bytes, (1...Limits.tokenByteCount).contains(token.count) else {
            throw .field(.token)
        }
        return token
    }

    fileprivate func contacts(_ key: String, isIPv6: Bool) throws(KRPCError) -> [NodeContact] {
        guard let value = self[key] else { return [] }
        guard let bytes = value.bytes,
            let nodes = CompactForm.nodes(bytes, isIPv6: isIPv6)
        else { throw .field(.nodes) }
        return nodes
    }
}
