// SPDX-License-Identifier: Apache-2.0
import SpockexAPI
import Testing

@testable import spockex

@Suite struct BridgeTextTests {
    private static let bridge = BridgeRow(
        id: "bbbbbbbb-1", clusters: ["cccccccc-1", "dddddddd-2"], names: ["family", "hackers"],
        via: "Dora", state: "open", own: true, policy: PolicyRow(level: "cards", addresses: false),
        ownPolicy: PolicyRow(level: "messages", addresses: true), closers: ["m"])

    private static func card(
        _ name: String, own: Bool = false, verified: Bool = false
    ) -> CardRow {
        CardRow(
            id: name, name: name, policy: PolicyRow(level: "messages", addresses: false), own: own,
            verified: verified, peer: nil)
    }

    @Test func aBridgeIsShownWithWhoIsSeenAndTheMap() {
        let report = BridgeReport(
            bridge: Self.bridge,
            given: [Self.card("Anna", own: true, verified: true), Self.card("Ben")],
            seen: [Self.card("Emil"), Self.card("Fritz", verified: true)])
        let text = BridgeText.text(report)
        #expect(text.contains("“family” and “hackers”"))
        #expect(text.contains("May cross: cards; by this side alone: messages, addresses"))
        #expect(text.contains("1 vote to close it"))
        #expect(text.contains("  Anna (you): messages"))
        #expect(text.contains("  Emil of “hackers”, via Dora, unverified: messages"))
        #expect(text.contains("  Fritz of “hackers”, via Dora, verified: messages"))
        let lines = text.split(separator: "\n").suffix(4).map(String.init)
        #expect(
            lines == [
                "Map", "  [family]    =====  [hackers]", "  Anna (you)         Emil ?",
                "  Ben                Fritz",
            ])
    }

    @Test func aClusterThatTellsNoNameIsShownByItsAlias() {
        var bridge = Self.bridge
        bridge.names = ["family", ""]
        #expect(BridgeText.other(bridge) == Wording.short("dddddddd-2"))
        #expect(BridgeText.list([]) == "None.")
        #expect(BridgeText.list([Self.bridge]).contains("Dora (your bridge)"))
    }

    /// Whoever is seen and is no peer: the first thing that is missing is named.
    @Test func whoIsSeenAndMayNotTalkIsToldWhatIsMissing() {
        var bridge = Self.bridge
        var own = Self.card("Cem", own: true)
        var other = Self.card("Fay")
        (own.peer, other.peer) = (nil, nil)
        (own.policy.level, other.policy.level) = ("cards", "cards")
        func refusal(_ name: String, isGiven: Bool = true) -> APIError? {
            let report = BridgeReport(bridge: bridge, given: isGiven ? [own] : [], seen: [other])
            return SeenAcross.refusal(name, [report])
        }
        #expect(refusal("Eli") == nil)
        #expect(refusal("Fay")?.code == .notFound)
        #expect(
            refusal("Fay")?.message
                == "Fay is seen across the bridge to hackers, but you two may not talk yet.")
        #expect(
            refusal("Fay")?.hint.contains(
                "both of its ends have to say `spockex bridge policy bbbbbbbb messages`")
                == true)
        bridge.policy.level = "messages"
        #expect(
            refusal("Fay", isGiven: false)?.hint
                == "Give a card of your own: `spockex card allow bbbbbbbb`.")
        #expect(refusal("Fay")?.hint.hasPrefix("Your own card lets you be seen alone;") == true)
        own.policy.level = "messages"
        #expect(refusal("Fay")?.hint.hasPrefix("That one's card is for being seen alone,") == true)
        other.policy.level = "relaying"
        #expect(refusal("Fay")?.hint.hasPrefix("Wait a moment") == true)
        other.peer = "p"
        #expect(refusal("Fay") == nil)
    }
}

@Suite struct BridgePromptTests {
    private static let clusters = ["family", "chess"].map {
        ClusterRow(
            id: $0, name: $0, members: 3, connected: 2, standing: "member", member: "m", epoch: 0)
    }

    @Test func whatWasTypedIsUnderstood() {
        let prompt = BridgePrompt(clusters: Self.clusters)
        #expect(prompt.question.contains("1: link “family” with a cluster of the other's"))
        #expect(prompt.choice("1").map { [$0.intent, $0.cluster ?? ""] } == ["bridge", "family"])
        #expect(prompt.choice(" 2 ").map { [$0.intent, $0.cluster ?? ""] } == ["bridge", "chess"])
        #expect(prompt.choice("j")?.intent == "join")
        #expect(prompt.choice("private")?.intent == "private")
        #expect(prompt.choice("")?.intent == "")
        #expect(prompt.choice(nil)?.intent == "")
        #expect(prompt.choice("3") == nil)
        #expect(prompt.choice("yes") == nil)
        #expect(prompt.choice("\(Int.min)") == nil)
    }

    /// Who said with the offer what is wanted is not asked when the answer is there.
    @Test(arguments: ["auto", "bridge", "private", "join"])
    func onlyAnOpenOfferAsks(wish: String) {
        let code =
            #"{"response":200,"v":1,"pid":"20000000-0000-4000-8000-000000000020","#
            + #""host":["198.51.100.2:41414"],"key":"fTSkgV-muYJTXmCvO9m0lVaBYIDxZB_4HSt8iugmikQ","#
            + #""salt":"IiIiIiIiIiIiIiIiIiIiIg","totalPeers":1,"re":"XjVnx0DRMF38hNsbWUPX8g"}"#
        func asks(_ reference: String) -> Bool {
            let pairing = PairingRow(
                id: "p", role: "offering", wish: wish, reference: reference, state: "offered",
                createdAt: Timestamp(milliseconds: 0), expiresAt: Timestamp(milliseconds: 0),
                lastError: nil)
            return BridgePrompt(code: code, Self.clusters, [pairing]) != nil
        }
        #expect(asks("XjVnx0DRMF38hNsbWUPX8g") == (wish == "auto"))
        #expect(asks("an offer of another"))
    }

    /// The end of a meeting names both clusters, if both have names.
    @Test func whatWasLinkedIsNamed() {
        let peer = PeerRow(
            id: "p", name: "Dora", state: "connected", met: "inPerson", introducedBy: nil,
            path: nil, rttMilliseconds: nil, lastHeardAt: nil, cluster: nil, bridge: "b",
            matchedAt: nil, forgotten: false, cause: nil)
        let report = TrustReport(
            pairing: "p", peer: peer, cluster: nil, bridge: "b", scenario: "C",
            safetyNumber: "12345", echo: nil)
        #expect(
            MeetingText.text(report, linked: ["family", "hackers"])
                .contains("\n“family” and “hackers” are linked and stay two;"))
        for names in [[], ["family", ""]] {
            #expect(
                MeetingText.text(report, linked: names)
                    .contains("\nYour clusters are linked and stay two;"))
        }
    }
}
