// SPDX-License-Identifier: Apache-2.0

/// What a binary packet carries (PROTOCOL.md §7.2): one type byte, then the body.
///
/// An unknown type is ignored, so that later versions can add some.
enum Frame: Equatable {
    /// Asks for a pong; the echo is where the sender sees the receiver.
    case ping(token: UInt64, echo: Endpoint)
    /// Answers a ping with its token.
    case pong(token: UInt64, echo: Endpoint)
    /// Asks whoever receives at a new source to prove it.
    case challenge(UInt64, echo: Endpoint)
    /// The challenge's bytes, back.
    case challengeAnswer(UInt64, echo: Endpoint)
    /// Where the sender may be reached, best first; replaces what was said before.
    case addresses(sequence: UInt32, [Endpoint])
    /// The addresses of that sequence arrived.
    case addressesAnswer(sequence: UInt32)
    /// The sender ended the relation.
    case forget
    /// Acknowledges it.
    case forgetAnswer
    /// How the sender's router maps now; nil: it does not know.
    case natHint(sequence: UInt32, NATHint?)
    /// The hint of that sequence arrived.
    case natHintAnswer(sequence: UInt32)
    /// Asks for an answer to the source at once, and for others after the rest (PROTOCOL.md §7.5).
    case rest(token: UInt64, rest: Duration, ordinal: UInt8)
    /// The answer to the question of that ordinal; the late ones count from 1.
    case restAnswer(token: UInt64, ordinal: UInt8, late: UInt8, echo: Endpoint)
    /// The sender looks for the peers with whom it shares these tags (PROTOCOL.md §8.9).
    case seek([RendezvousTag])
    /// Where the sender sees the peer of that tag, and how much later both are to begin.
    case found(RendezvousTag, delay: Duration, [Endpoint])
    /// A whole datagram between the two who share that tag.
    case relay(RendezvousTag, [UInt8])
    /// Somebody who has just moved looks for the peers with whom it shares these tags.
    case sought(nonce: UInt64, [VeiledTag])
    /// About a cluster that both are members of (PROTOCOL.md §12).
    case gossip(GossipFrame)
    /// Between the ends of a bridge, or across it (PROTOCOL.md §14).
    case bridge(BridgeFrame)

    var bytes: [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .ping(let token, let echo):
            writer.put(UInt8(1))
            writer.put(token)
            writer.put(echo)
        case .pong(let token, let echo):
            writer.put(UInt8(2))
            writer.put(token)
            writer.put(echo)
        case .challenge(let bytes, let echo):
            writer.put(UInt8(3))
            writer.put(bytes)
            writer.put(echo)
        case .challengeAnswer(let bytes, let echo):
            writer.put(UInt8(4))
            writer.put(bytes)
            writer.put(echo)
        case .addresses(let sequence, let endpoints):
            writer.put(UInt8(5))
            writer.put(sequence)
            writer.put(endpoints)
        case .addressesAnswer(let sequence):
            writer.put(UInt8(6))
            writer.put(sequence)
        case .forget: writer.put(UInt8(7))
        case .forgetAnswer: writer.put(UInt8(8))
        case .natHint(let sequence, let hint):
            writer.put(UInt8(9))
            writer.put(sequence)
            writer.put(hint?.rawValue ?? 0)
        case .natHintAnswer(let sequence):
            writer.put(UInt8(10))
            writer.put(sequence)
        case .rest(let token, let rest, let ordinal):
            writer.put(UInt8(11))
            writer.put(token)
            writer.put(UInt16(clamping: rest.nanoseconds / 1_000_000_000))
            writer.put(ordinal)
            // As long as everything that is sent because of it.
            writer.put([UInt8](repeating: 0, count: Constants.restPaddingByteCount))
        case .restAnswer(let token, let ordinal, let late, let echo):
            writer.put(UInt8(12))
            writer.put(token)
            writer.put(ordinal)
            writer.put(late)
            writer.put(echo)
        case .seek(let tags):
            writer.put(UInt8(16))
            writer.put(tags)
        case .found(let tag, let delay, let endpoints):
            writer.put(UInt8(17))
            writer.put(tag.bytes)
            writer.put(UInt16(clamping: delay.nanoseconds / 1_000_000))
            writer.put(endpoints)
        case .relay(let tag, let bytes):
            writer.put(UInt8(18))
            writer.put(tag.bytes)
            writer.put(bytes)
        case .sought(let nonce, let tags):
            writer.put(UInt8(19))
            writer.put(nonce)
            writer.put(UInt8(min(tags.count, Constants.seekCountMax)))
            for tag in tags.prefix(Constants.seekCountMax) { writer.put(tag.bytes) }
        case .gossip(let frame): writer.put(frame)
        case .bridge(let frame): writer.put(frame)
        }
        return writer.bytes
    }

    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        let frame: Frame?
        switch reader.uint8() {
        case 1:
            frame = reader.uint64().flatMap { token in
                reader.endpoint().map { .ping(token: token, echo: $0) }
            }
        case 2:
            frame = reader.uint64().flatMap { token in
                reader.endpoint().map { .pong(token: token, echo: $0) }
            }
        case 3:
            frame = reader.uint64().flatMap { bytes in
                reader.endpoint().map { .challenge(bytes, echo: $0) }
            }
        case 4:
            frame = reader.uint64().flatMap { bytes in
                reader.endpoint().map { .challengeAnswer(bytes, echo: $0) }
            }
        case 5:
            frame = reader.uint32().flatMap { sequence in
                reader.endpoints().map { .addresses(sequence: sequence, $0) }
            }
        case 6: frame = reader.uint32().map { .addressesAnswer(sequence: $0) }
        case 7: frame = .forget
        case 8: frame = .forgetAnswer
        case 9:
            frame = reader.uint32().flatMap { sequence in
                // A letter of a later version says as much as none.
                reader.uint8().map { .natHint(sequence: sequence, NATHint(rawValue: $0)) }
            }
        case 10: frame = reader.uint32().map { .natHintAnswer(sequence: $0) }
        case 11: frame = reader.rest()
        case 12: frame = reader.restAnswer()
        case 16: frame = reader.tags().map { .seek($0) }
        case 17:
            frame = reader.tag().flatMap { tag in
                reader.uint16().flatMap { delay in
                    reader.endpoints().map { .found(tag, delay: .milliseconds(delay), $0) }
                }
            }
        case 18:
            frame = reader.tag().flatMap { tag in
                let bytes = Array(reader.rest())
                let sizes = Constants.datagramByteCountMin...Constants.relayedByteCountMax
                return sizes.contains(bytes.count) ? .relay(tag, bytes) : nil
            }
        case 19:
            frame = reader.uint64().flatMap { nonce in
                reader.tags().map { tags in
                    .sought(nonce: nonce, tags.map { VeiledTag(high: $0.high, low: $0.low) })
                }
            }
        case .some(let type): frame = reader.laterFrame(type: type)
        case nil: frame = nil
        }
        guard let frame, reader.isAtEnd else { return nil }
        self = frame
    }
}

