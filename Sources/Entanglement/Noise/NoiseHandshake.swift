// SPDX-License-Identifier: Apache-2.0

/// One Noise handshake with X25519, ChaCha20-Poly1305 and SHA-256 (Noise §5.3).
///
/// A value: a copy is an independent handshake in the same state. A call that throws changes
/// nothing, so a forged message does not spoil the wait for the right one. Stricter than the Noise
/// text in one point: an all-zero Diffie-Hellman result is refused (``NoiseError/weakKey``).
package struct NoiseHandshake: Sendable {
    /// The most that one Noise message may have (Noise §3).
    package static let messageByteCountLimit = 65_535

    /// The other side's static key, as soon as it is known.
    package private(set) var remoteStatic: PublicKey?

    private let pattern: NoisePattern
    private let role: NoiseRole
    private let primitives: any Primitives
    private var symmetric: SymmetricState
    private var staticKey: AgreementKey?
    private var ephemeral: AgreementKey?
    private var remoteEphemeral: PublicKey?
    private var psks: ArraySlice<Secret>
    private var messageCount = 0

    /// Starts a handshake.
    ///
    /// The keys must be those that the pattern asks for; others are our own mistake and trap. The
    /// ephemeral key is the caller's, from its generator, and must be used for one handshake only
    /// (a side that never sends one, the responder of a one-way pattern, may give none). The psks
    /// stand in the order in which the pattern uses them.
    package init(
        pattern: NoisePattern, role: NoiseRole, prologue: [UInt8], staticKey: AgreementKey?,
        remoteStatic: PublicKey?, psks: [Secret], ephemeral: AgreementKey?,
        primitives: any Primitives
    ) {
        precondition(
            !pattern.needsStaticKey(role) || staticKey != nil, "this pattern needs a static key")
        precondition(
            pattern.needsRemoteStatic(role) == (remoteStatic != nil),
            "the other side's static key is given exactly when the pattern knows it before")
        precondition(
            psks.count == pattern.pskCount && psks.allSatisfy { $0.byteCount == 32 },
            "this pattern needs another number of pre-shared keys, of 32 bytes each")
        precondition(
            ephemeral != nil || (pattern.isOneWay && role == .responder),
            "a side that sends needs an ephemeral key")
        self.pattern = pattern
        self.role = role
        self.primitives = primitives
        self.staticKey = staticKey
        self.remoteStatic = remoteStatic
        self.ephemeral = ephemeral
        self.psks = psks[...]
        self.symmetric = SymmetricState(
            protocolName: pattern.protocolName, primitives: primitives)
        self.symmetric.mixHash(prologue)
        let isInitiator = role == .initiator
        if pattern.knowsInitiator {
            self.mixHash(isInitiator ? staticKey?.publicKey : remoteStatic)
        }
        if pattern.knowsResponder {
            self.mixHash(isInitiator ? remoteStatic : staticKey?.publicKey)
        }
    }

    /// Starts SpockEx's own handshake: both static keys and one pre-shared key are known.
    package static func kkpsk0(
        role: NoiseRole, prologue: [UInt8], staticKey: AgreementKey, remoteStatic: PublicKey,
        psk: Secret, ephemeral: AgreementKey, primitives: any Primitives
    ) -> NoiseHandshake {
        NoiseHandshake(
            pattern: .kkpsk0, role: role, prologue: prologue, staticKey: staticKey,
            remoteStatic: remoteStatic, psks: [psk], ephemeral: ephemeral, primitives: primitives)
    }

    /// Whether every message of the pattern was written or read.
    package var isFinished: Bool { self.messageCount == self.pattern.messages.count }

    /// The hash of everything both sides said: equal on both sides when finished.
    package var handshakeHash: [UInt8] { self.symmetric.hash }

    /// Writes the next message around a payload, which is sealed as soon as there is a key.
    package mutating func write(_ payload: [UInt8]) throws(NoiseError) -> [UInt8] {
        var next = self
        let message = try next.writeNext(payload)
        self = next
        return message
    }

    /// Reads the other side's next message and returns its payload.
    package mutating func read(_ message: [UInt8]) throws(NoiseError) -> [UInt8] {
        var next = self
        let payload = try next.readNext(message)
        self = next
        return payload
    }

    /// The transport keys of a finished handshake; traps before.
    package func split() -> (initiatorToResponder: Secret, responderToInitiator: Secret) {
        precondition(self.isFinished, "only a finished handshake has transport keys")
        let (first, second) = self.symmetric.split()
        return (first, second)
    }
}

