// SPDX-License-Identifier: Apache-2.0

/// Where one peer leaves its addresses for another for one day (UTC), and with which keys
/// (PROTOCOL.md §13).
///
/// Both peers derive it, and nobody else can: for each pair, direction and day another signing
/// key, salt and name, so that whoever stores what is in it cannot tell which slots belong
/// together, and no other contact of the writer can find it.
public struct LastResortSlot: Sendable {
    /// Bytes of a sealed note, always.
    public static let valueByteCount = 216
    /// Characters of a sealed note as text, always.
    public static let textByteCount = 288

    /// Days since 1970-01-01 (UTC).
    public let day: UInt32
    /// Who writes into it; the other one reads.
    public let writer: MeetingRole
    /// Signs the item of the BitTorrent DHT; a key of this slot alone.
    public let signingKey: SigningKey
    /// The salt of that item, 16 bytes.
    public let salt: [UInt8]
    /// What a dead drop calls the slot: 32 lower-case hexadecimal digits.
    public let name: String

    private let sealingKey: Secret
    private let markingKey: Secret
    private let primitives: any Primitives

    /// The slot of a pair, a direction and a day.
    ///
    /// `pair` is 32 bytes that the two share and nobody else has, and that no code shows:
    /// ``pairSecret(psk:ownKey:peerKey:_:)`` derives them by HKDF from the keys of their relation.
    public init(
        pair: Secret, writer: MeetingRole, day: UInt32, _ primitives: any Primitives
    ) {
        precondition(pair.byteCount == 32, "the secret of a pair has 32 bytes")
        var label = ByteWriter()
        label.put("spockex/1 last resort".utf8)
        label.put(UInt8(writer == .offering ? 0 : 1))
        label.put(day)
        let block = primitives.expand(pair, label: label.bytes, byteCount: 128)
        func part(_ range: Range<Int>) -> Secret {
            block.withBytes { Secret(copying: UnsafeRawBufferPointer(rebasing: $0[range])) }
        }
        guard let signingKey = primitives.signingKey(from: part(0..<32)) else {
            preconditionFailure("32 bytes are always an Ed25519 seed")
        }
        self.day = day
        self.writer = writer
        self.signingKey = signingKey
        self.salt = part(32..<48).exposedBytes()
        self.name = Self.hexadecimal(part(48..<64).exposedBytes())
        self.sealingKey = part(64..<96)
        self.markingKey = part(96..<128)
        self.primitives = primitives
    }

    /// The secret of a pair; nil when the peer's key is of small order.
    ///
    /// HKDF-Expand(HKDF-Extract(psk, X25519(own key, peer's key)), "spockex/1 last resort pair",
    /// 32). The psk alone would not do: whoever filmed both codes has it.
    public static func pairSecret(
        psk: Secret, ownKey: AgreementKey, peerKey: PublicKey, _ primitives: any Primitives
    ) -> Secret? {
        guard let shared = primitives.agree(ownKey, peerKey) else { return nil }
        let root = psk.withBytes { primitives.extract(salt: $0, secret: shared) }
        return primitives.expand(
            root, label: Array("spockex/1 last resort pair".utf8), byteCount: 32)
    }

    /// The day of that time; nil before 1970 and after the year 11 million.
    public static func day(of time: WallTime) -> UInt32? {
        guard time.seconds >= 0 else { return nil }
        return UInt32(exactly: time.seconds / 86_400)
    }

    /// The days whose slots a reader looks at: today, yesterday, tomorrow.
    ///
    /// So two clocks may differ by almost a day, and what was left before midnight is found.
    public static func days(around time: WallTime) -> [UInt32] {
        guard let today = Self.day(of: time) else { return [] }
        return [today] + (today > 0 ? [today - 1] : []) + (today < .max ? [today + 1] : [])
    }

    /// The sealed note: u64 sequence number | 16 bytes of mark | 176 bytes, sealed.
    ///
    /// The mark is the first half of an HMAC over number and content, and the key that seals is
    /// derived from it: so two copies of a node that use one number for two notes use two keys.
    public func seal(_ note: LastResortNote) -> [UInt8] {
        guard let plaintext = PaddedContent.pad(note.content, to: Self.plaintextByteCount) else {
            preconditionFailure("eight endpoints fit")
        }
        var writer = ByteWriter()
        writer.put(note.sequence)
        let head = writer.bytes
        let mark = self.mark(head, plaintext)
        let sealed = self.primitives.seal(
            plaintext, key: self.key(of: mark), nonce: note.sequence, associated: head)
        return head + mark + sealed
    }

    /// Opens what was found in the slot.
    ///
    /// `accepted` is the greatest sequence number taken from this peer, in any slot; 0 at first.
    /// What is not newer is refused, whoever shows it.
    public func open(
        _ value: [UInt8], after accepted: UInt64
    ) throws(LastResortError) -> LastResortNote {
        guard value.count == Self.valueByteCount else { throw .wrongLength(value.count) }
        let head = Array(value[..<8])
        let mark = Array(value[8..<24])
        let sequence = head.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard (1...UInt64(Int64.max)).contains(sequence),
            let plaintext = self.primitives.open(
                value[24...], key: self.key(of: mark), nonce: sequence, associated: head),
            isEqualConstantTime(mark, self.mark(head, plaintext))
        else { throw .notSealed }
        guard sequence > accepted else { throw .notNewer(sequence, accepted: accepted) }
        guard let content = PaddedContent.unpad(plaintext),
            let note = LastResortNote(content: content, sequence: sequence),
            let day = Self.day(of: note.issued)
        else { throw .malformed }
        guard max(day, self.day) - min(day, self.day) <= 1 else { throw .otherDay(day) }
        return note
    }

    /// The sealed note as text, for a dead drop: base64url.
    public static func text(of value: [UInt8]) -> String {
        var text: [UInt8] = []
        Base64URL.append(value, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The sealed note that a text has; white space around it is not part of it.
    public static func value(of text: [UInt8]) throws(LastResortError) -> [UInt8] {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
        let line = Array(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
        guard line.count == Self.textByteCount else { throw .wrongLength(line.count) }
        guard let value = line.withUnsafeBytes({ Base64URL.decode($0) }) else { throw .notText }
        return value
    }
}

extension LastResortSlot {
    /// Eight IPv6 endpoints and what stands before them need 165.
    private static let plaintextByteCount = 176

    private func mark(_ head: [UInt8], _ plaintext: [UInt8]) -> [UInt8] {
        Array(self.primitives.hmac(head + plaintext, key: self.markingKey).prefix(16))
    }

    private func key(of mark: [UInt8]) -> Secret {
        self.primitives.expand(
            self.sealingKey, label: Array("spockex/1 last resort note".utf8) + mark, byteCount: 32)
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