extension ByteWriter {
    /// A count, then as many tags as a frame holds.
    fileprivate mutating func put(_ tags: [RendezvousTag]) {
        let tags = tags.prefix(Constants.seekCountMax)
        self.put(UInt8(tags.count))
        for tag in tags { self.put(tag.bytes) }
    }
}

extension ByteReader {
    /// The frames about clusters and bridges.
    fileprivate mutating func laterFrame(type: UInt8) -> Frame? {
        GossipFrame.Body.isType(type)
            ? self.gossip(type: type).map { .gossip($0) }
            : self.bridgeFrame(type: type).map { .bridge($0) }
    }

    fileprivate mutating func rest() -> Frame? {
        guard let token = self.uint64(), let seconds = self.uint16(), let ordinal = self.uint8(),
            let padding = self.take(Constants.restPaddingByteCount), padding.allSatisfy({ $0 == 0 })
        else { return nil }
        return .rest(token: token, rest: .seconds(Int64(seconds)), ordinal: ordinal)
    }

    fileprivate mutating func restAnswer() -> Frame? {
        guard let token = self.uint64(), let ordinal = self.uint8(), let late = self.uint8(),
            let echo = self.endpoint()
        else { return nil }
        return .restAnswer(token: token, ordinal: ordinal, late: late, echo: echo)
    }

    fileprivate mutating func tag() -> RendezvousTag? {
        self.take(16).flatMap { RendezvousTag(bytes: $0) }
    }

    /// A count, then so many tags, at least one.
    fileprivate mutating func tags() -> [RendezvousTag]? {
        guard let count = self.uint8(), (1...Constants.seekCountMax).contains(Int(count)) else {
            return nil
        }
        var tags: [RendezvousTag] = []
        for _ in 0..<count {
            guard let tag = self.tag() else { return nil }
            tags.append(tag)
        }
        return tags
    }
}

extension Frame {
    /// Whether it may be sent on and on, to somebody who need not answer it or is not there: silence has to
    /// be noticed all the same.
    var hidesSilence: Bool {
        switch self {
        case .seek, .found, .relay, .sought, .bridge(.carry), .forget: true
        case .ping, .pong, .challenge, .challengeAnswer, .addresses, .addressesAnswer,
            .forgetAnswer, .natHint, .natHintAnswer, .rest, .restAnswer, .gossip, .bridge:
            false
        }
    }
}
