// SPDX-License-Identifier: Apache-2.0
import SpockexAPI
import Testing

@testable import spockex

@Suite struct ClusterTextTests {
    @Test func aClusterIsShownWhole() {
        let text = ClusterText.text(Family.report(), now: Family.now)
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines[0] == "family  ffffffff-0, 4 members, 2 connected, epoch 0")
        #expect(lines[2].contains("founder, met by Ben, Cem"))
        #expect(lines[3].contains("founder, met you, met by D<ia>"))
        #expect(lines[4].contains("met you") && lines[4].contains("3 s ago"))
        #expect(lines[5].contains("introduced by Ben") && lines[5].contains("connected"))
        #expect(lines[6] == "Map")
    }

    @Test func howSomebodyWasMetIsPutInWords() {
        var report = Family.report()
        #expect(
            report.members.map { ClusterText.howMet($0, report) } == [
                "founder, met by Ben, Cem", "founder, met you, met by D<ia>", "met you",
                "introduced by Ben",
            ])
        report.members[3].metBy.append("cccccccc-3")
        #expect(ClusterText.howMet(report.members[3], report) == "introduced by Ben, met by Cem")
        // Who is gone does not count, but who brought somebody is still told.
        report.members[2].status = "left"
        report.members[1].status = "removed"
        #expect(ClusterText.howMet(report.members[3], report) == "introduced by Ben")
    }

    @Test func whoIsGoneStandsLast() {
        var report = Family.report()
        report.members[1].status = "left"
        let lines = ClusterText.text(report, now: Family.now).split(separator: "\n")
        let places = ["Ada ", "Cem ", "D<ia> ", "Ben "].map { name in
            lines.firstIndex { $0.contains("  \(name)") }
        }
        #expect(places == [2, 3, 4, 5])
    }

    @Test func whoIsThereIsPutInWords() {
        func words(_ change: (inout MemberRow) -> Void) -> String {
            var row = Family.row("cccccccc-3", "Cem", by: "aaaaaaaa-1", metBy: ["aaaaaaaa-1"])
            change(&row)
            return ClusterText.seen(row, now: Family.now)
        }
        #expect(words { _ in } == "not yet")
        #expect(words { $0.connected = true } == "connected")
        #expect(words { $0.status = "left" } == "has left")
        #expect(words { $0.status = "removed" } == "removed")
        #expect(words { $0.status = "waiting" } == "not yet, the cluster is full")
        #expect(words { $0.blocked = true } == "blocked")
        #expect(words { $0.suspect = true } == "not yet, says two different things")
    }

    private static let removal = RemovalRow(
        id: "r", accused: "dddddddd-4", by: "aaaaaaaa-1", votes: ["aaaaaaaa-1"], needed: 2,
        outcome: "open")

    @Test(arguments: [
        ("open", "open, 2 are needed"), ("inEffect", "removed"),
        ("outnumbered", "not enough of all voters, 2 are needed"),
        ("conflicting", "another removal stands against it, 2 are needed"),
        ("void", "void: who voted for it was removed"),
    ])
    func removalsArePutInWords(outcome: String, words: String) {
        var row = Self.removal
        row.outcome = outcome
        if outcome == "inEffect" || outcome == "void" { row.needed = nil }
        #expect(
            ClusterText.removal(row, Family.report())
                == "D<ia>: proposed by Ada, 1 vote (Ada); \(words)")
    }

    @Test func proposingAndVotingArePutInWords() {
        func words(_ did: String, _ outcome: String = "open") -> String {
            var row = Self.removal
            row.outcome = outcome
            return ClusterText.removed(
                MemberRemovalReport(
                    cluster: ClusterName(id: "ffffffff-0", name: "family"),
                    member: MemberName(id: "dddddddd-4", name: "Dia"), did: did, removal: row))
        }
        #expect(
            words("proposed")
                == "You have proposed that Dia be removed: 1 vote for it; 2 are needed. The others "
                + "vote with: spockex cluster remove ffffffff dddddddd")
        #expect(words("nothing").hasPrefix("You have voted for that already: 1 vote"))
        #expect(
            words("voted", "inEffect")
                == "You have voted that Dia be removed; Dia does not belong to the cluster any more."
        )
    }

    @Test func leavingAndBlockingArePutInWords() {
        let cluster = ClusterName(id: "ffffffff-0", name: "family")
        #expect(
            ClusterText.left(ClusterLeaveReport(cluster: cluster, state: "left"))
                == "You have left “family”.")
        #expect(
            ClusterText.left(ClusterLeaveReport(cluster: cluster, state: "leaving"))
                .contains("as soon as the members who are there have heard it"))
        let member = MemberName(id: "dddddddd-4", name: "Dia")
        #expect(
            ClusterText.blocked(MemberBlockReport(cluster: cluster, member: member, blocked: true))
                .hasPrefix("Dia is blocked"))
        #expect(
            ClusterText.blocked(MemberBlockReport(cluster: cluster, member: member, blocked: false))
                .hasPrefix("Dia is not blocked any more"))
    }
}

