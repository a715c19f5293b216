// SPDX-License-Identifier: Apache-2.0
import SpockexAPI
import Testing

/// The JSON that programs rely on, letter by letter.
@Suite struct GoldenTests {
    static let time = Timestamp(milliseconds: 1_795_426_200_250)

    static let peer = PeerRow(
        id: "0b9ab3c5-6e0a-4d6a-9d43-0c0f7f7e7a01", name: "Bob", state: "connected",
        met: "inPerson", introducedBy: nil,
        path: PathRow(kind: "direct", endpoint: "192.0.2.7:41414"), rttMilliseconds: 12.25,
        lastHeardAt: Self.time, cluster: "c", matchedAt: nil, forgotten: false)
    static let peerText =
        #"{"bridge":null,"cause":null,"cluster":"c","forgotten":false,"id":"0b9ab3c5-6e0a-4d6a-9d43-0c0f7f7e7a01","#
        + #""introducedBy":null,"lastHeardAt":"2026-11-23T09:30:00.250Z","matchedAt":null,"#
        + #""met":"inPerson","name":"Bob","path":{"endpoint":"192.0.2.7:41414","hops":[],"kind":"direct","#
        + #""reason":null,"via":null},"rttMilliseconds":12.25,"state":"connected","verified":null}"#

    static let pairing = PairingRow(
        id: "p", role: "offering", wish: "auto", reference: "cmVm", state: "offered",
        createdAt: Self.time, expiresAt: Self.time,
        lastError: nil)
    static let pairingText =
        #"{"cause":null,"createdAt":"2026-11-23T09:30:00.250Z","#
        + #""expiresAt":"2026-11-23T09:30:00.250Z","id":"p","lastError":null,"#
        + #""reference":"cmVm","role":"offering","state":"offered","wish":"auto"}"#

    static let cluster = ClusterRow(
        id: "c", name: "Anna and Bob", members: 2, connected: 1, standing: "member", member: "m",
        epoch: 3)
    static let clusterText =
        #"{"connected":1,"epoch":3,"id":"c","member":"m","members":2,"name":"Anna and Bob","#
        + #""standing":"member"}"#

    static let bridge = BridgeRow(
        id: "b", clusters: ["c", "d"], names: ["family", "hackers"], via: "p", state: "open",
        own: true, policy: PolicyRow(level: "messages", addresses: true), closers: ["m"],
        until: Self.time)
    static let bridgeText =
        #"{"closers":["m"],"clusters":["c","d"],"id":"b","names":["family","hackers"],"own":true,"#
        + #""ownPolicy":{"addresses":false,"level":"cards"},"#
        + #""policy":{"addresses":true,"level":"messages"},"state":"open","#
        + #""until":"2026-11-23T09:30:00.250Z","via":"p"}"#

    /// Encodes to the text, and reads back to the same value.
    private func check<Value: Codable & Equatable>(_ value: Value, _ text: String) throws {
        #expect(try JSONLine.text(value) == text)
        #expect(try JSONLine.value(Value.self, from: Array(text.utf8)) == value)
    }

