// SPDX-License-Identifier: Apache-2.0
public import EntanglementTestKit
public import Testing

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
    ///
    /// Tests that count packets leave out what the two tell each other about their cluster.
    static func trusted(seed: UInt64 = 1, sharesRecords: Bool = true) throws -> Pair {
        var pair = Pair(seed: seed) { $0.sharesRecords = sharesRecords }
        try #require(pair.meet() != nil)
        pair.run(for: .seconds(1))
        try #require(pair.relation(.alice)?.phase == .trusted)
        try #require(pair.relation(.bob)?.phase == .trusted)
        return pair
    }
}

/// A datagram and when it was sent, counted from the beginning of the recording.
struct Recorded: Equatable {
    let time: Duration
    let sent: Host.Sent
}

extension Pair {
    /// Lets time pass as `run` does, and notes what is sent when; what is in flight already counts
    /// as sent at the beginning.
    ///
    /// `before` may do something just before each delivery.
    mutating func record(
        for duration: Duration, keep: (Host.Sent) -> Bool = { _ in false },
        before: (inout Pair, Host.Sent) -> Void = { _, _ in }
    ) -> [Recorded] {
        let start = self.now.instant
        let end = start + duration
        var recorded: [Recorded] = []
        while true {
            while !self.inFlight.isEmpty {
                let sent = self.inFlight.removeFirst()
                recorded.append(Recorded(time: self.now.instant - start, sent: sent))
                guard keep(sent) else { continue }
                before(&self, sent)
                self.deliver(sent)
            }
            let due = Side.allCases.compactMap { self[$0].node.deadline }.min()
            guard let due, due <= end else { break }
            self.advance(to: max(due, self.now.instant))
            for side in Side.allCases where self[side].node.deadline.map({ $0 <= due }) ?? false {
                self.act(side) { $0.handle(.timer, now: $1, sent: &$2) }
            }
        }
        self.advance(to: end)
        return recorded
    }
}

/// How far a meeting has come when a test begins.
enum Situation: CaseIterable {
    /// Alice shows her offer; Bob has not seen it.
    case offered
    /// Bob shows his answer; Alice has not seen it.
    case answered
    /// Alice has accepted; nothing arrived yet.
    case connecting
    /// Bob has message 3; message 4 was lost.
    case founding
    /// Alice has message 4; her ping was lost.
    case halfTrusted
    /// The 90 s are over on both sides, and nothing ever arrived.
    case timedOut
    /// Both trust and know it.
    case trusted

    /// A pair in this situation, with nothing in flight.
    func reached(seed: UInt64 = 1) throws -> Pair {
        var pair = Pair(seed: seed)
        guard case .offered(_, let offer, _) = pair.request(.alice, .offer(MeetingOptions())) else {
            throw Refusal.notFound
        }
        if self == .offered { return pair }
        guard
            case .answered(_, let answer, _) = pair.request(.bob, .answer(offer, MeetingOptions()))
        else { throw Refusal.notFound }
        pair.inFlight = []
        if self == .answered { return pair }
        guard case .accepted = pair.request(.alice, .accept(answer)) else { throw Refusal.notFound }
        switch self {
        case .offered, .answered: break
        case .connecting: pair.inFlight = []
        case .founding: pair.deliver { !$0.bytes.starts(with: Beginning.foundingAnswer.utf8) }
        case .halfTrusted: pair.deliver { $0.bytes.first != Constants.packetType }
        case .timedOut: pair.run(for: .seconds(700)) { _ in false }
        case .trusted: pair.run(for: .seconds(1))
        }
        pair.inFlight = []
        return pair
    }
}

extension Pair {
    /// Delivers what may arrive until nothing is in flight.
    mutating func deliver(_ keep: (Host.Sent) -> Bool) {
        while !self.inFlight.isEmpty {
            let sent = self.inFlight.removeFirst()
            if keep(sent) { self.deliver(sent) }
        }
    }

    /// The phase of a side's only relation.
    func phase(_ side: Side) -> RelationPhase? { self.relation(side)?.phase }

    /// Whether both trust each other in one cluster and see each other connected.
    var isEntangled: Bool {
        self.phase(.alice) == .trusted && self.phase(.bob) == .trusted
            && self.relation(.alice)?.cluster == self.relation(.bob)?.cluster
            && self.peer(.alice)?.isConnected == true && self.peer(.bob)?.isConnected == true
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

extension Pair: CustomTestStringConvertible {
    /// Not the whole of both hosts, which would be hundreds of thousands of characters.
    public var testDescription: String {
        Side.allCases.map { side in
            "\(side): "
                + (self.phase(side)?.rawValue ?? "\(self[side].store.state.relations.count)")
        }.joined(separator: ", ")
    }
}