@Suite struct ClusterPromptTests {
    private static func prompt(_ count: Int, canBePrivate: Bool = true) -> ClusterPrompt? {
        let clusters = (0..<count).map { ClusterChoice(id: "c\($0)", name: "F\($0)", members: 5) }
        return ClusterPrompt(
            APIError(.mustChoose, "m", hint: "h", clusters: clusters), canBePrivate: canBePrivate)
    }

    @Test func oneClusterIsConfirmed() throws {
        let prompt = try #require(Self.prompt(1))
        #expect(
            prompt.question
                == "Bring the newcomer into “F0” (5 members)? [Y/n; p: a private relation of two "
                + "instead] ")
        for typed in ["", "y", "Yes", " Y "] { #expect(prompt.choice(typed) == .cluster("c0")) }
        for typed in ["n", "no"] { #expect(prompt.choice(typed) == .nothing) }
        #expect(prompt.choice(nil) == .nothing)
        #expect(prompt.choice("p") == .private)
        for typed in ["x", "1", "0"] { #expect(prompt.choice(typed) == nil) }
    }

    @Test func ofSeveralOneIsChosenByNumber() throws {
        let prompt = try #require(Self.prompt(2, canBePrivate: false))
        #expect(
            prompt.question == """
                Bring the newcomer into which cluster?
                  1: “F0” (5 members)
                  2: “F1” (5 members)
                  n: into none
                [1-2]\u{20}
                """)
        #expect(prompt.choice("2") == .cluster("c1"))
        for typed in ["", "y", "3", "0", "-1", "\(Int.min)", "p"] {
            #expect(prompt.choice(typed) == nil)
        }
        #expect(prompt.choice("n") == .nothing)
    }

    /// With `--bridge` nobody is taken in, and the meeting does not become another one.
    @Test func whatIsLinkedIsAskedForAsThat() throws {
        let clusters = [ClusterChoice(id: "a", name: "A", members: 3)]
        for count in 1...2 {
            let error = APIError(
                .mustChoose, "m", hint: "h",
                clusters: clusters
                    + (count == 1 ? [] : [ClusterChoice(id: "b", name: "B", members: 4)]))
            let prompt = try #require(ClusterPrompt(error, canBePrivate: true, links: true))
            #expect(prompt.question.hasPrefix("Link "))
            #expect(!prompt.question.contains("newcomer"))
            #expect(prompt.choice("p") == nil)
            #expect(prompt.declined.message.hasPrefix("No cluster is linked"))
        }
    }

    @Test func otherErrorsAskNothing() {
        #expect(Self.prompt(0) == nil)
        #expect(ClusterPrompt(APIError(.notFound, "m", hint: "h"), canBePrivate: true) == nil)
    }
}

@Suite struct EventTextTests {
    private static func sentence(_ kind: String, _ change: (inout EventRow) -> Void = { _ in })
        -> String
    {
        var row = EventRow(id: 1, at: Family.now, kind: kind)
        row.cluster = "ffffffff-0"
        row.clusterName = "family"
        row.member = "dddddddd-4"
        row.memberName = "Dia"
        change(&row)
        return EventText.sentence(row, [:])
    }

