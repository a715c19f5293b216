// SPDX-License-Identifier: Apache-2.0

extension StateTokens {
    /// Writes what a datagram means, where the seals leave the text readable (test kit alone).
    ///
    /// Keys, MACs and tags are left out: the session indexes, which no two sessions of a run share,
    /// name the session and so its keys.
    package mutating func put(readableDatagram bytes: [UInt8]) {
        bytes.withUnsafeBytes { raw in
            guard raw.first == Constants.jsonType else { return self.put(packet: raw) }
            guard let envelope = Envelope(scanning: raw) else { return self.put(name: raw) }
            self.put(envelope, raw)
        }
    }

    private mutating func put(_ envelope: Envelope, _ raw: UnsafeRawBufferPointer) {
        if let pid = envelope.pid { self.put(name: pid) }
        let sealed = envelope.payload.flatMap {
            Base64URL.decode(UnsafeRawBufferPointer(rebasing: raw[$0]))
        }
        let text = sealed?.dropLast(Constants.tagByteCount) ?? []
        switch envelope.kind {
        case .opening(let from, let n):
            self.put(1)
            self.put(name: UInt64(from))
            self.put(.ownCounter(n))
            self.put(name: raw)
            let content = PaddedContent.unpad(Array(text.dropFirst(PublicKey.byteCount)))
                .flatMap { OpeningContent($0) }
            self.put(content?.isTrusted ?? false)
            self.put(content?.endpoints ?? [])
        case .response(let to, let from):
            self.put(2)
            self.put(name: UInt64(to))
            self.put(name: UInt64(from))
            let content = PaddedContent.unpad(Array(text.dropFirst(PublicKey.byteCount)))
                .flatMap { ResponseContent($0) }
            self.put(content?.isTrusted ?? false)
            self.put(content?.endpoints ?? [])
            if let keys = content?.memberKeys {
                self.put(name: keys.signingKey)
                self.put(name: keys.agreementKey)
            }
        case .founding(let to, let counter):
            self.put(3)
            self.put(name: UInt64(to))
            self.put(.serial(counter))
            self.put(text)
        case .foundingAnswer(let to, let counter):
            self.put(4)
            self.put(name: UInt64(to))
            self.put(.serial(counter))
            self.put(text)
        case .refusal(.opening(let n)):
            self.put(5)
            self.put(.peerCounter(n))
        case .refusal(.founding(let counter)):
            self.put(6)
            self.put(counter)
        case .resync(let n, let have):
            self.put(7)
            self.put(.peerCounter(n))
            self.put(.peerCounter(have))
        case .gone:
            self.put(8)
            self.put(name: envelope.proofBytes)
        }
    }

    private mutating func put(packet raw: UnsafeRawBufferPointer) {
        let overhead = Constants.packetHeaderByteCount + Constants.tagByteCount
        guard raw.count >= overhead else { return self.put(name: raw) }
        let index = UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        let text = Array(
            raw.dropFirst(Constants.packetHeaderByteCount).dropLast(Constants.tagByteCount))
        self.put(9)
        self.put(name: UInt64(index))
        self.put(
            .serial(UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))))
        self.put(text.first ?? 0)
        switch Frame(text) {
        case .ping(let token, let echo):
            self.put(.serialName(Self.digest(token)))
            self.put(echo)
        case .pong(let token, let echo),
            .challenge(let token, let echo), .challengeAnswer(let token, let echo):
            self.put(name: token)
            self.put(echo)
        case .addresses, .addressesAnswer, .forget, .forgetAnswer, .natHint, .natHintAnswer, .rest,
            .restAnswer, .seek, .found, .relay, .sought, .gossip, .bridge, nil:
            self.put(text)
        }
    }
}
