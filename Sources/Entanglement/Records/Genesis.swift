// SPDX-License-Identifier: Apache-2.0

/// The record that founds a cluster of two (PROTOCOL.md §6).
///
/// Its content depends only on the meeting and on both members' keys, which are stored before a
/// code is shown; so every attempt, whoever starts it, makes the same bytes and the same UID.
struct Genesis: Equatable {
    /// u8 version 1 | meeting 32 | A.ed 32 | A.x 32 | B.ed 32 | B.x 32.
    let content: [UInt8]
    /// UUIDv8 of SHA-256 of the content.
    let cluster: ClusterID

    static let byteCount = 161

    init(
        meeting: [UInt8], offering: MemberKeys, answering: MemberKeys, _ primitives: any Primitives
    ) {
        var writer = ByteWriter()
        writer.put(UInt8(1))
        writer.put(meeting)
        writer.put(offering.signingKey.bytes)
        writer.put(offering.agreementKey.bytes)
        writer.put(answering.signingKey.bytes)
        writer.put(answering.agreementKey.bytes)
        self.content = writer.bytes
        self.cluster = ClusterID(hash: primitives.hash(writer.bytes))
    }

    /// What both members sign: "spockex/1 genesis" | 0 | cluster UID | content.
    var signedBytes: [UInt8] {
        Array("spockex/1 genesis".utf8) + [0] + self.cluster.bytes + self.content
    }
}
