// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// One node and its commands.
@Suite(.serialized) struct NodeTests {
    @Test func aSecondNodeOnTheHomeIsRefused() throws {
        let node = try TestNode(name: "anna")
        let second = try node.run("up", "--listen", "127.0.0.1:0", "--json")
        #expect(second.code == 1)
        #expect(try second.errorCode() == "alreadyRunning")
        #expect(try node.run("status").code == 0)
    }

    @Test func theSocketIsForItsOwnerAloneAndGoesWithTheNode() throws {
        let node = try TestNode(name: "anna")
        let path = node.folder.home + "/api.sock"
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(node.end(SIGTERM).code == 0)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    /// As when the window of its terminal is closed.
    @Test func whoseTerminalGoesEndsInOrder() throws {
        let node = try TestNode(name: "anna")
        let result = node.end(SIGHUP)
        #expect(result.code == 0)
        #expect(result.errors.contains("node ended"))
    }

    @Test func afterAKillTheStaleSocketIsReplaced() throws {
        let node = try TestNode(name: "anna")
        #expect(node.end(SIGKILL).code == -SIGKILL)
        #expect(try node.run("status").code == 69)
        let again = try TestNode(name: "anna", folder: node.folder)
        #expect(try again.run("status").code == 0)
    }

    @Test func downReturnsWhenTheHomeIsFree() throws {
        let node = try TestNode(name: "anna")
        let result = try node.run("down", "--json")
        #expect(result.code == 0)
        #expect(result.output == #"{"state":"stopped"}"# + "\n")
        let again = try TestNode(name: "anna", folder: node.folder)
        #expect(try again.run("down").code == 0)
        #expect(node.finish().code == 0)
        #expect(again.finish().code == 0)
        #expect(try node.run("down").code == 69)
    }

    @Test func statusHasEverythingThatIsPromised() throws {
        let node = try TestNode(name: "anna")
        let status = try node.run("status", "--json").object()
        #expect(
            Set(status.keys) == [
                "node", "peers", "clusters", "bridges", "pairings", "counters", "router",
                "lastResorts",
            ])
        let own = try #require(status["node"] as? [String: Any])
        #expect(own["name"] as? String == "anna")
        #expect(
            Set(own.keys) == [
                "name", "version", "startedAt", "listen", "addresses", "ipgetterQueries",
            ])
        let listen = try #require(own["listen"] as? [String])
        #expect(listen.count == 1 && !listen[0].hasSuffix(":0"))
        for list in ["peers", "clusters", "pairings"] {
            let object = try node.run(list, "--json").object()
            #expect(Set(object.keys) == [list])
        }
        let resorts = try #require(status["lastResorts"] as? [String: Any])
        #expect(Set(resorts.keys) == ["dht", "deadDrop"])
        #expect(resorts.values.allSatisfy { $0 is NSNull })
        let text = try node.run("status").output
        #expect(text.contains("None yet; meet somebody"))
        #expect(text.contains("DHT off; dead drop off"))
    }

    @Test func anOfferWritesWhatIsAskedForAndScansBack() throws {
        let node = try TestNode(name: "anna")
        let files = ["png", "svg", "ndef", "text"]
        let folder = node.folder
        let result = try node.run(
            "offer", "--json", "--png", folder.path("png"), "--svg", folder.path("svg"),
            "--ndef", folder.path("ndef"), "--text", folder.path("text"))
        #expect(result.code == 0)
        let offer = try result.object()
        #expect(Set(offer.keys) == ["pairing", "offer", "expires", "files"])
        #expect(Set(try #require(offer["files"] as? [String: String]).keys) == Set(files))
        for name in files {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path(name))
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
        for name in ["png", "ndef", "text"] {
            let scanned = try Program.run("scan", folder.path(name), "--json").object()
            #expect(scanned["kind"] as? String == "offer")
            #expect(scanned["text"] as? String == offer["offer"] as? String)
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path(""))
        #expect(Set(left) == Set(files + ["home"]))
    }

    @Test func aFileThatCannotBeWrittenStartsNothing() throws {
        let node = try TestNode(name: "anna")
        let result = try node.run(
            "offer", "--json", "--text", node.folder.path("text"), "--png", "/nonexistent/a.png")
        #expect(result.code == 1)
        #expect(try result.errorCode() == "cannotWrite")
        #expect(!FileManager.default.fileExists(atPath: node.folder.path("text")))
        #expect(try node.run("pairings").output == "None.\n")
    }

    @Test func cancelEndsAPairing() throws {
        let node = try TestNode(name: "anna")
        let offer = try node.run("offer", "--json").object()
        let id = try #require(offer["pairing"] as? String)
        let result = try node.run("cancel", String(id.prefix(6)), "--json")
        #expect(result.output == #"{"pairing":"\#(id)","state":"cancelled"}"# + "\n")
        #expect(try node.run("cancel", id, "--json").errorCode() == "notFound")
        #expect(try node.run("events").output.contains("was cancelled"))
    }

    @Test func codesInTheWrongPlaceAreExplained() throws {
        let node = try TestNode(name: "anna")
        let offer = try #require(try node.run("offer", "--json").object()["offer"] as? String)
        let accepted = try node.run("accept", "-", "--json", input: offer)
        #expect(accepted.code == 65)
        #expect(try accepted.errorCode() == "wrongCode")
        let answered = try node.run("answer", "-", "--json", input: offer)
        #expect(answered.code == 1)
        #expect(try answered.errorCode() == "ownCode")
        let doubled = offer.replacing(#""v":1"#, with: #""v":1,"v":1"#)
        for text in ["hello", doubled, offer + String(repeating: " x", count: 200)] {
            let result = try node.run("answer", "-", "--json", input: text)
            #expect(result.code == 65)
            #expect(try result.errorCode() == "unreadable")
        }
        let refusal = #"{"response":400,"errorText":"no room"}"#
        let refused = try node.run("accept", "-", "--json", input: refusal)
        #expect(refused.code == 1)
        #expect(refused.errors.contains("no room"))
    }

    @Test func eventsAreFollowedAsTheyCome() throws {
        let node = try TestNode(name: "anna")
        let watching = try node.start("events", "--follow", "--json")
        let offer = try node.run("offer", "--json").object()
        let id = try #require(offer["pairing"] as? String)
        var seen = false
        while !seen, let line = watching.nextLine() {
            seen = line.contains("pairingStarted") && line.contains(id)
        }
        #expect(seen)
        watching.signal(SIGINT)
        #expect(watching.finish().code == 0)
    }

    @Test func whoFollowsEventsHearsThatTheNodeStopped() throws {
        let node = try TestNode(name: "anna")
        let watching = try node.start("events", "--follow", "--json")
        #expect(watching.nextLine()?.contains("ownAddresses") == true)
        #expect(try node.run("down").code == 0)
        #expect(watching.finish().code == 69)
    }

    @Test func whoFollowsEventsHearsThatTheNodeWasKilled() throws {
        let node = try TestNode(name: "anna")
        let watching = try node.start("events", "--follow", "--json")
        #expect(watching.nextLine()?.contains("ownAddresses") == true)
        #expect(node.end(SIGKILL).code == -SIGKILL)
        let result = watching.finish()
        #expect(result.code == 69)
        #expect(result.lines.last?.contains(#""code":"notRunning""#) == true)
    }
}
