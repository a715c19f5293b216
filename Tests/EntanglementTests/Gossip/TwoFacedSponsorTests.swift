// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// A sponsor who shows other keys of a newcomer to some of the members (PROTOCOL.md §11.5, §12.4).
///
/// The newcomer, Noa, is a real one, and Mallory took it in for real. Beside that Mallory signs that it took
/// in a twin, whose keys it made itself.
@Suite struct TwoFacedSponsorTests {
    private static let (ada, ben, mallory, cem, dia, noa) = (0, 1, 2, 3, 4, 5)
    /// Who is shown the truth, and who the twin.
    private static let near = [ada, mallory, cem, noa]
    private static let far = [ben, dia]
    private static let all = Array(0..<6)
    /// Nobody of the one half hears anybody of the other.
    private static let halves = near.flatMap { one in far.map { (one, $0) } }

    /// Five whom Ada took in or founded with, and Noa, who belongs to nothing yet.
    private func five() throws -> (circle: Circle, cluster: ClusterID) {
        try Circle.cluster(of: ["Ada", "Ben", "Mallory", "Cem", "Dia"], apart: ["Noa"])
    }

    /// One half knows Noa and the other one the twin, at one place among what Mallory wrote; the halves have
    /// lost each other.
    private func twoFaces(
        isOneMeeting: Bool = true
    ) throws -> (circle: Circle, cluster: ClusterID, twin: MemberID) {
        var (circle, cluster) = try self.five()
        circle.blocked = Self.halves
        try circle.takeIn(Self.noa, by: Self.mallory, into: cluster)
        circle.run(for: .seconds(10))
        let truth = try circle.addition(by: Self.mallory, seenBy: Self.ada, cluster)
        let twin = try circle.twin(
            by: Self.mallory, meeting: isOneMeeting ? self.meeting(truth) : noise(32, seed: 9),
            seenBy: Self.ben, cluster)
        #expect(twin.record.place?.author == truth.place?.author)
        #expect(twin.record.place?.position == truth.place?.position)
        for other in Self.far {
            try circle.slip(twin.record, to: other, from: Self.mallory, cluster)
        }
        circle.run(for: .seconds(200))
        return (circle, cluster, twin.member)
    }

    private func meeting(_ record: Record) throws -> [UInt8] {
        guard case .add(_, let meeting) = record.body else {
            Issue.record("no admission")
            return []
        }
        return meeting
    }

    /// The kinds of proofs that a host holds against Mallory.
    private func proofs(_ number: Int, _ circle: Circle, _ cluster: ClusterID) throws -> [String] {
        let liar = try circle.member(Self.mallory, cluster)
        return try circle.roster(number, cluster).equivocations.map { proof in
            guard proof.author == liar else { return "another's" }
            return switch proof {
            case .position: "position"
            case .meeting: "meeting"
            }
        }
    }

    // MARK: One place, another newcomer for each half

    /// Each half believes what it was shown, and has no reason for doubt.
    @Test func eachHalfBelievesWhatItIsShown() throws {
        let (circle, cluster, twin) = try self.twoFaces()
        let newcomer = try circle.member(Self.noa, cluster)
        for number in Self.all {
            let isNear = Self.near.contains(number)
            let roster = try circle.roster(number, cluster)
            #expect(roster.present.count == 6)
            #expect(roster.isPresent(newcomer) == isNear)
            #expect(roster.isPresent(twin) == !isNear)
            #expect(circle.suspects(number, cluster) == [])
        }
    }

    /// At the first direct contact of the halves, of two who are no voters, both records are with everybody
    /// and show the sponsor.
    @Test(arguments: [true, false])
    func theFirstContactShowsIt(isOneMeeting: Bool) throws {
        var (circle, cluster, _) = try self.twoFaces(isOneMeeting: isOneMeeting)
        circle.blocked.removeAll { $0 == (Self.cem, Self.dia) }
        circle.run(for: .seconds(90))
        let liar = try circle.member(Self.mallory, cluster)
        let kinds = ["position"] + (isOneMeeting ? ["meeting"] : [])
        let hash = try circle.rosterHash(Self.ada, cluster)
        for number in Self.all {
            #expect(circle.suspects(number, cluster) == ["Mallory"], "\(number)")
            #expect(try self.proofs(number, circle, cluster) == kinds, "\(number)")
            #expect(try circle.rosterHash(number, cluster) == hash, "\(number)")
            let told = circle.count(number, .memberEquivocated(cluster, liar))
            // That two proofs are told once: EquivocationToldTests.
            #expect(isOneMeeting ? told > 0 : told == 1, "\(number)")
        }
    }

