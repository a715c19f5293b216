// SPDX-License-Identifier: Apache-2.0

/// What decides how a node goes on, written down in a fixed order, for comparing states in tests.
///
/// Random values are written as names and times relative to now, so that an exploration can
/// tell whether two states differ in nothing else.
package struct StateTokens: Sendable {
    /// One written value.
    package enum Token: Sendable, Equatable {
        /// Means what it says.
        case plain(UInt64)
        /// A random value: only where else it stands matters.
        case name(UInt64)
        /// Nanoseconds from now; what has come is 0.
        case time(Int64)
        /// A counter `n` of this node's own attempts: only the order of such counters matters.
        case ownCounter(UInt64)
        /// A counter `n` of the other's attempts.
        case peerCounter(UInt64)
        /// A packet counter: repetitions of one message differ in it, and little else follows from it
        /// than whether a packet is still opened (a 400 names one, which is written as it is).
        case serial(UInt64)
        /// A random value in which repetitions of one message differ.
        case serialName(UInt64)
    }

    /// Everything written, in order.
    package private(set) var tokens: [Token] = []
    let now: Moment

    /// Nothing written yet.
    package init(now: Moment) {
        self.now = now
    }

    package mutating func put(_ token: Token) {
        self.tokens.append(token)
    }

    mutating func put(_ value: some BinaryInteger) {
        self.tokens.append(.plain(UInt64(truncatingIfNeeded: value)))
    }

    mutating func put(_ value: Bool) {
        self.put(value ? 1 : 0)
    }

    mutating func put(_ value: (some RawRepresentable<String>)?) {
        self.put(text: value?.rawValue ?? "-")
    }

    mutating func put(text: String) {
        self.put(Array(text.utf8))
    }

    /// Bytes that are the same in every state in which they mean the same.
    mutating func put(_ bytes: some Sequence<UInt8>) {
        self.put(Self.digest(bytes))
    }

    mutating func put(name bytes: some Sequence<UInt8>) {
        self.tokens.append(.name(Self.digest(bytes)))
    }

    mutating func put(name value: UInt64) {
        self.tokens.append(.name(Self.digest(value)))
    }

    mutating func put(name secret: Secret?) {
        guard let secret else { return self.put(0) }
        self.tokens.append(.name(secret.withBytes { Self.digest($0) }))
    }

    mutating func put(name id: (some Identifier)?) {
        guard let id else { return self.put(0) }
        self.tokens.append(.name(Self.digest(id.high) &+ Self.digest(~id.low)))
    }

    mutating func put(name key: PublicKey) {
        self.tokens.append(.name(key.withBytes { Self.digest($0) }))
    }

    mutating func put(_ endpoint: Endpoint?) {
        guard let endpoint else { return self.put(0) }
        self.put(endpoint.address.bytes)
        self.put(endpoint.port)
    }

    mutating func put(_ endpoints: [Endpoint]) {
        self.put(endpoints.count)
        for endpoint in endpoints { self.put(endpoint) }
    }

    /// An instant from which something follows when it comes.
    mutating func put(due instant: Instant?) {
        guard let instant else { return self.put(1) }
        self.tokens.append(.time(max((instant - self.now.instant).nanoseconds, 0)))
    }

    /// An instant of the past that is forgotten after a while.
    mutating func put(since instant: Instant?, for span: Duration) {
        guard let instant, self.now.instant - instant < span else { return self.put(1) }
        self.tokens.append(.time((instant - self.now.instant).nanoseconds))
    }

    mutating func put(due wall: WallTime) {
        self.tokens.append(.time(max((wall - self.now.wall).nanoseconds, 0)))
    }

    private static func digest(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return self.digest(hash)
    }

    static func digest(_ word: UInt64) -> UInt64 {
        var value = (word ^ word &>> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value &>> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value &>> 31
    }
}
