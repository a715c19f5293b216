// SPDX-License-Identifier: Apache-2.0

/// What message 1 seals (PROTOCOL.md §5.2).
struct OpeningContent: Equatable {
    var isTrusted: Bool
    /// Whether the cluster into which the sender is to take the other has no place.
    var isFull: Bool
    var n: UInt64
    var from: UInt32
    var intent: Intent
    var clusterMatches: [UInt64]
    var endpoints: [Endpoint]

    var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.put(flagsOfTrust: self.isTrusted, isFull: self.isFull)
        writer.put(self.n)
        writer.put(self.from)
        writer.put(self.intent.rawValue)
        writer.put(self.clusterMatches)
        writer.put(self.endpoints)
        return writer.bytes
    }

    init(
        isTrusted: Bool, isFull: Bool = false, n: UInt64, from: UInt32, intent: Intent,
        clusterMatches: [UInt64], endpoints: [Endpoint]
    ) {
        self.isTrusted = isTrusted
        self.isFull = isFull
        self.n = n
        self.from = from
        self.intent = intent
        self.clusterMatches = clusterMatches
        self.endpoints = endpoints
    }

    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let (isTrusted, isFull) = reader.flags(), let n = reader.uint64(),
            let from = reader.uint32(), let intent = reader.intent(),
            let matches = reader.clusterMatches(), let endpoints = reader.endpoints(),
            reader.isAtEnd
        else { return nil }
        self.init(
            isTrusted: isTrusted, isFull: isFull, n: n, from: from, intent: intent,
            clusterMatches: matches, endpoints: endpoints)
    }
}

/// What message 2 seals (PROTOCOL.md §5.3).
struct ResponseContent: Equatable {
    var isTrusted: Bool
    /// Whether the cluster into which the sender is to take the other has no place.
    var isFull: Bool
    var n: UInt64
    var to: UInt32
    var from: UInt32
    var echo: Endpoint
    var intent: Intent
    var clusterMatches: [UInt64]
    var memberKeys: MemberKeys
    var endpoints: [Endpoint]
    /// Who the sender is in the cluster that the meeting is about, if it is a member already.
    var reference: ClusterReference?

    /// The content with as many endpoints as fit into `byteCountMax` bytes.
    func bytes(byteCountMax: Int) -> [UInt8] {
        var kept = self.endpoints
        while true {
            var writer = ByteWriter()
            writer.put(flagsOfTrust: self.isTrusted, isFull: self.isFull)
            writer.put(self.n)
            writer.put(self.to)
            writer.put(self.from)
            writer.put(self.echo)
            writer.put(self.intent.rawValue)
            writer.put(self.clusterMatches)
            writer.put(self.memberKeys)
            writer.put(kept)
            if let reference = self.reference { writer.put(reference) }
            guard writer.bytes.count > byteCountMax, !kept.isEmpty else { return writer.bytes }
            kept.removeLast()
        }
    }

    init(
        isTrusted: Bool, isFull: Bool = false, n: UInt64, to: UInt32, from: UInt32,
        echo: Endpoint, intent: Intent, clusterMatches: [UInt64], memberKeys: MemberKeys,
        endpoints: [Endpoint], reference: ClusterReference? = nil
    ) {
        self.isTrusted = isTrusted
        self.isFull = isFull
        self.n = n
        self.to = to
        self.from = from
        self.echo = echo
        self.intent = intent
        self.clusterMatches = clusterMatches
        self.memberKeys = memberKeys
        self.endpoints = endpoints
        self.reference = reference
    }

    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let (isTrusted, isFull) = reader.flags(), let n = reader.uint64(),
            let to = reader.uint32(), let from = reader.uint32(), let echo = reader.endpoint(),
            let intent = reader.intent(), let matches = reader.clusterMatches(),
            let keys = reader.memberKeys(), let endpoints = reader.endpoints(),
            let reference = reader.lastReference()
        else { return nil }
        self.init(
            isTrusted: isTrusted, isFull: isFull, n: n, to: to, from: from, echo: echo,
            intent: intent, clusterMatches: matches, memberKeys: keys, endpoints: endpoints,
            reference: reference)
    }
}

extension ByteReader {
    /// The first byte of messages 1 and 2.
    mutating func flags() -> (isTrusted: Bool, isFull: Bool)? {
        guard let flags = self.uint8(), flags <= 2 else { return nil }
        return (flags == 1, flags == 2)
    }

    mutating func intent() -> Intent? {
        self.uint8().flatMap { Intent(rawValue: $0) }
    }

    mutating func clusterMatches() -> [UInt64]? {
        guard let count = self.uint8(), count <= Constants.clusterMatchCountMax else { return nil }
        var matches: [UInt64] = []
        for _ in 0..<count {
            guard let match = self.uint64() else { return nil }
            matches.append(match)
        }
        return matches
    }

    mutating func publicKey() -> PublicKey? {
        self.take(32).flatMap { PublicKey(bytes: $0) }
    }

    mutating func memberKeys() -> MemberKeys? {
        guard let signingKey = self.publicKey(), let agreementKey = self.publicKey() else {
            return nil
        }
        return MemberKeys(signingKey: signingKey, agreementKey: agreementKey)
    }

    /// A length byte, then that many bytes of a clean display name.
    mutating func name() -> String? {
        guard let count = self.uint8(), let raw = self.take(Int(count)) else { return nil }
        return DisplayName.clean(Array(raw))
    }
}

extension ByteWriter {
    /// Whoever trusts the other does not say any more that there is no place.
    mutating func put(flagsOfTrust isTrusted: Bool, isFull: Bool) {
        self.put(UInt8(isTrusted ? 1 : isFull ? 2 : 0))
    }

    mutating func put(_ matches: [UInt64]) {
        let kept = matches.prefix(Constants.clusterMatchCountMax)
        self.put(UInt8(kept.count))
        for match in kept { self.put(match) }
    }

    mutating func put(_ keys: MemberKeys) {
        self.put(keys.signingKey.bytes)
        self.put(keys.agreementKey.bytes)
    }

    mutating func put(name: String) {
        self.put(UInt8(name.utf8.count))
        self.put(name.utf8)
    }
}