    @Test func changesOfClustersArePutInWords() {
        let byBen: (inout EventRow) -> Void = { ($0.by, $0.byName) = ("bbbbbbbb-2", "Ben") }
        #expect(Self.sentence("clusterJoined") == "This node is a member of “family” now.")
        #expect(
            Self.sentence("clusterLost") { $0.reason = "left" } == "This node has left “family”.")
        #expect(
            Self.sentence("clusterLost") { $0.reason = "removed" }
                == "This node was removed from “family”.")
        #expect(Self.sentence("memberJoined") == "Dia founded “family”.")
        #expect(Self.sentence("memberJoined", byBen) == "Ben took Dia into “family”.")
        #expect(Self.sentence("memberGone") { $0.reason = "left" } == "Dia has left “family”.")
        #expect(
            Self.sentence("memberGone") { $0.reason = "removed" }
                == "Dia was removed from “family”.")
        #expect(
            Self.sentence("memberMet", byBen) == "Ben and Dia of “family” have met in person.")
        #expect(
            Self.sentence("removalProposed", byBen)
                == "Ben wants Dia to be removed from “family”.")
        #expect(
            Self.sentence("removalVoted", byBen)
                == "Ben also wants Dia to be removed from “family”.")
        #expect(
            Self.sentence("memberAdmitted") == "Dia, who waited, has a place in “family” now.")
        #expect(
            Self.sentence("memberWaits") == "Dia waits for a place in “family”: others go before.")
        #expect(
            Self.sentence("memberReturned")
                == "Dia is a member of “family” again: the removal does not hold any more.")
        #expect(Self.sentence("memberBlocked", byBen) == "Ben blocks Dia in “family”.")
        #expect(
            Self.sentence("memberBlocked") {
                byBen(&$0)
                $0.blocked = false
            } == "Ben does not block Dia in “family” any more.")
        #expect(
            Self.sentence("epochBegan") { $0.epoch = 2 }
                == "“family” has a new secret, its number 2, which nobody has who is gone.")
        #expect(Self.sentence("memberEquivocated").hasPrefix("Dia of “family” has signed two"))
        #expect(Self.sentence("memberCloned").hasPrefix("Dia of “family” runs twice"))
    }

    @Test func changesOfBridgesArePutInWords() {
        let voted: (inout EventRow) -> Void = { row in
            (row.by, row.byName) = ("bbbbbbbb-2", "Ben")
            (row.bridge, row.bridgeName, row.closing) = ("eeeeeeee-5", "hackers", true)
        }
        #expect(
            Self.sentence("bridgeVoted", voted)
                == "Ben wants that the bridge of “family” to “hackers” is closed.")
        #expect(
            Self.sentence("bridgeVoted") {
                voted(&$0)
                $0.closing = false
            } == "Ben does not want any more that the bridge of “family” to “hackers” is closed.")
        #expect(
            Self.sentence("bridgeVoted") {
                voted(&$0)
                ($0.bridge, $0.bridgeName) = (nil, nil)
            } == "Ben wants that “family” has no bridges.")
        #expect(
            Self.sentence("bridgePolicyChanged") {
                voted(&$0)
                $0.policy = PolicyRow(level: "messages", addresses: true)
            } == "What may cross the bridge of “family” to “hackers” is now: messages, addresses.")
    }

    @Test func whatHasNoNameIsCalledByItsID() {
        var row = EventRow(id: 1, at: Family.now, kind: "memberGone")
        row.cluster = "ffffffff-0"
        row.member = "dddddddd-4"
        row.reason = "left"
        #expect(EventText.sentence(row, [:]) == "dddddddd has left the cluster ffffffff.")
        #expect(EventText.sentence(EventRow(id: 1, at: Family.now, kind: "other"), [:]) == "other")
    }
}
