// SPDX-License-Identifier: Apache-2.0

/// The UDP ports at which a node is reached on its local networks; 0: not over that family.
public struct HelloPorts: Sendable, Hashable {
    /// The port of the socket for IPv4.
    public var ipv4: UInt16
    /// The port of the socket for IPv6.
    public var ipv6: UInt16

    /// The ports of both sockets.
    public init(ipv4: UInt16, ipv6: UInt16) {
        self.ipv4 = ipv4
        self.ipv6 = ipv6
    }

    /// Where the sender of a hello is reached, given the address that it came from; nil: nowhere.
    func endpoint(of source: Endpoint) -> Endpoint? {
        let port = source.address.isIPv6 ? self.ipv6 : self.ipv4
        return port == 0 ? nil : Endpoint(address: source.address, port: port)
    }
}

/// The question of a node who of its peers is on this local network (PROTOCOL.md §8.10).
///
/// Of fixed size: `"spockex" | u8 1 | nonce 16 | u16 port | u16 port | 64 tags of 8 bytes`. Only who
/// shares a key with the sender tells a tag from a random number.
public struct Hello: Sendable, Equatable {
    /// 239.255.83.88, of the scope that stays inside a site (RFC 2365 §6.1).
    public static let groupIPv4 = IPAddress.v4(0xefff_5358)
    /// ff12::b39d:5358, link-local and not assigned for good (RFC 4291 §2.7, RFC 3307 §4.3).
    public static let groupIPv6 = IPAddress.v6(0xff12_0000_0000_0000, 0xb39d_5358)
    /// The UDP port of both groups.
    public static let port: UInt16 = 29_414
    /// Bytes of every hello.
    public static let byteCount = 540

    static let tagCount = 64
    static let tagByteCount = 8
    static let nonceByteCount = 16
    /// "spockex" and the version.
    static let magic: [UInt8] = Array("spockex".utf8) + [1]

    /// Random, and another one in each hello.
    public var nonce: [UInt8]
    /// Where the sender is reached.
    public var ports: HelloPorts
    /// Who is called, and random numbers.
    public var tags: [UInt64]

    init(nonce: [UInt8], ports: HelloPorts, tags: [UInt64]) {
        precondition(nonce.count == Self.nonceByteCount && tags.count == Self.tagCount)
        self.nonce = nonce
        self.ports = ports
        self.tags = tags
    }

    /// Reads a datagram; nil when it is anything else.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        var reader = ByteReader(bytes)
        guard let magic = reader.take(Self.magic.count), Array(magic) == Self.magic,
            let nonce = reader.take(Self.nonceByteCount), let ipv4 = reader.uint16(),
            let ipv6 = reader.uint16()
        else { return nil }
        self.nonce = Array(nonce)
        self.ports = HelloPorts(ipv4: ipv4, ipv6: ipv6)
        self.tags = (0..<Self.tagCount).compactMap { _ in reader.uint64() }
    }

    /// The datagram.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.put(Self.magic)
        writer.put(self.tagged)
        for tag in self.tags { writer.put(tag) }
        return writer.bytes
    }

    /// What a tag covers: the nonce and both ports, so that nobody turns a hello against others.
    private var tagged: [UInt8] {
        var writer = ByteWriter()
        writer.put(self.nonce)
        writer.put(self.ports.ipv4)
        writer.put(self.ports.ipv6)
        return writer.bytes
    }

    /// What a key makes of this hello.
    func tag(_ key: Secret, _ primitives: any Primitives) -> UInt64 {
        primitives.hmac(self.tagged, key: key).prefix(Self.tagByteCount)
            .reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// The keys of one relation for hellos: one for each direction, so that an own one that comes back
/// is nobody's.
struct HelloKeys: Sendable {
    let own: Secret
    let peer: Secret

    /// From the MAC keys, which who filmed both codes does not have.
    init(_ keys: RelationKeys, _ primitives: any Primitives) {
        let label = Array("spockex/1 hello".utf8)
        self.own = primitives.expand(keys.sendMAC, label: label, byteCount: 32)
        self.peer = primitives.expand(keys.receiveMAC, label: label, byteCount: 32)
    }
}
