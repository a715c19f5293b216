// SPDX-License-Identifier: Apache-2.0

/// What both ends of a bridge sign in messages 3 and 4: who links which clusters, by which keys
/// (PROTOCOL.md §14.2).
///
/// A is who showed the offer. The keys are made for this one meeting: no member key crosses.
struct BridgeStatement: Sendable, Equatable {
    var meeting: [UInt8]
    var offering: (alias: ClusterAlias, keys: MemberKeys)
    var answering: (alias: ClusterAlias, keys: MemberKeys)

    static func == (left: BridgeStatement, right: BridgeStatement) -> Bool {
        left.signedBytes == right.signedBytes
    }

    /// The statement of a meeting, as one of its sides knows it; nil: a cluster is not linked with itself.
    init?(
        meeting: [UInt8], role: MeetingRole, own: (ClusterAlias, MemberKeys),
        peer: (ClusterAlias, MemberKeys)
    ) {
        guard own.0 != peer.0, own.1.signingKey != peer.1.signingKey, meeting.count == 32 else {
            return nil
        }
        self.meeting = meeting
        self.offering = role == .offering ? own : peer
        self.answering = role == .offering ? peer : own
    }

    /// "spockex/1 bridge" | 0 | meeting | A's alias, Ed25519, X25519 | B's.
    var signedBytes: [UInt8] {
        var writer = ByteWriter(text: "spockex/1 bridge")
        writer.put(self.meeting)
        for side in [self.offering, self.answering] {
            writer.put(side.alias)
            writer.put(side.keys)
        }
        return writer.bytes
    }

    func id(_ primitives: any Primitives) -> BridgeID {
        BridgeID(hash: primitives.hash(self.signedBytes))
    }
}

/// What one end of a bridge says to the other: what it allows, until when, and how its cluster is called
/// (PROTOCOL.md §14.3).
struct BridgeWord: Sendable, Equatable {
    var policy: BridgePolicy
    /// Seconds since 1970.
    var until: UInt64
    /// What the sender calls its cluster; a claim.
    var name: String
    /// By the sender's bridge key.
    var signature: [UInt8] = []

    /// "spockex/1 bridge word" | 0 | bridge id | u8 policy | u64 until | u8 length, name.
    func signedBytes(of bridge: BridgeID) -> [UInt8] {
        var writer = ByteWriter(text: "spockex/1 bridge word")
        writer.put(bridge)
        writer.putWord(self)
        return writer.bytes
    }

    func isValid(of bridge: BridgeID, by key: PublicKey, _ primitives: any Primitives) -> Bool {
        primitives.isValid(self.signature, of: self.signedBytes(of: bridge), by: key)
    }
}

extension ByteWriter {
    mutating func put(_ word: BridgeWord) {
        self.putWord(word)
        self.put(word.signature)
    }

    fileprivate mutating func putWord(_ word: BridgeWord) {
        self.put(word.policy.code)
        self.put(word.until)
        self.put(name: word.name)
    }
}

extension ByteReader {
    mutating func bridgeWord() -> BridgeWord? {
        guard let policy = self.uint8().flatMap({ BridgePolicy(code: $0) }),
            let until = self.uint64(), let name = self.name(), let signature = self.take(64)
        else { return nil }
        return BridgeWord(
            policy: policy, until: until, name: name, signature: Array(signature))
    }
}
