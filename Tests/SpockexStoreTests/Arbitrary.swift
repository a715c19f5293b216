// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// SplitMix64: one seed, one sequence.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

extension SeededGenerator {
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    mutating func secret(_ count: Int) -> Secret { Secret(self.bytes(count)) }

    mutating func publicKey() throws -> PublicKey {
        try some(PublicKey(bytes: self.bytes(32)))
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    mutating func pick<Value>(_ values: [Value]) throws -> Value {
        try some(values.randomElement(using: &self))
    }

    mutating func time() -> WallTime {
        WallTime(milliseconds: Int64.random(in: -5...4_102_444_800_000, using: &self))
    }

    mutating func noteNumber() -> UInt64 { self.next() >> 1 }

    mutating func counter() -> UInt64 { UInt64.random(in: 0..<(1 << 53), using: &self) }

    mutating func endpoint() -> Endpoint {
        let address: IPAddress =
            self.chance(50)
            ? .v4(UInt32(truncatingIfNeeded: self.next())) : .v6(self.next() | 1 << 61, self.next())
        return Endpoint(address: address, port: UInt16.random(in: 1...65535, using: &self))
    }

    mutating func endpoints(_ limit: Int = 8) -> [Endpoint] {
        (0..<Int.random(in: 0...limit, using: &self)).map { _ in self.endpoint() }
    }

    mutating func name() throws -> String {
        try self.pick([
            "", "Anna", "Bücher-Regal", "名前", "a'b\"c;--", String(repeating: "x", count: 64),
        ])
    }

    mutating func memberKeys() throws -> MemberKeys {
        MemberKeys(signingKey: try self.publicKey(), agreementKey: try self.publicKey())
    }

    /// A relation with random values in every field and a random choice of parts.
    mutating func relation(id: RelationID? = nil) throws -> RelationRecord {
        var record = RelationRecord(
            id: id ?? RelationID(using: &self), role: try self.pick([.offering, .answering]),
            intent: try self.pick(Intent.allCases), phase: try self.pick(RelationPhase.allCases),
            createdAt: self.time(), expiresAt: self.time(), ownPID: PeerID(using: &self),
            ownKey: self.secret(32), memberSigningKey: self.secret(32),
            memberAgreementKey: self.secret(32))
        try self.vary(&record)
        return record
    }

    /// Changes everything but the id and the own `pid`.
    mutating func vary(_ record: inout RelationRecord) throws {
        record.phase = try self.pick(RelationPhase.allCases)
        record.codes =
            self.chance(50)
            ? MeetingCodes(
                ownSalt: self.secret(16), peerSalt: self.chance(50) ? self.secret(16) : nil,
                offer: self.bytes(Int.random(in: 1...331, using: &self)),
                answer: self.chance(50) ? self.bytes(331) : nil) : nil
        record.keys = self.chance(60) ? try self.keys() : nil
        record.cancelTokens =
            self.chance(50)
            ? CancelTokens(own: self.secret(16), peer: self.chance(50) ? self.secret(16) : nil)
            : nil
        record.hasSentFounding = self.chance(50)
        record.peerPart =
            self.chance(50)
            ? FoundingPart(keys: try self.memberKeys(), signature: self.bytes(64)) : nil
        record.peerMemberKeys = self.chance(50) ? try self.memberKeys() : nil
        record.sponsors = self.chance(20) ? ClusterID(using: &self) : nil
        record.bond = try self.bond()
        record.cluster = self.chance(50) ? ClusterID(using: &self) : nil
        record.member = self.chance(50) ? MemberID(using: &self) : nil
        record.epoch = self.chance(30) ? UInt32.random(in: 0 ... .max, using: &self) : nil
        record.claimedName = try self.name()
        record.givenName = try self.name()
        record.problem = self.chance(50) ? try self.pick(PairingProblem.allCases) : nil
        record.endpoints = self.endpoints()
        record.lastHeardAt = self.chance(50) ? self.time() : nil
        record.matchedAt = self.chance(50) ? self.time() : nil
        record.reservedCounter = self.counter()
        record.acceptedCounter = self.counter()
        record.usedNote = self.noteNumber()
        record.acceptedNote = self.noteNumber()
        let letters: [NATHint?] = [
            nil, .open, .endpointIndependent, .addressDependent, .addressAndPortDependent,
            .sequential,
        ]
        record.peerNAT = try self.pick(letters)
        record.toldNAT = try self.pick(letters)
    }

    mutating func keys() throws -> RelationKeys {
        RelationKeys(
            peerPID: PeerID(using: &self), peerKey: try self.publicKey(), meeting: self.bytes(32),
            psk: self.secret(32), sendMAC: self.secret(32), receiveMAC: self.secret(32))
    }

    mutating func tombstone() -> Tombstone {
        Tombstone(pidHash: self.bytes(32), token: self.bytes(16), expiresAt: self.time())
    }

    mutating func event(of id: RelationID) throws -> Event {
        try self.pick([
            .pairingStarted(id), .trying(id, self.endpoints(4)),
            .pairingPhase(id, self.pick(RelationPhase.allCases)),
            .pairingProblem(id, self.pick(PairingProblem.allCases)),
            .trusted(id, cluster: ClusterID(using: &self)),
            .pairingEnded(id, self.pick(PairingEnd.allCases)),
            .peerConnected(id, self.endpoint()), .peerUnreachable(id),
            .peerMoved(id, from: self.chance(50) ? self.endpoint() : nil, to: self.endpoint()),
            .peerForgotten(id, byPeer: self.chance(50)),
            .ownAddresses([
                Candidate(endpoint: self.endpoint(), kind: self.pick(Candidate.Kind.allCases))
            ]),
            self.clusterEvent(),
        ])
    }
}

/// Ends a test whose own values are wrong.
struct Missing: Error {}

/// `#require` for values made outside of a test's body.
func some<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw Missing() }
    return value
}
