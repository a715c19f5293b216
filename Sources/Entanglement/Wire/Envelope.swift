// SPDX-License-Identifier: Apache-2.0

/// The outer form of one JSON datagram, as scanned: nothing in it is trusted yet.
///
/// Scanning allocates nothing; variable parts are ranges of the datagram.
struct Envelope {
    /// What a datagram says it is (PROTOCOL.md §5).
    enum Kind: Equatable {
        /// Message 1 (request 110).
        case opening(from: UInt32, n: UInt64)
        /// Message 2 (response 200, request 120).
        case response(to: UInt32, from: UInt32)
        /// Message 3 (response 200, request 130).
        case founding(to: UInt32, counter: UInt64)
        /// Message 4 (response 200).
        case foundingAnswer(to: UInt32, counter: UInt64)
        /// The constant error (response 400).
        case refusal(Question)
        /// The counter is stale (response 409).
        case resync(n: UInt64, have: UInt64)
        /// The pairing was cancelled (response 410).
        case gone
    }

    /// What an error answers.
    enum Question: Equatable {
        case opening(n: UInt64)
        case founding(counter: UInt64)
    }

    var kind: Kind
    /// The receiver's `pid`; nil in a 410 whose sender does not know it.
    var pid: PeerID?
    /// The text of `echoHost`.
    var echo: Range<Int>?
    /// The characters of the payload.
    var payload: Range<Int>?
    /// How many bytes the MAC covers.
    var macOffset: Int
    /// The MAC, or the token of a 410.
    var proof: (UInt64, UInt64)

    init?(scanning bytes: UnsafeRawBufferPointer) {
        var scanner = StrictScanner(bytes)
        if scanner.skip("{\"request\":110,\"pid\":\"") {
            self.init(opening: &scanner)
        } else if scanner.skip("{\"response\":200,") {
            self.init(success: &scanner)
        } else if scanner.skip("{\"response\":4") {
            self.init(error: &scanner)
        } else {
            return nil
        }
    }

    private init?(opening scanner: inout StrictScanner) {
        guard let pid = scanner.identifier(PeerID.self), scanner.skip("\",\"from\":"),
            let from = scanner.index(), scanner.skip(",\"n\":"), let n = scanner.integer()
        else { return nil }
        self.init(.opening(from: from, n: n), pid: pid, echo: nil, hasPayload: true, &scanner)
    }

    private init?(success scanner: inout StrictScanner) {
        let isResponse = scanner.skip("\"request\":120,")
        let isFounding = !isResponse && scanner.skip("\"request\":130,")
        guard scanner.skip("\"pid\":\""), let pid = scanner.identifier(PeerID.self),
            scanner.skip("\",\"to\":"), let to = scanner.index()
        else { return nil }
        let kind: Kind
        if isResponse {
            guard scanner.skip(",\"from\":"), let from = scanner.index() else { return nil }
            kind = .response(to: to, from: from)
        } else {
            guard scanner.skip(",\"ctr\":"), let counter = scanner.integer() else { return nil }
            kind =
                isFounding
                ? .founding(to: to, counter: counter) : .foundingAnswer(to: to, counter: counter)
        }
        guard scanner.skip(",\"echoHost\":\""), let echo = scanner.string(byteCountMax: 47),
            scanner.skip("\"")
        else { return nil }
        self.init(kind, pid: pid, echo: echo, hasPayload: true, &scanner)
    }

    private init?(error scanner: inout StrictScanner) {
        if scanner.skip("10,") {
            self.init(gone: &scanner)
            return
        }
        let isResync = scanner.skip("09,")
        guard isResync || scanner.skip("00,"), scanner.skip("\"pid\":\""),
            let pid = scanner.identifier(PeerID.self)
        else { return nil }
        let kind: Kind
        if scanner.skip("\",\"n\":") {
            guard let n = scanner.integer() else { return nil }
            if isResync {
                guard scanner.skip(",\"have\":"), let have = scanner.integer() else { return nil }
                kind = .resync(n: n, have: have)
            } else {
                kind = .refusal(.opening(n: n))
            }
        } else {
            guard !isResync, scanner.skip("\",\"ctr\":"), let counter = scanner.integer() else {
                return nil
            }
            kind = .refusal(.founding(counter: counter))
        }
        self.init(kind, pid: pid, echo: nil, hasPayload: false, &scanner)
    }

    private init?(gone scanner: inout StrictScanner) {
        var pid: PeerID?
        if scanner.skip("\"pid\":\"") {
            pid = scanner.identifier(PeerID.self)
            guard pid != nil, scanner.skip("\",") else { return nil }
        }
        guard scanner.skip("\"token\":\""), let token = scanner.sixteenBytes(),
            scanner.skip("\"}"), scanner.isAtEnd
        else { return nil }
        self.kind = .gone
        self.pid = pid
        self.macOffset = 0
        self.proof = token
    }

    private init?(
        _ kind: Kind, pid: PeerID, echo: Range<Int>?, hasPayload: Bool,
        _ scanner: inout StrictScanner
    ) {
        self.kind = kind
        self.pid = pid
        self.echo = echo
        if hasPayload {
            guard scanner.skip(",\"payload\":\""),
                let payload = scanner.string(byteCountMax: Constants.datagramByteCountMax),
                scanner.skip("\"")
            else { return nil }
            self.payload = payload
        }
        self.macOffset = scanner.offset
        guard scanner.skip(",\"mac\":\""), let mac = scanner.sixteenBytes(), scanner.skip("\"}"),
            scanner.isAtEnd
        else { return nil }
        self.proof = mac
    }

    /// Lends the MAC or token as 16 bytes.
    func withProof<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        withUnsafeBytes(of: (self.proof.0.bigEndian, self.proof.1.bigEndian), body)
    }

    /// The MAC or token as 16 bytes.
    var proofBytes: [UInt8] {
        var writer = ByteWriter()
        writer.put(self.proof.0)
        writer.put(self.proof.1)
        return writer.bytes
    }
}
