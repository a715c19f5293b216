// SPDX-License-Identifier: Apache-2.0

/// A Noise handshake pattern: which keys are known before, and what each message carries.
///
/// The one-way, fundamental and deferred patterns of the Noise text (§7.4, §7.5, §18.1) with psk
/// modifiers (§9). The `fallback` modifier is not known.
package struct NoisePattern: Sendable, Equatable {
    /// One step of a message.
    package enum Token: String, Sendable, Equatable {
        /// Send the ephemeral public key.
        case e
        /// Send the static public key, sealed as soon as there is a key.
        case s
        /// Mix the agreement of both ephemeral keys.
        case ee
        /// Mix the agreement of the initiator's ephemeral and the responder's static key.
        case es
        /// Mix the agreement of the initiator's static and the responder's ephemeral key.
        case se
        /// Mix the agreement of both static keys.
        case ss
        /// Mix the next pre-shared key.
        case psk
    }

    /// The pattern with its modifiers, like `KKpsk0`.
    package let name: String
    /// Whether the responder knows the initiator's static key before.
    package let knowsInitiator: Bool
    /// Whether the initiator knows the responder's static key before.
    package let knowsResponder: Bool
    /// The messages in order, the first one from the initiator.
    package let messages: [[Token]]

    /// The pattern of SpockEx's own sessions.
    package static let kkpsk0 = NoisePattern(
        name: "KKpsk0", knowsInitiator: true, knowsResponder: true,
        messages: [[.psk, .e, .es, .ss], [.e, .ee, .se]])

    /// The number of pre-shared keys that a handshake needs.
    package var pskCount: Int { self.count(of: .psk) }

    /// Whether only the initiator ever sends.
    package var isOneWay: Bool { self.messages.count == 1 }

    /// The full name, as it is hashed: always X25519, ChaCha20-Poly1305 and SHA-256.
    package var protocolName: String {
        Self.protocolPrefix + self.name + Self.protocolSuffix
    }

    /// Whether that side must have a static key.
    package func needsStaticKey(_ role: NoiseRole) -> Bool {
        switch role {
        case .initiator: self.knowsInitiator || self.sends(.s, from: .initiator)
        case .responder: self.knowsResponder || self.sends(.s, from: .responder)
        }
    }

    /// Whether that side must know the other side's static key before.
    package func needsRemoteStatic(_ role: NoiseRole) -> Bool {
        role == .initiator ? self.knowsResponder : self.knowsInitiator
    }

    private init(
        name: String, knowsInitiator: Bool, knowsResponder: Bool, messages: [[Token]]
    ) {
        self.name = name
        self.knowsInitiator = knowsInitiator
        self.knowsResponder = knowsResponder
        self.messages = messages
    }

    private func count(of token: Token) -> Int {
        self.messages.joined().count { $0 == token }
    }

    private func sends(_ token: Token, from role: NoiseRole) -> Bool {
        self.messages.enumerated().contains { index, tokens in
            index.isMultiple(of: 2) == (role == .initiator) && tokens.contains(token)
        }
    }

    private static let protocolPrefix = "Noise_"
    private static let protocolSuffix = "_25519_ChaChaPoly_SHA256"
}

extension NoisePattern {
    /// Parses a full protocol name; `nil` for other ciphers, patterns or modifiers.
    package init?(protocolName: String) {
        guard
            protocolName.hasPrefix(Self.protocolPrefix), protocolName.hasSuffix(Self.protocolSuffix)
        else { return nil }
        let name = protocolName.dropFirst(Self.protocolPrefix.count)
            .dropLast(Self.protocolSuffix.count)
        self.init(name: String(name))
    }

    /// Parses a pattern with psk modifiers, like `XX`, `IKpsk2` or `KKpsk0+psk2`.
    package init?(name: String) {
        let base = name.prefix { $0.isUppercase || $0.isNumber }
        guard let line = Self.table[String(base)] else { return nil }
        let parts = line.split(separator: "|", omittingEmptySubsequences: false)
        var messages = parts.dropFirst(2).map { message in
            message.split(separator: " ").compactMap { Token(rawValue: String($0)) }
        }
        var places: Set<Int> = []
        let modifiers = name.dropFirst(base.count)
        for modifier in modifiers.split(separator: "+", omittingEmptySubsequences: false)
        where !modifiers.isEmpty {
            guard
                modifier.hasPrefix("psk"), let place = Int(modifier.dropFirst(3)),
                (0...messages.count).contains(place), places.insert(place).inserted
            else { return nil }
            if place == 0 {
                messages[0].insert(.psk, at: 0)
            } else {
                messages[place - 1].append(.psk)
            }
        }
        self.init(
            name: name, knowsInitiator: parts[0] == "s", knowsResponder: parts[1] == "s",
            messages: messages)
    }

    /// The names of all patterns without modifiers, sorted.
    package static var allNames: [String] { Self.table.keys.sorted() }

    /// One line a pattern, parts divided by bars.
    ///
    /// What is known before of the initiator, of the responder, then the messages in order.
    private static let table: [String: String] = [
        "N": "|s|e es", "K": "s|s|e es ss", "X": "|s|e es s ss",

        "NN": "||e|e ee", "NK": "|s|e es|e ee", "NX": "||e|e ee s es",
        "XN": "||e|e ee|s se", "XK": "|s|e es|e ee|s se", "XX": "||e|e ee s es|s se",
        "KN": "s||e|e ee se", "KK": "s|s|e es ss|e ee se", "KX": "s||e|e ee se s es",
        "IN": "||e s|e ee se", "IK": "|s|e es s ss|e ee se", "IX": "||e s|e ee se s es",

        "NK1": "|s|e|e ee es", "NX1": "||e|e ee s|es",
        "X1N": "||e|e ee|s|se", "X1K": "|s|e es|e ee|s|se",
        "XK1": "|s|e|e ee es|s se", "X1K1": "|s|e|e ee es|s|se",
        "X1X": "||e|e ee s es|s|se", "XX1": "||e|e ee s|es s se",
        "X1X1": "||e|e ee s|es s|se",
        "K1N": "s||e|e ee|se", "K1K": "s|s|e es|e ee|se",
        "KK1": "s|s|e|e ee se es", "K1K1": "s|s|e|e ee es|se",
        "K1X": "s||e|e ee s es|se", "KX1": "s||e|e ee se s|es",
        "K1X1": "s||e|e ee s|se es",
        "I1N": "||e s|e ee|se", "I1K": "|s|e es s|e ee|se",
        "IK1": "|s|e s|e ee se es", "I1K1": "|s|e s|e ee es|se",
        "I1X": "||e s|e ee s es|se", "IX1": "||e s|e ee se s|es",
        "I1X1": "||e s|e ee s|se es",
    ]
}

/// Which side of one handshake this is.
package enum NoiseRole: Sendable, Equatable {
    /// Writes the first message.
    case initiator
    /// Reads the first message.
    case responder
}
