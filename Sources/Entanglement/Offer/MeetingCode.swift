// SPDX-License-Identifier: Apache-2.0

/// How the own NAT maps, as one letter in a code (RFC 4787 §4.1).
public enum NATHint: UInt8, Sendable, Hashable {
    /// `o`: no NAT.
    case open = 0x6f
    /// `e`: endpoint-independent mapping.
    case endpointIndependent = 0x65
    /// `a`: address-dependent mapping.
    case addressDependent = 0x61
    /// `d`: address-and-port-dependent mapping.
    case addressAndPortDependent = 0x64
    /// `s`: as `d`, with ports that follow each other.
    case sequential = 0x73
}

/// What offer and answer have in common: what one side shows to exactly one other.
public struct MeetingCode: Sendable, Equatable {
    /// The `pid` by which the other will name this side.
    public var pid: PeerID
    /// Where this side may be, best first, at most three; empty: "unknown".
    public var hosts: [Endpoint]
    /// How its NAT maps, if known; letters of later versions read as nil.
    public var nat: NATHint?
    /// Its X25519 key of this relation.
    public var key: PublicKey
    /// Its salt, 16 secret bytes.
    public var salt: Secret
    /// How many peers share a cluster with it.
    public var totalPeers: UInt64

    /// A code's fields.
    public init(
        pid: PeerID, hosts: [Endpoint], nat: NATHint? = nil, key: PublicKey, salt: Secret,
        totalPeers: UInt64
    ) {
        self.pid = pid
        self.hosts = hosts
        self.nat = nat
        self.key = key
        self.salt = salt
        self.totalPeers = totalPeers
    }

    /// The text between the version and the last field, with so many hosts as are given.
    fileprivate func text(hosts: [Endpoint]) -> [UInt8] {
        var text = Array("\"pid\":\"\(self.pid)\",\"host\":".utf8)
        if hosts.isEmpty {
            text += Array("\"unknown\"".utf8)
        } else {
            let list = hosts.map { "\"\($0)\"" }.joined(separator: ",")
            text += Array("[\(list)]".utf8)
        }
        if let nat = self.nat {
            text += Array(",\"nat\":\"".utf8) + [nat.rawValue, 0x22]
        }
        text += Array(",\"key\":\"".utf8)
        Base64URL.append(self.key.bytes, to: &text)
        text += Array("\",\"salt\":\"".utf8)
        Base64URL.append(self.salt.exposedBytes(), to: &text)
        text += Array("\",\"totalPeers\":\(self.totalPeers)".utf8)
        return text
    }

    /// The line `head` + fields + `tail`, with hosts dropped from the end until it fits.
    ///
    /// One host of each family is kept as long as another can go.
    fileprivate func line(head: String, tail: String) -> [UInt8] {
        var hosts = Array(self.hosts.prefix(Constants.codeHostCountMax))
        while true {
            let line = Array(head.utf8) + self.text(hosts: hosts) + Array(tail.utf8)
            guard line.count > Constants.codeByteCountMax, !hosts.isEmpty else { return line }
            let spare = hosts.lastIndex { host in
                hosts.count { $0.address.isIPv6 == host.address.isIPv6 } > 1
            }
            hosts.remove(at: spare ?? hosts.count - 1)
        }
    }
}

/// Code 100: what A shows (PROTOCOL.md §3).
public struct Offer: Sendable, Equatable {
    /// The fields of both codes.
    public let code: MeetingCode
    /// Seconds since 1970 by A's clock; for the scanner a warning, never a refusal.
    public let expiresAtSeconds: UInt64
    /// The exact bytes; hashes and keys are made of these and never of a re-encoding.
    public let bytes: [UInt8]

    /// A new offer and its bytes.
    public init(_ code: MeetingCode, expiresAtSeconds: UInt64) {
        self.code = code
        self.expiresAtSeconds = expiresAtSeconds
        self.bytes = code.line(
            head: "{\"request\":100,\"v\":1,", tail: ",\"exp\":\(expiresAtSeconds)}")
    }

    init(code: MeetingCode, expiresAtSeconds: UInt64, bytes: [UInt8]) {
        self.code = code
        self.expiresAtSeconds = expiresAtSeconds
        self.bytes = bytes
    }

    /// The first 16 bytes of SHA-256 of the offer, which an answer names.
    public func reference(_ primitives: any Primitives) -> [UInt8] {
        Array(primitives.hash(self.bytes).prefix(16))
    }

    /// The line as text.
    public var text: String { String(decoding: self.bytes, as: UTF8.self) }
}

/// Code 200: what B shows, made for exactly one offer (PROTOCOL.md §3).
public struct Answer: Sendable, Equatable {
    /// The fields of both codes.
    public let code: MeetingCode
    /// The first 16 bytes of SHA-256 of the offer's bytes.
    public let reference: [UInt8]
    /// The exact bytes.
    public let bytes: [UInt8]

    /// The reference as the answer's text has it (base64url).
    public var referenceText: String { Self.text(ofReference: self.reference) }

    static func text(ofReference reference: [UInt8]) -> String {
        var text: [UInt8] = []
        Base64URL.append(reference, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// A new answer and its bytes.
    public init(_ code: MeetingCode, reference: [UInt8]) {
        self.code = code
        self.reference = reference
        self.bytes = code.line(
            head: "{\"response\":200,\"v\":1,",
            tail: ",\"re\":\"\(Self.text(ofReference: reference))\"}")
    }

    init(code: MeetingCode, reference: [UInt8], bytes: [UInt8]) {
        self.code = code
        self.reference = reference
        self.bytes = bytes
    }

    /// The line as text.
    public var text: String { String(decoding: self.bytes, as: UTF8.self) }
}
