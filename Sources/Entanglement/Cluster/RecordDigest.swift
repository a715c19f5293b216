// SPDX-License-Identifier: Apache-2.0

/// What two nodes compare when they meet again: 64 hashes of 16 bytes over the ids of all records.
///
/// The ids are sorted into 64 buckets by their first six bits; a bucket's hash is cut from SHA-256
/// of its ids in ascending order. An exclusive-or would be shorter to compute, but a member can make
/// records whose ids cancel out, and so hide them.
public struct RecordDigest: Sendable, Equatable {
    /// How many buckets there are.
    public static let bucketCount = 64
    /// Bytes of a digest.
    public static let byteCount = Self.bucketCount * 16

    /// 1,024 bytes: the buckets' hashes in order.
    public let bytes: [UInt8]

    /// Reads a digest; nil for any other length.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    fileprivate init(buckets: [[RecordID]], _ primitives: any Primitives) {
        self.bytes = buckets.flatMap { ids in
            var writer = ByteWriter()
            for id in ids { writer.put(id) }
            return primitives.hash(writer.bytes).prefix(16)
        }
    }

    /// The buckets in which the other holds other records.
    public func differing(from other: RecordDigest) -> [Int] {
        (0..<Self.bucketCount).filter { bucket in
            let range = 16 * bucket..<16 * (bucket + 1)
            return self.bytes[range] != other.bytes[range]
        }
    }
}

extension RecordSet {
    /// The digest of what is held (endpoint records apart).
    public func digest(_ primitives: any Primitives) -> RecordDigest {
        var buckets = [[RecordID]](repeating: [], count: RecordDigest.bucketCount)
        for entry in self.entries {
            buckets[Self.bucket(of: entry.record.id)].append(entry.record.id)
        }
        return RecordDigest(buckets: buckets.map { $0.sorted() }, primitives)
    }

    /// The ids in some buckets, in ascending order: what a node tells of the buckets that differ.
    public func ids(inBuckets buckets: [Int]) -> [RecordID] {
        self.entries.map(\.record.id).filter { buckets.contains(Self.bucket(of: $0)) }.sorted()
    }

    /// The ids in some buckets in the order in which they were taken in, parents first.
    func idsInOrder(inBuckets buckets: [Int]) -> [RecordID] {
        var isWanted = [Bool](repeating: false, count: RecordDigest.bucketCount)
        for bucket in buckets { isWanted[bucket] = true }
        return self.entries.map(\.record.id).filter { isWanted[Self.bucket(of: $0)] }
    }

    /// What to send to a peer that told which ids it holds in these buckets, parents first.
    public func missing(from held: [RecordID], inBuckets buckets: [Int]) -> [Record] {
        let held = Set(held)
        return self.entries.map(\.record).filter {
            buckets.contains(Self.bucket(of: $0.id)) && !held.contains($0.id)
        }
    }

    /// What to send to a peer that told its heads: everything that is not among them and their
    /// ancestors, parents first.
    ///
    /// Heads that are not known here say nothing.
    public func missing(fromHeads heads: [RecordID]) -> [Record] {
        var isHeld = [Bool](repeating: false, count: self.entries.count)
        for head in heads {
            if let number = self.number(of: head) { isHeld[number] = true }
        }
        for number in self.entries.indices.reversed() where isHeld[number] {
            for parent in self.entries[number].parents { isHeld[parent] = true }
        }
        return self.entries.indices.filter { !isHeld[$0] }.map { self.entries[$0].record }
    }

    /// What to send to a peer that told the sequences it holds of members' endpoint records.
    public func newerEndpoints(than held: [(member: MemberID, sequence: UInt64)]) -> [Record] {
        var sequences: [MemberID: UInt64] = [:]
        for (member, sequence) in held { sequences[member] = sequence }
        return self.endpointRecords.filter { record in
            guard let member = record.author, case .endpoint(let whereabouts) = record.body else {
                return false
            }
            return sequences[member].map { $0 < whereabouts.sequence } ?? true
        }
    }

    private static func bucket(of id: RecordID) -> Int { Int(id.leadingByte >> 2) }
}