    @Test func statusHasAllKeysAndNulls() throws {
        let report = StatusReport(
            node: NodeRow(
                name: "anna", version: "0.1.0", startedAt: Self.time, listen: ["[::]:41414"],
                addresses: [AddressRow(endpoint: "192.0.2.1:41414", kind: "lan", confirmedBy: 0)],
                ipgetterQueries: 0),
            peers: [Self.peer], clusters: [Self.cluster],
            bridges: [Self.bridge],
            pairings: [Self.pairing],
            router: RouterRow(
                state: "open", gateway: "192.168.1.1", protocol: "pcp",
                externalAddress: "198.51.100.10:41414", leaseSeconds: 7199),
            lastResorts: LastResortsRow(
                deadDrop: LastResortRow(done: 2, failed: 1, lastFailure: "No.")),
            counters: ["handshakes": 1, "datagramsReceived": 2])
        let node =
            #"{"addresses":[{"confirmedBy":0,"endpoint":"192.0.2.1:41414","kind":"lan"}],"#
            + #""ipgetterQueries":0,"listen":["[::]:41414"],"name":"anna","#
            + #""startedAt":"2026-11-23T09:30:00.250Z","version":"0.1.0"}"#
        let router =
            #"{"doubleNat":null,"externalAddress":"198.51.100.10:41414","#
            + #""gateway":"192.168.1.1","leaseSeconds":7199,"pinholes":[],"protocol":"pcp","#
            + #""reason":null,"state":"open"}"#
        let lastResorts =
            #"{"deadDrop":{"done":2,"failed":1,"lastFailure":"No."},"dht":null}"#
        try self.check(
            report,
            #"{"bridges":[\#(Self.bridgeText)],"clusters":[\#(Self.clusterText)],"#
                + #""counters":{"datagramsReceived":2,"handshakes":1},"lastResorts":\#(lastResorts),"#
                + #""node":\#(node),"#
                + #""pairings":[\#(Self.pairingText)],"peers":[\#(Self.peerText)],"router":\#(router)}"#
        )
    }