    /// The newcomer is a member as any other one, connected with all; so is the twin, but that nobody is there.
    @Test func theNewcomerGoesOnAsAMember() throws {
        var (circle, cluster, twin) = try self.twoFaces()
        circle.blocked = []
        circle.run(for: .seconds(200))
        let (newcomer, liar) = (
            try circle.member(Self.noa, cluster), try circle.member(Self.mallory, cluster)
        )
        let hash = try circle.rosterHash(Self.ada, cluster)
        for number in Self.all {
            #expect(circle.suspects(number, cluster) == ["Mallory"])
            let roster = try circle.roster(number, cluster)
            #expect(roster.present.count == 7)
            for member in [newcomer, twin] {
                #expect(roster.member(member)?.metBy == [liar])
                #expect(roster.member(member)?.isVoter == false)
            }
            #expect(!circle.isConnected(number, with: twin, cluster))
            #expect(circle.presence(number, cluster).values.count { $0 } == 6)
            #expect(try circle.rosterHash(number, cluster) == hash)
        }
    }

    /// A meeting of two halves in person is a first contact too; from then on the records say of the newcomer
    /// that somebody else met it, and the voters can remove the twin alone.
    @Test func aMeetingInPersonConfirmsTheNewcomer() throws {
        var (circle, cluster, twin) = try self.twoFaces()
        circle.blocked.removeAll { $0 == (Self.noa, Self.ben) }
        try circle.confirm(Self.ben, Self.noa)
        circle.run(for: .seconds(60))
        let ids = try Self.all.map { try circle.member($0, cluster) }
        for number in Self.all {
            #expect(circle.suspects(number, cluster) == ["Mallory"], "\(number)")
            let roster = try circle.roster(number, cluster)
            let both = [ids[Self.mallory], ids[Self.ben]].sorted()
            #expect(roster.member(ids[Self.noa])?.metBy == both, "\(number)")
            #expect(roster.member(twin)?.metBy == [ids[Self.mallory]], "\(number)")
        }
        circle.blocked = []
        circle.run(for: .seconds(120))
        // Cem is a voter then: there are three.
        try circle.confirm(Self.ben, Self.cem)
        circle.run(for: .seconds(5))
        for number in [Self.ada, Self.ben] {
            #expect(circle.request(number, .removeMember(cluster, twin)) == .done)
            circle.run(for: .seconds(5))
        }
        circle.run(for: .seconds(30))
        try circle.expectOneCluster(Self.all, cluster)
        #expect(circle.suspects(Self.noa, cluster) == ["Mallory"])
    }

    // MARK: Two places, one meeting

    /// Whoever has the second record of one meeting has the first one too, since it names it: the one half is
    /// told at once, the other one at the first contact.
    @Test func twoNewcomersOfOneMeetingAreShown() throws {
        var (circle, cluster) = try self.five()
        try circle.takeIn(Self.noa, by: Self.mallory, into: cluster)
        circle.run(for: .seconds(10))
        try circle.expectOneCluster(Self.all, cluster)
        let truth = try circle.addition(by: Self.mallory, seenBy: Self.ada, cluster)
        let twin = try circle.twin(
            by: Self.mallory, meeting: self.meeting(truth), seenBy: Self.ben, cluster)
        #expect(twin.record.place?.previous == truth.id)
        circle.blocked = Self.halves
        for other in Self.far {
            try circle.slip(twin.record, to: other, from: Self.mallory, cluster)
        }
        circle.run(for: .seconds(200))
        for number in Self.all {
            let isFar = Self.far.contains(number)
            #expect(circle.suspects(number, cluster) == (isFar ? ["Mallory"] : []), "\(number)")
        }
        circle.blocked.removeAll { $0 == (Self.cem, Self.dia) }
        circle.run(for: .seconds(90))
        circle.blocked = []
        circle.run(for: .seconds(200))
        let liar = try circle.member(Self.mallory, cluster)
        let hash = try circle.rosterHash(Self.ada, cluster)
        for number in Self.all {
            #expect(circle.suspects(number, cluster) == ["Mallory"], "\(number)")
            #expect(try self.proofs(number, circle, cluster) == ["meeting"], "\(number)")
            #expect(circle.count(number, .memberEquivocated(cluster, liar)) == 1, "\(number)")
            // The fold takes both for members.
            let roster = try circle.roster(number, cluster)
            #expect(roster.present.count == 7)
            #expect(roster.isPresent(twin.member))
            #expect(circle.presence(number, cluster).values.count { $0 } == 6)
            #expect(try circle.rosterHash(number, cluster) == hash)
        }
    }

    // MARK: The twin for all

