// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not a record.
public enum RecordError: Error, Equatable {
    /// More than 1,024 bytes.
    case tooLong(byteCount: Int)
    /// Bytes are missing, left over, or not where the lengths say.
    case wrongLength
    /// A kind that this version does not know.
    case unknownKind(UInt8)
    /// A field has a value that it must not have.
    case badField
    /// The same value has another encoding.
    case notCanonical
}

/// A signed statement of a member about its cluster (PROTOCOL.md §11.1).
///
/// A value that was read from bytes is well-formed; whether its signatures are right depends on the
/// roster (``RecordSet``).
public struct Record: Sendable, Equatable {
    /// What copies share.
    private final class Storage: Sendable {
        let id: RecordID
        let draft: RecordDraft
        let signatures: [[UInt8]]

        init(id: RecordID, _ draft: RecordDraft, _ signatures: [[UInt8]]) {
            self.id = id
            self.draft = draft
            self.signatures = signatures
        }
    }

    private let storage: Storage

    /// SHA-256 of the content.
    public var id: RecordID { self.storage.id }

    /// The exact bytes that are hashed and signed.
    public var content: [UInt8] { self.storage.draft.content }

    /// One or two signatures of 64 bytes.
    public var signatures: [[UInt8]] { self.storage.signatures }

    /// Who wrote it and after what; nil: a genesis or an endpoint record.
    public var place: RecordPlace? { self.storage.draft.place }

    /// What it says.
    public var body: RecordBody { self.storage.draft.body }

    /// The kind of the record.
    public var kind: RecordKind { self.storage.draft.kind }

    /// Who wrote it; nil: both founders.
    public var author: MemberID? { self.storage.draft.author }

    /// Whether content and signatures are equal.
    public static func == (left: Record, right: Record) -> Bool {
        left.storage === right.storage
            || left.content == right.content && left.signatures == right.signatures
    }

    /// What the author signs.
    func signedBytes(in cluster: ClusterID) -> [UInt8] {
        self.storage.draft.signedBytes(in: cluster)
    }

    /// Reads what ``bytes`` gives; exactly one sequence of bytes stands for each record.
    public init(bytes: [UInt8], _ primitives: any Primitives) throws(RecordError) {
        guard bytes.count <= ClusterLimits.recordByteCountMax else {
            throw .tooLong(byteCount: bytes.count)
        }
        var reader = ByteReader(bytes)
        guard let count = reader.uint16(), let content = reader.take(Int(count)) else {
            throw .wrongLength
        }
        let draft = try RecordDraft(content: Array(content))
        var signatures: [[UInt8]] = []
        for _ in 0..<draft.body.kind.signatureCount {
            guard let signature = reader.take(64) else { throw .wrongLength }
            signatures.append(Array(signature))
        }
        guard reader.isAtEnd else { throw .wrongLength }
        self.init(draft, signatures: signatures, primitives)
    }

    /// A draft with its signatures; as many of 64 bytes as its kind has.
    public init(
        _ draft: RecordDraft, signatures: [[UInt8]], _ primitives: any Primitives
    ) {
        precondition(
            signatures.count == draft.body.kind.signatureCount
                && signatures.allSatisfy { $0.count == 64 },
            "a record has the signatures of its kind")
        guard let id = RecordID(bytes: primitives.hash(draft.content)) else {
            preconditionFailure("a hash has 32 bytes")
        }
        self.storage = Storage(id: id, draft, signatures)
    }

    /// u16 length of the content | content | signatures: as it travels and is stored.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.put(UInt16(truncatingIfNeeded: self.content.count))
        writer.put(self.content)
        for signature in self.signatures { writer.put(signature) }
        return writer.bytes
    }
}

/// A record before it is signed.
public struct RecordDraft: Sendable, Equatable {
    /// The exact bytes that are hashed and signed.
    public let content: [UInt8]
    /// Who writes it and after what; nil: a genesis or an endpoint record.
    public let place: RecordPlace?
    /// What it says.
    public let body: RecordBody
    /// The kind of the record.
    public let kind: RecordKind
    /// Who writes it; nil: both founders.
    public let author: MemberID?

    /// A record of the roster at its place.
    public init(_ body: RecordBody, at place: RecordPlace) throws(RecordError) {
        switch body {
        case .genesis, .endpoint: throw .badField
        case .add, .confirm, .leave, .remove, .vote, .block, .epoch: break
        }
        try self.init(content: Self.content(body, at: place, of: nil))
    }

    /// An endpoint record of that member.
    public init(_ whereabouts: Whereabouts, of member: MemberID) throws(RecordError) {
        try self.init(content: Self.content(.endpoint(whereabouts), at: nil, of: member))
    }

    /// The record of a founding; two different Ed25519 keys.
    public init(_ founding: Founding) throws(RecordError) {
        try self.init(content: Self.content(.genesis(founding), at: nil, of: nil))
    }

    /// Reads a content; exactly one content stands for each value.
    init(content: [UInt8]) throws(RecordError) {
        var reader = ByteReader(content)
        guard let number = reader.uint8() else { throw .wrongLength }
        guard let kind = RecordKind(rawValue: number) else { throw .unknownKind(number) }
        var member: MemberID?
        var place: RecordPlace?
        switch kind {
        case .genesis: break
        case .endpoint:
            guard let author = reader.memberID() else { throw .wrongLength }
            member = author
        case .add, .confirm, .leave, .remove, .vote, .block, .epoch:
            place = try Self.place(&reader)
        }
        self.body = try Self.body(kind, &reader)
        guard reader.isAtEnd else { throw .wrongLength }
        self.content = content
        self.place = place
        self.kind = kind
        self.author = place?.author ?? member
        let byteCount = 2 + content.count + 64 * kind.signatureCount
        guard byteCount <= ClusterLimits.recordByteCountMax else {
            throw .tooLong(byteCount: byteCount)
        }
        guard Self.content(self.body, at: place, of: member) == content else {
            throw .notCanonical
        }
    }

    /// What the author signs.
    public func signedBytes(in cluster: ClusterID) -> [UInt8] {
        var writer = ByteWriter(domain: self.body.kind.domain, cluster)
        writer.put(self.content)
        return writer.bytes
    }
}