    @Test func listsNameTheirRows() throws {
        try self.check(PeerList(peers: [Self.peer]), #"{"peers":[\#(Self.peerText)]}"#)
        try self.check(
            ClusterList(clusters: [Self.cluster]), #"{"clusters":[\#(Self.clusterText)]}"#)
        try self.check(
            PairingList(pairings: [Self.pairing]), #"{"pairings":[\#(Self.pairingText)]}"#)
    }

    @Test func aClusterTellsOfItsMembersAndRemovals() throws {
        var member = MemberRow(id: "n", name: "Cem")
        member.peer = "p"
        member.came = "introduced"
        member.introducedBy = "m"
        member.metBy = ["m"]
        member.met = true
        member.voter = false
        member.connected = true
        member.connectedTo = ["m"]
        member.addresses = ["192.0.2.7:41414"]
        member.publishedAt = Self.time
        let removal = RemovalRow(
            id: "r", accused: "n", by: "m", votes: ["m"], needed: 2, outcome: "open")
        let memberText =
            #"{"addresses":["192.0.2.7:41414"],"blocked":false,"blocksYou":false,"came":"introduced","#
            + #""connected":true,"connectedTo":["m"],"id":"n","introducedBy":"m","#
            + #""isSelf":false,"lastHeardAt":null,"#
            + #""met":true,"metBy":["m"],"name":"Cem","peer":"p","#
            + #""publishedAt":"2026-11-23T09:30:00.250Z","status":"present","suspect":false,"#
            + #""voter":false}"#
        let removalText =
            #"{"accused":"n","by":"m","id":"r","needed":2,"outcome":"open","votes":["m"]}"#
        try self.check(
            ClusterReport(cluster: Self.cluster, members: [member], removals: [removal]),
            #"{"bridgesForbidden":false,"cluster":\#(Self.clusterText),"forbidders":[],"members":[\#(memberText)],"#
                + #""removals":[\#(removalText)]}"#)
        let name = ClusterName(id: "c", name: "F")
        let who = MemberName(id: "n", name: "Cem")
        try self.check(
            MemberRemovalReport(cluster: name, member: who, did: "voted", removal: removal),
            #"{"cluster":{"id":"c","name":"F"},"did":"voted","member":{"id":"n","name":"Cem"},"#
                + #""removal":\#(removalText)}"#)
        try self.check(
            MemberBlockReport(cluster: name, member: who, blocked: true),
            #"{"blocked":true,"cluster":{"id":"c","name":"F"},"member":{"id":"n","name":"Cem"}}"#)
        try self.check(
            ClusterLeaveReport(cluster: name, state: "leaving"),
            #"{"cluster":{"id":"c","name":"F"},"state":"leaving"}"#)
    }

    @Test func aBridgeTellsWhoIsSeenAcrossIt() throws {
        let card = CardRow(
            id: "k", name: "Emil", policy: PolicyRow(level: "messages", addresses: false),
            own: false, verified: false, peer: nil)
        let cardText =
            #"{"id":"k","name":"Emil","own":false,"peer":null,"#
            + #""policy":{"addresses":false,"level":"messages"},"verified":false}"#
        try self.check(
            BridgeReport(bridge: Self.bridge, given: [], seen: [card]),
            #"{"bridge":\#(Self.bridgeText),"given":[],"seen":[\#(cardText)]}"#)
        try self.check(
            BridgeList(bridges: [Self.bridge]), #"{"bridges":[\#(Self.bridgeText)]}"#)
        try self.check(
            BridgeCloseReport(bridge: "b", did: "voted"), #"{"bridge":"b","did":"voted"}"#)
        try self.check(
            PolicyRequest(level: "cards", addresses: false),
            #"{"addresses":false,"level":"cards","name":null}"#)
        try self.check(
            CardRequest(level: nil), #"{"addresses":false,"level":null,"name":null}"#)
        try self.check(ForbidRequest(forbidden: true), #"{"forbidden":true}"#)
    }

    @Test func codesAreShownAsPromised() throws {
        try self.check(
            OfferReport(
                pairing: "p", offer: #"{"request":100}"#, expires: Self.time,
                files: ["png": "/tmp/a.png"]),
            #"{"expires":"2026-11-23T09:30:00.250Z","files":{"png":"/tmp/a.png"},"#
                + #""offer":"{\"request\":100}","pairing":"p"}"#)
        try self.check(
            AnswerReport(pairing: "p", answer: "x", expires: Self.time, files: [:], late: false),
            #"{"answer":"x","expires":"2026-11-23T09:30:00.250Z","files":{},"late":false,"#
                + #""pairing":"p"}"#)
        try self.check(
            CodeMade(pairing: "p", text: "x", expires: Self.time, late: true),
            #"{"expires":"2026-11-23T09:30:00.250Z","late":true,"pairing":"p","text":"x"}"#)
        try self.check(ScanReport(kind: "other", text: "x"), #"{"kind":"other","text":"x"}"#)
    }

    @Test func aTrustedPairingTellsEverything() throws {
        let report = TrustReport(
            pairing: "p", peer: Self.peer, cluster: ClusterName(id: "c", name: "Anna and Bob"),
            bridge: nil, scenario: "A", safetyNumber: "12345 67890 12345 67890",
            echo: "198.51.100.4:5000")
        let text =
            #"{"bridge":null,"cluster":{"id":"c","name":"Anna and Bob"},"#
            + #""echo":"198.51.100.4:5000","pairing":"p","peer":\#(Self.peerText),"#
            + #""safetyNumber":"12345 67890 12345 67890","scenario":"A","state":"trusted"}"#
        try self.check(report, text)
        try self.check(
            PairingReport(unfinished: nil, trusted: report),
            #"{"trusted":\#(text),"unfinished":null}"#)
        try self.check(
            PairingReport(unfinished: Self.pairing, trusted: nil),
            #"{"trusted":null,"unfinished":\#(Self.pairingText)}"#)
    }

    @Test func smallAnswers() throws {
        try self.check(
            PairingState(pairing: "p", state: "connecting"),
            #"{"pairing":"p","state":"connecting"}"#)
        try self.check(
            PingReport(
                peer: "p", path: PathRow(kind: "direct", endpoint: "192.0.2.7:1"),
                rttMilliseconds: 1.5),
            #"{"path":{"endpoint":"192.0.2.7:1","hops":[],"kind":"direct","reason":null,"via":null},"#
                + #""peer":"p","rttMilliseconds":1.5}"#)
        try self.check(
            VerifyReport(peer: "p", safetyNumber: "1", matchedAt: nil),
            #"{"matchedAt":null,"peer":"p","safetyNumber":"1"}"#)
        try self.check(ForgetReport(peer: "p"), #"{"peer":"p","state":"forgotten"}"#)
        try self.check(RenameReport(peer: "p", name: "B"), #"{"name":"B","peer":"p"}"#)
        try self.check(
            ClusterRenameReport(cluster: ClusterName(id: "c", name: "F")),
            #"{"cluster":{"id":"c","name":"F"}}"#)
        try self.check(
            StartReport(home: "/h", listen: ["127.0.0.1:5"]),
            #"{"home":"/h","listen":["127.0.0.1:5"],"state":"running"}"#)
        try self.check(StopReport(state: "stopped"), #"{"state":"stopped"}"#)
    }

    @Test func requestsKeepTheirForm() throws {
        try self.check(
            MeetingWish(),
            #"{"cluster":null,"hosts":null,"intent":"auto","lifeSeconds":600}"#)
        try self.check(
            AnswerRequest(text: "x", wish: MeetingWish(intent: "private", hosts: [])),
            #"{"text":"x","wish":{"cluster":null,"hosts":[],"intent":"private","#
                + #""lifeSeconds":600}}"#)
        try self.check(AcceptRequest(text: "x"), #"{"cluster":null,"text":"x"}"#)
        try self.check(
            AcceptRequest(text: "x", cluster: "c"), #"{"cluster":"c","text":"x"}"#)
        try self.check(NameRequest(name: "Bob"), #"{"name":"Bob"}"#)
        try self.check(EmptyRequest(), "{}")
    }

    @Test func eventsHaveTheKeysOfTheirKind() throws {
        var event = EventRow(id: 7, at: Self.time, kind: "peerMoved")
        event.peer = "p"
        event.from = "192.0.2.7:1"
        event.endpoint = "192.0.2.8:1"
        try self.check(
            event,
            #"{"at":"2026-11-23T09:30:00.250Z","endpoint":"192.0.2.8:1","from":"192.0.2.7:1","#
                + #""id":7,"kind":"peerMoved","peer":"p"}"#)
        var addresses = EventRow(id: 8, at: Self.time, kind: "ownAddresses")
        addresses.addresses = [EventAddress(endpoint: "192.0.2.1:1", kind: "lan")]
        try self.check(
            addresses,
            #"{"addresses":[{"endpoint":"192.0.2.1:1","kind":"lan"}],"#
                + #""at":"2026-11-23T09:30:00.250Z","id":8,"kind":"ownAddresses"}"#)
        var joined = EventRow(id: 9, at: Self.time, kind: "memberJoined")
        joined.cluster = "c"
        joined.clusterName = "F"
        joined.member = "n"
        joined.memberName = "Cem"
        joined.by = "m"
        joined.byName = "Ada"
        try self.check(
            joined,
            #"{"at":"2026-11-23T09:30:00.250Z","by":"m","byName":"Ada","cluster":"c","#
                + #""clusterName":"F","id":9,"kind":"memberJoined","member":"n","#
                + #""memberName":"Cem"}"#)
    }

    @Test func errorsAreOneObject() throws {
        try self.check(
            APIError(.notRunning, "The node is not running.", hint: "Start it with: spockex up"),
            #"{"error":{"code":"notRunning","hint":"Start it with: spockex up","#
                + #""message":"The node is not running."}}"#)
        try self.check(
            APIError(
                .mustChoose, "m", hint: "h",
                clusters: [ClusterChoice(id: "c", name: "F", members: 5)]),
            #"{"error":{"clusters":[{"id":"c","members":5,"name":"F"}],"code":"mustChoose","#
                + #""hint":"h","message":"m"}}"#)
    }

    @Test func aMissingNullableKeyIsNull() throws {
        let text = #"{"intent":"auto","lifeSeconds":600}"#
        #expect(try JSONLine.value(MeetingWish.self, from: Array(text.utf8)) == MeetingWish())
    }

    @Test func wrongJSONIsABadRequest() {
        for text in ["", "{", "[]", #"{"name":1}"#] {
            let error = #expect(throws: APIError.self) {
                try JSONLine.value(NameRequest.self, from: Array(text.utf8))
            }
            #expect(error?.code == .badRequest)
        }
    }
}
