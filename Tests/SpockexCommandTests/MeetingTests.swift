// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Two nodes on loopback, met by the command line alone.
@Suite(.serialized) struct MeetingTests {
    @Test func twoNodesMeetByPictures() throws {
        let anna = try TestNode(name: "Anna")
        let bob = try TestNode(name: "Bob")
        let picture = anna.folder.path("offer.png")
        let answerPicture = bob.folder.path("answer.png")
        #expect(try anna.run("offer", "--png", picture, "--json").code == 0)
        let answering = try bob.start(
            "answer", picture, "--png", answerPicture, "--wait", "--json")
        let first = try #require(answering.nextLine())
        #expect(first.contains(#""answer":"#))
        // The files are complete before it waits.
        let accepted = try anna.run("accept", answerPicture, "--wait", "--json")
        #expect(accepted.code == 0)
        let answered = answering.finish()
        #expect(answered.code == 0)
        let annas = try accepted.object()
        let bobs = try answered.object(1)
        for report in [annas, bobs] {
            #expect(
                Set(report.keys) == [
                    "pairing", "state", "peer", "cluster", "bridge", "scenario", "safetyNumber",
                    "echo",
                ])
            #expect(report["state"] as? String == "trusted")
            #expect(report["scenario"] as? String == "A")
        }
        let number = try #require(annas["safetyNumber"] as? String)
        #expect(number.filter(\.isNumber).count == 20)
        #expect(bobs["safetyNumber"] as? String == number)
        #expect((annas["peer"] as? [String: Any])?["name"] as? String == "Bob")
        #expect((bobs["peer"] as? [String: Any])?["name"] as? String == "Anna")
        #expect(
            (annas["cluster"] as? [String: Any])?["id"] as? String
                == (bobs["cluster"] as? [String: Any])?["id"] as? String)
        try self.usePeer(anna, number)
    }

    /// What one does with a peer afterwards, by its name.
    private func usePeer(_ anna: TestNode, _ number: String) throws {
        let ping = try anna.run("ping", "Bob", "--json")
        #expect(ping.code == 0)
        #expect(Set(try ping.object().keys) == ["peer", "path", "rttMilliseconds"])
        let before = try anna.run("verify", "Bob", "--json").object()
        #expect(before["safetyNumber"] as? String == number)
        #expect(before["matchedAt"] is NSNull)
        let after = try anna.run("verify", "Bob", "--matched", "--json").object()
        #expect(after["matchedAt"] is String)
        #expect(
            try anna.run("rename", "Bob", "Robert", "--json").object()["name"] as? String
                == "Robert")
        #expect(try anna.run("peers").output.contains("Robert"))
        let clusters = try #require(
            try anna.run("clusters", "--json").object()["clusters"] as? [[String: Any]])
        let id = try #require(clusters.first?["id"] as? String)
        #expect(try anna.run("cluster", "rename", id, "Friends", "--json").code == 0)
        #expect(try anna.run("cluster", "show", "Friends").output.contains("Robert"))
        try self.checkMembers(try anna.run("cluster", "show", "Friends", "--json").object())
        let left = try anna.run("cluster", "leave", "Friends", "--json")
        #expect(left.code == 64)
        let removed = try anna.run("cluster", "remove", "Friends", "Robert", "--json")
        #expect(removed.code == 1)
        #expect(try removed.errorCode() == "tooFewVoters")
        #expect(try anna.run("rename", "Robert", String(repeating: "x", count: 65)).code == 64)
        let forgotten = try anna.run("forget", "Robert", "--json")
        #expect(forgotten.code == 0)
        #expect(try forgotten.object()["state"] as? String == "forgotten")
    }

    /// The two founders, who met each other.
    private func checkMembers(_ report: [String: Any]) throws {
        let cluster = try #require(report["cluster"] as? [String: Any])
        let members = try #require(report["members"] as? [[String: Any]])
        #expect(cluster["standing"] as? String == "member")
        #expect((report["removals"] as? [Any])?.isEmpty == true)
        #expect(members.count == 2)
        let own = try #require(members.first { $0["isSelf"] as? Bool == true })
        let other = try #require(members.first { $0["isSelf"] as? Bool == false })
        #expect(own["id"] as? String == cluster["member"] as? String)
        #expect(own["name"] as? String == "Anna")
        #expect(own["peer"] is NSNull)
        #expect(other["name"] as? String == "Robert")
        #expect(other["peer"] is String)
        #expect(other["met"] as? Bool == true)
        for (row, met) in [(own, other), (other, own)] {
            #expect(row["came"] as? String == "founder")
            #expect(row["introducedBy"] is NSNull)
            let id = try #require(met["id"] as? String)
            #expect(row["metBy"] as? [String] == [id])
            #expect(row["voter"] as? Bool == true)
            #expect(row["status"] as? String == "present")
        }
    }

    /// Two homes without a STUN server: it is said at once, not after 90 seconds.
    @Test(arguments: [("203.0.113.9:41414", false), ("192.168.1.9:41414", true)])
    func codesOfLocalNetworksAreNamed(host: String, isLocal: Bool) throws {
        let anna = try TestNode(name: "Anna")
        let bob = try TestNode(name: "Bob")
        let text = anna.folder.path("offer.txt")
        #expect(try anna.run("offer", "--text", text, "--host", host, "--json").code == 0)
        let answered = try bob.run("answer", text, "--host", "10.0.0.7:41414", "--no-wait")
        #expect(answered.code == 0)
        #expect(answered.errors.contains("--ipgetter") == isLocal)
    }

    @Test func ctrlCLeavesThePairing() throws {
        let anna = try TestNode(name: "Anna")
        let bob = try TestNode(name: "Bob")
        let text = anna.folder.path("offer.txt")
        #expect(try anna.run("offer", "--text", text, "--json").code == 0)
        let answering = try bob.start("answer", text, "--wait", "--json")
        #expect(answering.nextLine()?.contains(#""answer":"#) == true)
        #expect(answering.nextErrorLine()?.contains("Waiting until") == true)
        answering.signal(SIGINT)
        let result = answering.finish()
        #expect(result.code == 75)
        #expect(try result.errorCode(1) == "interrupted")
        #expect(try bob.run("pairings", "--json").output.contains(#""state":"answered""#))
    }

    @Test func aCancelledPairingEndsTheWaitOfTheOtherCommand() throws {
        let anna = try TestNode(name: "Anna")
        let bob = try TestNode(name: "Bob")
        let text = anna.folder.path("offer.txt")
        #expect(try anna.run("offer", "--text", text, "--json").code == 0)
        let answering = try bob.start("answer", text, "--wait", "--json")
        let line = try #require(answering.nextLine())
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let id = try #require(object["pairing"] as? String)
        #expect(answering.nextErrorLine()?.contains("Waiting until") == true)
        #expect(try bob.run("cancel", id).code == 0)
        let result = answering.finish()
        #expect(result.code == 1)
        #expect(try result.errorCode(1) == "cancelled")
    }

    /// Anna accepts Bob's answer while Bob's node is gone; the id of her pairing.
    private func lonely(_ anna: TestNode, _ bob: TestNode) throws -> (id: String, answer: String) {
        let (offer, answer) = (anna.folder.path("offer.txt"), anna.folder.path("answer.txt"))
        let made = try anna.run("offer", "--text", offer, "--json").object()
        #expect(try bob.run("answer", offer, "--text", answer, "--json").code == 0)
        #expect(bob.end(SIGKILL).code == -SIGKILL)
        return (try #require(made["pairing"] as? String), answer)
    }

    @Test func aKilledNodeEndsTheWaitForAPairing() throws {
        let anna = try TestNode(name: "Anna")
        let bob = try TestNode(name: "Bob")
        let accepting = try anna.start(
            "accept", try self.lonely(anna, bob).answer, "--wait", "--json")
        #expect(accepting.nextErrorLine()?.isEmpty == false)
        #expect(anna.end(SIGKILL).code == -SIGKILL)
        let result = accepting.finish()
        #expect(result.code == 69)
        #expect(try result.errorCode() == "notRunning")
    }

    @Test func retryBeginsTheOnlineStepAgain() throws {
        let anna = try TestNode(name: "Anna")
        let bob = try TestNode(name: "Bob")
        let (id, answer) = try self.lonely(anna, bob)
        // An offer that nobody answered has nothing to try.
        let other = try anna.run("offer", "--json").object()
        let early = try anna.run("retry", try #require(other["pairing"] as? String), "--json")
        #expect(early.code == 1)
        #expect(try early.errorCode() == "wrongPhase")
        let state = #"{"pairing":"\#(id)","state":"connecting"}"# + "\n"
        #expect(try anna.run("accept", answer, "--json").output == state)
        let retried = try anna.run("retry", id, "--json")
        #expect(retried.code == 0)
        #expect(retried.output == state)
    }

    /// A member of two clusters takes a newcomer into the one that it names.
    @Test func severalClustersWantAChoice() throws {
        let anna = try TestNode(name: "Anna")
        for (name, options) in [("Bob", []), ("Carol", ["--private"])] {
            let other = try TestNode(name: name)
            let (offer, answer) = (other.folder.path("offer"), other.folder.path("answer"))
            let arguments = ["offer", "--text", offer, "--json"] + options
            #expect(try Running(arguments, home: anna.folder).finish().code == 0)
            #expect(try other.run("answer", offer, "--text", answer, "--json").code == 0)
            #expect(try anna.run("accept", answer, "--wait", "--json").code == 0)
        }
        let dora = try TestNode(name: "Dora")
        let (offer, answer) = (dora.folder.path("offer"), dora.folder.path("answer"))
        #expect(
            try Running(["offer", "--text", offer, "--json"], home: anna.folder).finish().code == 0)
        #expect(try dora.run("answer", offer, "--text", answer, "--json").code == 0)
        let refused = try anna.run("accept", answer, "--wait", "--json")
        #expect(refused.code == 64)
        #expect(try refused.errorCode() == "mustChoose")
        #expect(refused.errors.contains("--cluster CLUSTER"))
        let choices = try #require(
            (try refused.object()["error"] as? [String: Any])?["clusters"] as? [[String: Any]])
        #expect(choices.count == 2)
        let id = try #require(choices.first?["id"] as? String)
        let accepted = try anna.run("accept", answer, "--cluster", id, "--wait", "--json")
        #expect(accepted.code == 0)
        let report = try accepted.object()
        #expect(report["scenario"] as? String == "B")
        #expect((report["cluster"] as? [String: Any])?["id"] as? String == id)
    }

    /// Whoever answers as a member says it too; `--private` makes a cluster of two instead.
    @Test func whoAnswersAsAMemberChooses() throws {
        let anna = try TestNode(name: "Anna")
        let bob = try TestNode(name: "Bob")
        let (offer, answer) = (anna.folder.path("offer"), anna.folder.path("answer"))
        #expect(try anna.run("offer", "--text", offer, "--json").code == 0)
        #expect(try bob.run("answer", offer, "--text", answer, "--json").code == 0)
        #expect(try anna.run("accept", answer, "--wait", "--json").code == 0)
        let carol = try TestNode(name: "Carol")
        #expect(try carol.run("offer", "--text", offer, "--json").code == 0)
        let refused = try anna.run("answer", offer, "--text", answer, "--json")
        #expect(refused.code == 64)
        #expect(try refused.errorCode() == "mustChoose")
        #expect(refused.errors.contains("--private"))
        #expect(try anna.run("pairings").output == "None.\n")
        let answered = try anna.run("answer", offer, "--text", answer, "--private", "--json")
        #expect(answered.code == 0)
        let accepted = try carol.run("accept", answer, "--wait", "--json")
        #expect(accepted.code == 0)
        #expect(try accepted.object()["scenario"] as? String == "A")
        #expect(try anna.run("cluster", "show", "Carol + Anna").output.contains("founder, met you"))
    }
}