    /// All members are shown the twin alone, and then Mallory is gone; Noa got the truth or did not.
    private func hidden(
        isTold: Bool
    ) throws -> (circle: Circle, cluster: ClusterID, liar: MemberID, twin: MemberID) {
        let primitives = StandInPrimitives()
        var circle = Circle(
            ["Ada", "Ben", "Mallory", "Cem", "Dia", "Noa"], primitives: primitives)
        let cluster = try circle.found(Self.ada, Self.ben)
        for newcomer in [Self.mallory, Self.cem, Self.dia] {
            try circle.takeIn(newcomer, by: Self.ada, into: cluster)
            circle.run(for: .seconds(3))
        }
        circle.run(for: .seconds(20))
        let liar = try circle.member(Self.mallory, cluster)
        let others = [Self.ada, Self.ben, Self.cem, Self.dia]
        circle.blocked = others.map { ($0, Self.mallory) }
        guard
            case .offered(_, let offer, _) = circle.request(Self.mallory, .offer(MeetingOptions())),
            case .answered(_, let answer, _) = circle.request(
                Self.noa, .answer(offer, MeetingOptions())),
            case .accepted = circle.request(Self.mallory, .accept(answer, into: cluster))
        else {
            Issue.record("no codes")
            return (circle, cluster, liar, liar)
        }
        circle.run(for: .seconds(20)) { isTold || !Self.isAddition($0, by: liar) }
        let truth = try circle.addition(by: Self.mallory, seenBy: Self.mallory, cluster)
        let twin = try circle.twin(
            by: Self.mallory, meeting: self.meeting(truth), seenBy: Self.ben, cluster, primitives)
        #expect(twin.record.place?.position == truth.place?.position)
        for other in others + (isTold ? [] : [Self.noa]) {
            try circle.slip(twin.record, to: other, from: Self.mallory, cluster)
        }
        circle.stopped = [Self.mallory]
        circle.run(for: .seconds(200))
        return (circle, cluster, liar, twin.member)
    }

    /// Whether a datagram is a frame with an admission by that member; the stand-in for cryptography leaves the
    /// text readable.
    private static func isAddition(_ sent: Host.Sent, by author: MemberID) -> Bool {
        // 16 bytes of the packet | 24 | cluster UID | u16 length | kind | author
        sent.bytes.count > 52 && sent.bytes[0] == Constants.packetType && sent.bytes[16] == 24
            && sent.bytes[35] == 2 && Array(sent.bytes[36..<52]) == author.bytes
    }

    /// Where all hold the twin's record alone nothing proves anything, until the newcomer meets one of them.
    ///
    /// Nobody answers it before, and it takes itself for a member. That meeting brings its record to all.
    @Test func whomAllMistakeIsFoundByAMeeting() throws {
        var (circle, cluster, liar, twin) = try self.hidden(isTold: true)
        #expect(circle.record(Self.noa, cluster)?.standing == .member)
        let newcomer = try circle.member(Self.noa, cluster)
        let others = [Self.ada, Self.ben, Self.cem, Self.dia]
        for number in others {
            let roster = try circle.roster(number, cluster)
            #expect(roster.isPresent(twin) && roster.member(newcomer) == nil)
            #expect(circle.suspects(number, cluster) == [])
        }
        #expect(circle.suspects(Self.noa, cluster) == [])
        #expect(circle.presence(Self.noa, cluster).filter(\.value).map(\.key) == ["Noa"])
        try circle.confirm(Self.ben, Self.noa)
        circle.run(for: .seconds(60))
        let hash = try circle.rosterHash(Self.ada, cluster)
        for number in others + [Self.noa] {
            #expect(circle.suspects(number, cluster) == ["Mallory"], "\(number)")
            #expect(circle.count(number, .memberEquivocated(cluster, liar)) > 0, "\(number)")
            #expect(try circle.rosterHash(number, cluster) == hash, "\(number)")
            // All but Mallory and the twin.
            #expect(circle.presence(number, cluster).values.count { $0 } == 5, "\(number)")
        }
    }

    /// A newcomer who is shown the twin instead of itself stays one who is joining.
    ///
    /// It is told nothing, though it holds another's admission from its own meeting. Who meets it cannot tell
    /// who it is. It is free to leave, and is taken in by somebody else then.
    @Test func whoIsNeverTakenInMayLeaveAndBeTakenInByAnother() throws {
        var (circle, cluster, liar, twin) = try self.hidden(isTold: false)
        #expect(circle.record(Self.noa, cluster)?.standing == .joining)
        #expect(try circle.roster(Self.noa, cluster).isPresent(twin))
        try circle.confirm(Self.ben, Self.noa)
        circle.run(for: .seconds(200))
        for number in [Self.ada, Self.ben, Self.cem, Self.dia, Self.noa] {
            #expect(circle.suspects(number, cluster) == [])
            #expect(circle.count(number, .memberEquivocated(cluster, liar)) == 0)
            #expect(try circle.roster(number, cluster).present.count == 6)
        }
        #expect(circle.record(Self.noa, cluster)?.standing == .joining)
        #expect(circle.request(Self.noa, .leave(cluster)) == .done)
        circle.run(for: .seconds(90))
        #expect(circle.record(Self.noa, cluster) == nil)
        #expect(circle.hosts[Self.noa].store.state.relations == [])
        try circle.takeIn(Self.noa, by: Self.ben, into: cluster)
        circle.run(for: .seconds(60))
        #expect(circle.record(Self.noa, cluster)?.standing == .member)
        let newcomer = try circle.member(Self.noa, cluster)
        for number in [Self.ada, Self.ben, Self.cem, Self.dia] {
            #expect(circle.isConnected(number, with: newcomer, cluster), "\(number)")
        }
    }
}
