// SPDX-License-Identifier: Apache-2.0

/// One session's keys, counter and window: seals and opens its packets, each exactly once.
///
/// The network side holds it (inside `Gate`), and so does the simulator. A session that is
/// copied would use nonces twice: only the copy that the gate installed may seal.
public struct Session: Sendable {
    /// The index by which the other addresses this session; own choice.
    public let index: UInt32
    /// The own `pid` of its relation.
    public let ownPID: PeerID
    /// When the handshake made it.
    public let createdAt: Instant

    /// The index by which this side addresses the other's session; the other's choice.
    package let remoteIndex: UInt32
    let peerPID: PeerID
    let sendKey: Secret
    let receiveKey: Secret
    let sendMAC: Secret
    private(set) var sendCounter: UInt64 = 0
    private(set) var window = ReplayWindow()

    init(
        index: UInt32, remoteIndex: UInt32, keys: RelationKeys, ownPID: PeerID, sendKey: Secret,
        receiveKey: Secret, createdAt: Instant
    ) {
        self.index = index
        self.remoteIndex = remoteIndex
        self.ownPID = ownPID
        self.peerPID = keys.peerPID
        self.sendKey = sendKey
        self.receiveKey = receiveKey
        self.sendMAC = keys.sendMAC
        self.createdAt = createdAt
    }

    /// Seals one packet and counts it; nil when the session is too old or used up.
    ///
    /// Messages 3 and 4 are JSON with `echo` as `echoHost`; a frame is a binary packet whose
    /// 16-byte header is its associated data (PROTOCOL.md §7.1).
    mutating func seal(
        _ plaintext: [UInt8], as content: SessionContent, echo: Endpoint, now: Instant,
        _ primitives: any Primitives
    ) -> [UInt8]? {
        guard self.sendCounter < Constants.packetCountMax,
            now - self.createdAt < Constants.rejectAfter
        else { return nil }
        let counter = self.sendCounter
        switch content {
        case .founding, .foundingAnswer:
            guard let byteCount = content.plaintextByteCount,
                let padded = PaddedContent.pad(plaintext, to: byteCount)
            else { return nil }
            self.sendCounter += 1
            let sealed = primitives.seal(padded, key: self.sendKey, nonce: counter, associated: [])
            return EnvelopeWriter.sealed(
                content, pid: self.peerPID, to: self.remoteIndex, counter: counter, echo: echo
            ).finish(payload: sealed, key: self.sendMAC, primitives)
        case .frame:
            self.sendCounter += 1
            var writer = ByteWriter()
            writer.put([Constants.packetType, 0, 0, 0])
            writer.put(self.remoteIndex)
            writer.put(counter)
            let sealed = primitives.seal(
                plaintext, key: self.sendKey, nonce: counter, associated: writer.bytes)
            writer.put(sealed)
            return writer.bytes
        }
    }

    /// Whether a packet with this counter could be opened now, before any cryptography.
    func mayOpen(_ counter: UInt64, now: Instant) -> Bool {
        now - self.createdAt < Constants.rejectAfter && self.window.wouldAccept(counter)
    }

    /// A deliberate defect's: everything may be opened again.
    mutating func forgetWindow() { self.window = ReplayWindow() }

    /// Opens one packet and marks its counter as seen; nil when the seal does not hold.
    mutating func open(
        _ sealed: [UInt8], counter: UInt64, associated: [UInt8], _ primitives: any Primitives
    ) -> [UInt8]? {
        guard
            let plaintext = primitives.open(
                sealed, key: self.receiveKey, nonce: counter, associated: associated),
            self.window.accept(counter)
        else { return nil }
        return plaintext
    }
}
