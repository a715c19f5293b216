// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// The keys of two members who never met (PROTOCOL.md §12.3).
@Suite struct IntroductionTests {
    private let primitives = CryptoPrimitives()
    private let cluster = ClusterID(high: 1, low: 2)

    /// A member with keys that are made from one byte.
    private struct Somebody {
        let membership: Membership
        let entry: RosterMember
    }

    private func somebody(_ byte: UInt8, id: UInt64? = nil) throws -> Somebody {
        let membership = Membership(
            member: MemberID(high: id ?? UInt64(byte), low: 0),
            signingKey: Secret([UInt8](repeating: byte, count: 32)),
            agreementKey: Secret([UInt8](repeating: byte + 100, count: 32)))
        let keys = try #require(membership.keys(self.primitives)).0
        return Somebody(
            membership: membership,
            entry: RosterMember(
                id: membership.member, keys: keys, origin: .founder(.offering), status: .present,
                isVoter: true, metBy: []))
    }

    private func epoch(_ number: UInt32 = 1, secret: UInt8 = 9) -> EpochSecret {
        EpochSecret(
            number: number, record: nil, secret: Secret([UInt8](repeating: secret, count: 32)),
            since: WallTime(seconds: 0))
    }

    private func introduce(
        _ one: Somebody, _ other: Somebody, _ epoch: EpochSecret? = nil,
        in cluster: ClusterID? = nil
    ) throws -> Introduction {
        try #require(
            Introduction(
                cluster: cluster ?? self.cluster, one.membership, other.entry,
                epoch ?? self.epoch(), self.primitives))
    }

    @Test func bothSidesDeriveKeysThatFit() throws {
        let (one, other) = (try self.somebody(1), try self.somebody(2))
        let here = try self.introduce(one, other)
        let there = try self.introduce(other, one)
        #expect(here.isOffering && !there.isOffering)
        #expect(here.ownPID == there.keys.peerPID)
        #expect(here.keys.peerPID == there.ownPID)
        #expect(here.keys.psk == there.keys.psk)
        #expect(here.keys.meeting == there.keys.meeting)
        #expect(here.keys.sendMAC == there.keys.receiveMAC)
        #expect(here.keys.receiveMAC == there.keys.sendMAC)
        #expect(here.keys.sendMAC != here.keys.receiveMAC)
        #expect(here.keys.peerKey == other.entry.keys.agreementKey)
        #expect(there.keys.peerKey == one.entry.keys.agreementKey)
        #expect(here.id != there.id)
        #expect((here.member, there.member) == (other.entry.id, one.entry.id))
    }

    /// The same member, epoch and cluster give the same relation, whenever it is made.
    @Test func theSameIsDerivedAgain() throws {
        let (one, other) = (try self.somebody(1), try self.somebody(2))
        let first = try self.introduce(one, other)
        let again = try self.introduce(one, other)
        #expect(first.id == again.id)
        #expect(first.keys == again.keys)
        let later = WallTime(seconds: 1_795_000_000)
        #expect(first.record(one.membership, at: later) == again.record(one.membership, at: later))
    }

    enum Change: CaseIterable {
        case cluster, secret, otherMember, otherKeys, ownKeys
    }

    @Test(arguments: Change.allCases)
    func whateverDiffersMakesOtherKeys(change: Change) throws {
        let (one, other) = (try self.somebody(1), try self.somebody(2))
        let known = try self.introduce(one, other)
        let changed: Introduction
        switch change {
        case .cluster:
            changed = try self.introduce(one, other, in: ClusterID(high: 1, low: 3))
        case .secret: changed = try self.introduce(one, other, self.epoch(secret: 8))
        case .otherMember: changed = try self.introduce(one, try self.somebody(2, id: 3))
        case .otherKeys: changed = try self.introduce(one, try self.somebody(3, id: 2))
        case .ownKeys: changed = try self.introduce(try self.somebody(4, id: 1), other)
        }
        // The meeting is part of every handshake: it is another one for other ids or keys.
        if change == .secret {
            #expect(changed.keys.meeting == known.keys.meeting)
        } else {
            #expect(changed.keys.meeting != known.keys.meeting)
        }
        // The rest is of the secret, the cluster and the ids alone.
        if change == .otherKeys || change == .ownKeys {
            #expect(changed.ownPID == known.ownPID)
            #expect(changed.keys.psk == known.keys.psk)
        } else {
            #expect(changed.ownPID != known.ownPID)
            #expect(changed.keys.peerPID != known.keys.peerPID)
            #expect(changed.id != known.id)
            #expect(changed.keys.psk != known.keys.psk)
            #expect(changed.keys.sendMAC != known.keys.sendMAC)
            #expect(changed.keys.receiveMAC != known.keys.receiveMAC)
        }
    }

    @Test func nobodyIsIntroducedToItself() throws {
        let one = try self.somebody(1)
        let itself = Introduction(
            cluster: self.cluster, one.membership, one.entry, self.epoch(), self.primitives)
        #expect(itself == nil)
    }

    /// What stands in the store: a relation that is trusted at once and owes nothing.
    @Test func theRelationIsTrustedAtOnce() throws {
        let (one, other) = (try self.somebody(1), try self.somebody(2))
        let introduction = try self.introduce(one, other, self.epoch(7))
        let record = introduction.record(one.membership, at: WallTime(seconds: 5))
        #expect(record.phase == .trusted)
        #expect(record.cluster == self.cluster)
        #expect(record.member == other.entry.id)
        #expect(record.epoch == 7)
        #expect(record.codes == nil && record.cancelTokens == nil && record.bond == nil)
        #expect(record.ownKey == one.membership.agreementKey)
        #expect(Relation(record, self.primitives) != nil)
    }

    /// The first epoch's secret comes from the founders' meeting, and from nothing that is erased.
    @Test func theFirstSecretIsOfTheMeetingAndTheCluster() throws {
        let schedule = KeySchedule(primitives: self.primitives)
        let psk = Secret([UInt8](repeating: 3, count: 32))
        let secret = schedule.foundingEpoch(psk: psk, cluster: self.cluster)
        let label = Array("spockex/1 epoch".utf8) + self.cluster.bytes
        #expect(secret == self.primitives.expand(psk, label: label, byteCount: 32))
        #expect(secret.byteCount == 32)
        let elsewhere = schedule.foundingEpoch(psk: psk, cluster: ClusterID(high: 1, low: 3))
        #expect(secret != elsewhere)
        var pair = try Pair.trusted()
        let epochs = Pair.Side.allCases.map { pair[$0].store.state.clusters.first?.epochs.first }
        #expect(epochs[0]?.secret == epochs[1]?.secret)
        let cluster = try #require(pair.relation(.alice)?.cluster)
        let meeting = try #require(pair.relation(.alice)?.keys?.psk)
        #expect(epochs[0]?.secret == schedule.foundingEpoch(psk: meeting, cluster: cluster))
        pair.inFlight = []
    }
}
