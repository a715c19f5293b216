// SPDX-License-Identifier: Apache-2.0

/// Writes JSON datagrams, byte for byte as `Envelope` reads them.
struct EnvelopeWriter {
    private var bytes: [UInt8] = []

    /// Characters from the payload's closing quote to the end: `","mac":"…"}`.
    static let tailCharacterCount = 9 + 22 + 2

    /// Message 1, as far as the payload's opening quote.
    static func opening(pid: PeerID, from: UInt32, n: UInt64) -> EnvelopeWriter {
        EnvelopeWriter(
            "{\"request\":110,\"pid\":\"\(pid)\",\"from\":\(from),\"n\":\(n),\"payload\":\"")
    }

    /// Message 2, as far as the payload's opening quote.
    static func response(pid: PeerID, to: UInt32, from: UInt32, echo: Endpoint) -> EnvelopeWriter {
        EnvelopeWriter(
            "{\"response\":200,\"request\":120,\"pid\":\"\(pid)\",\"to\":\(to),\"from\":\(from),"
                + "\"echoHost\":\"\(echo.told)\",\"payload\":\"")
    }

    /// Message 3 or 4, as far as the payload's opening quote.
    static func sealed(
        _ content: SessionContent, pid: PeerID, to: UInt32, counter: UInt64, echo: Endpoint
    ) -> EnvelopeWriter {
        let request = content == .founding ? "\"request\":130," : ""
        return EnvelopeWriter(
            "{\"response\":200,\(request)\"pid\":\"\(pid)\",\"to\":\(to),\"ctr\":\(counter),"
                + "\"echoHost\":\"\(echo.told)\",\"payload\":\"")
    }

    /// The constant error, as far as the MAC.
    static func refusal(pid: PeerID, _ question: Envelope.Question) -> EnvelopeWriter {
        switch question {
        case .opening(let n): EnvelopeWriter("{\"response\":400,\"pid\":\"\(pid)\",\"n\":\(n)")
        case .founding(let counter):
            EnvelopeWriter("{\"response\":400,\"pid\":\"\(pid)\",\"ctr\":\(counter)")
        }
    }

    /// The answer to a stale counter, as far as the MAC.
    static func resync(pid: PeerID, n: UInt64, have: UInt64) -> EnvelopeWriter {
        EnvelopeWriter("{\"response\":409,\"pid\":\"\(pid)\",\"n\":\(n),\"have\":\(have)")
    }

    /// The whole notice that a pairing is cancelled.
    static func gone(pid: PeerID?, token: [UInt8]) -> [UInt8] {
        var writer = EnvelopeWriter(
            "{\"response\":410," + (pid.map { "\"pid\":\"\($0)\"," } ?? "") + "\"token\":\"")
        Base64URL.append(token, to: &writer.bytes)
        writer.append("\"}")
        return writer.bytes
    }

    private init(_ head: String) {
        self.bytes.reserveCapacity(Constants.openingByteCount)
        self.append(head)
    }

    private mutating func append(_ text: String) {
        self.bytes.append(contentsOf: text.utf8)
    }

    /// Most bytes of payload such that the datagram has at most `byteCountMax` bytes.
    func payloadByteCountMax(byteCountMax: Int) -> Int {
        var characterCount = byteCountMax - self.bytes.count - Self.tailCharacterCount
        if characterCount % 4 == 1 { characterCount -= 1 }
        return max(characterCount, 0) * 6 / 8
    }

    /// The datagram with this payload and its MAC.
    consuming func finish(payload: [UInt8], key: Secret, _ primitives: any Primitives) -> [UInt8] {
        Base64URL.append(payload, to: &self.bytes)
        self.append("\"")
        return self.finish(key: key, primitives)
    }

    /// The datagram with its MAC over all that stands so far.
    consuming func finish(key: Secret, _ primitives: any Primitives) -> [UInt8] {
        let mac = Array(primitives.hmac(self.bytes, key: key).prefix(16))
        self.append(",\"mac\":\"")
        Base64URL.append(mac, to: &self.bytes)
        self.append("\"}")
        return self.bytes
    }
}
