// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Bytes written as hexadecimal digits; anything else is a mistake of the test.
func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    precondition(
        digits.count == text.count && digits.count.isMultiple(of: 2), "hex digits in pairs")
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// An endpoint from its text; anything else is a mistake of the test.
func at(_ text: String) -> Endpoint {
    guard let endpoint = Endpoint(text) else { preconditionFailure("an endpoint: \(text)") }
    return endpoint
}

/// The envelope of these bytes.
func envelope(_ bytes: [UInt8]) -> Envelope? {
    bytes.withUnsafeBytes { Envelope(scanning: $0) }
}

/// Lets a scanner read the text and returns what it found.
func scan<R>(_ text: String, _ body: (inout StrictScanner) -> R) -> R {
    Array(text.utf8).withUnsafeBytes { raw in
        var scanner = StrictScanner(raw)
        return body(&scanner)
    }
}

/// The public key whose 32 bytes are all the same.
func publicKey(_ byte: UInt8) -> PublicKey {
    guard let key = PublicKey(bytes: [UInt8](repeating: byte, count: 32)) else {
        preconditionFailure("32 bytes are a key")
    }
    return key
}

/// `count` bytes of a seeded generator.
func noise(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
}

extension Pair {
    /// What was logged as JSON with this beginning.
    func sent(_ prefix: String, after count: Int = 0) -> [Host.Sent] {
        self.log.dropFirst(count).filter { $0.bytes.starts(with: prefix.utf8) }
    }

    /// The one peer that a side's status shows.
    func peer(_ side: Side) -> NodeStatus.Peer? {
        let peers = self[side].node.status(now: self.now).peers
        return peers.count == 1 ? peers.first : nil
    }

    /// The one pairing that a side's status shows.
    func pairing(_ side: Side) -> NodeStatus.Pairing? {
        let pairings = self[side].node.status(now: self.now).pairings
        return pairings.count == 1 ? pairings.first : nil
    }

    /// Two who trust each other and whose sessions have settled for a second.
    static func trusted(seed: UInt64 = 1) throws -> Pair {
        var pair = Pair(seed: seed)
        try #require(pair.meet() != nil)
        pair.run(for: .seconds(1))
        try #require(pair.relation(.alice)?.phase == .trusted)
        try #require(pair.relation(.bob)?.phase == .trusted)
        return pair
    }
}

extension Pair.Side {
    var other: Pair.Side { self == .alice ? .bob : .alice }
    var endpoint: Endpoint { self == .alice ? Pair.aliceEndpoint : Pair.bobEndpoint }
}

/// How the datagrams of one kind begin.
enum Beginning {
    static let opening = "{\"request\":110,"
    static let response = "{\"response\":200,\"request\":120,"
    static let founding = "{\"response\":200,\"request\":130,"
    static let foundingAnswer = "{\"response\":200,\"pid\":"
    static let refusal = "{\"response\":400,"
    static let resync = "{\"response\":409,"
    static let gone = "{\"response\":410,"
}