extension NoiseHandshake {
    private mutating func writeNext(_ payload: [UInt8]) throws(NoiseError) -> [UInt8] {
        let tokens = try self.tokens(sender: self.role)
        var message: [UInt8] = []
        message.reserveCapacity(payload.count + Self.overheadLimit)
        for token in tokens {
            switch token {
            case .e:
                let publicKey = self.ephemeralKey.publicKey
                message += publicKey.bytes
                self.mixEphemeral(publicKey)
            case .s:
                message += try self.symmetric.sealAndHash(self.ownStatic.publicKey.bytes)
            case .ee, .es, .se, .ss:
                try self.mixAgreement(token)
            case .psk:
                self.mixPreSharedKey()
            }
        }
        message += try self.symmetric.sealAndHash(payload)
        guard message.count <= Self.messageByteCountLimit else {
            throw .tooLong(byteCount: message.count)
        }
        self.advance()
        return message
    }

    private mutating func readNext(_ message: [UInt8]) throws(NoiseError) -> [UInt8] {
        guard message.count <= Self.messageByteCountLimit else {
            throw .tooLong(byteCount: message.count)
        }
        let tokens = try self.tokens(sender: self.role == .initiator ? .responder : .initiator)
        var rest = message[...]
        func take(_ count: Int) throws(NoiseError) -> ArraySlice<UInt8> {
            guard rest.count >= count else { throw .tooShort(byteCount: message.count) }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        for token in tokens {
            switch token {
            case .e:
                let publicKey = try Self.publicKey(try take(PublicKey.byteCount))
                self.remoteEphemeral = publicKey
                self.mixEphemeral(publicKey)
            case .s:
                let tagCount = self.symmetric.hasKey ? Self.tagByteCount : 0
                let sealed = try take(PublicKey.byteCount + tagCount)
                self.remoteStatic = try Self.publicKey(try self.symmetric.openAndHash(sealed)[...])
            case .ee, .es, .se, .ss:
                try self.mixAgreement(token)
            case .psk:
                self.mixPreSharedKey()
            }
        }
        let payload = try self.symmetric.openAndHash(rest)
        self.advance()
        return payload
    }

    private func tokens(sender: NoiseRole) throws(NoiseError) -> [NoisePattern.Token] {
        let turn: NoiseRole = self.messageCount.isMultiple(of: 2) ? .initiator : .responder
        guard !self.isFinished, turn == sender else { throw .outOfTurn }
        return self.pattern.messages[self.messageCount]
    }

    /// Counts the message; after the last one nothing but the result is kept.
    private mutating func advance() {
        self.messageCount += 1
        guard self.isFinished else { return }
        self.staticKey = nil
        self.ephemeral = nil
        self.psks = []
    }

    private mutating func mixHash(_ publicKey: PublicKey?) {
        publicKey?.withBytes { self.symmetric.mixHash($0) }
    }

    /// With pre-shared keys the ephemeral keys also randomise the cipher key (Noise §9.2).
    private mutating func mixEphemeral(_ publicKey: PublicKey) {
        publicKey.withBytes { bytes in
            self.symmetric.mixHash(bytes)
            if self.pattern.pskCount > 0 { self.symmetric.mixKey(bytes) }
        }
    }

    private mutating func mixPreSharedKey() {
        guard let psk = self.psks.popFirst() else {
            preconditionFailure("the initialiser counted the pre-shared keys")
        }
        self.symmetric.mixKeyAndHash(psk)
    }

    private mutating func mixAgreement(_ token: NoisePattern.Token) throws(NoiseError) {
        let isInitiator = self.role == .initiator
        let usesOwnStatic = token == .ss || token == (isInitiator ? .se : .es)
        let usesRemoteStatic = token == .ss || token == (isInitiator ? .es : .se)
        let own = usesOwnStatic ? self.ownStatic : self.ephemeralKey
        guard let remote = usesRemoteStatic ? self.remoteStatic : self.remoteEphemeral else {
            preconditionFailure("no pattern agrees on a key that was not sent before")
        }
        guard let shared = self.primitives.agree(own, remote) else { throw .weakKey }
        shared.withBytes { self.symmetric.mixKey($0) }
    }

    private var ownStatic: AgreementKey {
        guard let staticKey else { preconditionFailure("the initialiser checked the static key") }
        return staticKey
    }

    private var ephemeralKey: AgreementKey {
        guard let ephemeral else {
            preconditionFailure("the initialiser checked the ephemeral key")
        }
        return ephemeral
    }

    private static func publicKey(_ bytes: ArraySlice<UInt8>) throws(NoiseError) -> PublicKey {
        guard let key = PublicKey(bytes: bytes) else { throw .tooShort(byteCount: bytes.count) }
        return key
    }

    private static let tagByteCount = 16
    private static let overheadLimit = 2 * PublicKey.byteCount + 2 * tagByteCount
}
