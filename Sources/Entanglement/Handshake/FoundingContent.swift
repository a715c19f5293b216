// SPDX-License-Identifier: Apache-2.0

/// What message 3 seals: the initiator's member keys and signature (PROTOCOL.md §5.4).
struct FoundingContent: Equatable {
    var echo: Endpoint
    var part: FoundingPart
    var name: String
    var endpoints: [Endpoint]
    /// Who the sender is in the cluster that the meeting is about, if it is a member already.
    var reference: ClusterReference?

    var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.put(self.echo)
        writer.put(self.part.keys)
        writer.put(self.part.signature)
        writer.put(name: self.name)
        writer.put(self.endpoints)
        if let reference = self.reference { writer.put(reference) }
        return writer.bytes
    }

    init(
        echo: Endpoint, part: FoundingPart, name: String, endpoints: [Endpoint],
        reference: ClusterReference? = nil
    ) {
        self.echo = echo
        self.part = part
        self.name = name
        self.endpoints = endpoints
        self.reference = reference
    }

    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let echo = reader.endpoint(), let keys = reader.memberKeys(),
            let signature = reader.take(64), let name = reader.name(),
            let endpoints = reader.endpoints(), let reference = reader.lastReference()
        else { return nil }
        self.init(
            echo: echo, part: FoundingPart(keys: keys, signature: Array(signature)), name: name,
            endpoints: endpoints, reference: reference)
    }
}

/// What message 4 seals: the responder's signature (PROTOCOL.md §5.5).
struct FoundingAnswerContent: Equatable {
    var echo: Endpoint
    var signature: [UInt8]
    var name: String
    var endpoints: [Endpoint]

    var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.put(self.echo)
        writer.put(self.signature)
        writer.put(name: self.name)
        writer.put(self.endpoints)
        return writer.bytes
    }

    init(echo: Endpoint, signature: [UInt8], name: String, endpoints: [Endpoint]) {
        self.echo = echo
        self.signature = signature
        self.name = name
        self.endpoints = endpoints
    }

    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let echo = reader.endpoint(), let signature = reader.take(64),
            let name = reader.name(), let endpoints = reader.endpoints(), reader.isAtEnd
        else { return nil }
        self.init(
            echo: echo, signature: Array(signature), name: name, endpoints: endpoints)
    }
}

/// What people call a node; a claim, never an id.
public enum DisplayName {
    /// The name when it has at most 64 bytes of UTF-8 and no control or bidirectional characters.
    public static func clean(_ bytes: [UInt8]) -> String? {
        guard bytes.count <= Constants.nameByteCountMax,
            let name = String(validating: bytes, as: UTF8.self)
        else { return nil }
        return name.unicodeScalars.contains(where: self.isForbidden) ? nil : name
    }

    /// The longest beginning of a clean name that has at most 64 bytes.
    static func shortened(_ name: String) -> String {
        var short = name
        while short.utf8.count > Constants.nameByteCountMax { short.removeLast() }
        return short
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return true
        default: break
        }
        switch scalar.value {
        case 0x061c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: return true
        default: return false
        }
    }
}
