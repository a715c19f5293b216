// SPDX-License-Identifier: Apache-2.0

/// A member of one cluster: the UUIDv8 of what was signed when it came (PROTOCOL.md §11.2).
///
/// The id belongs to one pair of keys and one coming: who was removed and is met again comes back
/// under another id.
public struct MemberID: Identifier {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// The identifier of those sixteen bytes.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The id of a founder.
    public init(founder keys: MemberKeys, of cluster: ClusterID, _ primitives: any Primitives) {
        var writer = ByteWriter(domain: "spockex/1 founder", cluster)
        writer.put(keys)
        self.init(hash: primitives.hash(writer.bytes))
    }
}

/// What a newcomer signs: it joins this cluster by this sponsor, from this meeting, with these keys.
///
/// It does not depend on anything else that the sponsor has written, so every attempt of one
/// meeting signs the same bytes. Its hash is the newcomer's id.
public struct JoinStatement: Sendable, Equatable {
    /// What the newcomer signs.
    public let signedBytes: [UInt8]

    /// The statement of one meeting.
    public init(
        cluster: ClusterID, sponsor: MemberID, meeting: [UInt8], newcomer: MemberKeys
    ) {
        var writer = ByteWriter(domain: "spockex/1 join", cluster)
        writer.put(sponsor)
        writer.put(meeting)
        writer.put(newcomer)
        self.signedBytes = writer.bytes
    }

    /// The id that the newcomer has from then on.
    public func newcomer(_ primitives: any Primitives) -> MemberID {
        MemberID(hash: primitives.hash(self.signedBytes))
    }
}

/// What the other of two members signs who met in person; the same whichever of them writes the
/// record.
public struct MetStatement: Sendable, Equatable {
    /// What the other signs.
    public let signedBytes: [UInt8]

    /// The statement of one meeting of two members.
    public init(cluster: ClusterID, _ one: MemberID, _ other: MemberID, meeting: [UInt8]) {
        var writer = ByteWriter(domain: "spockex/1 met", cluster)
        writer.put(min(one, other))
        writer.put(max(one, other))
        writer.put(meeting)
        self.signedBytes = writer.bytes
    }
}

extension ByteWriter {
    /// Begins what is signed or hashed for one purpose in one cluster: text | 0 | cluster UID.
    init(domain: String, _ cluster: ClusterID) {
        self.init()
        self.put(domain.utf8)
        self.put(UInt8(0))
        self.put(cluster)
    }
}
