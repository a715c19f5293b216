// SPDX-License-Identifier: Apache-2.0
import Foundation
import SpockexAPI
import Testing

@testable import spockex

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// A cluster of four as Ada sees it: Ben founded it with her, Cem was met by her, Dia by Ben.
enum Family {
    static let now = Timestamp(milliseconds: 1_795_426_200_250)

    static func row(
        _ id: String, _ name: String, by sponsor: String? = nil, metBy: [String]
    ) -> MemberRow {
        var row = MemberRow(id: id, name: name)
        row.came = sponsor == nil ? "founder" : "introduced"
        row.introducedBy = sponsor
        row.metBy = metBy
        row.met = metBy.contains("aaaaaaaa-1")
        row.isSelf = id == "aaaaaaaa-1"
        row.voter = sponsor == nil
        return row
    }

    static func report() -> ClusterReport {
        let (ada, ben) = ("aaaaaaaa-1", "bbbbbbbb-2")
        var members = [
            self.row(ada, "Ada", metBy: [ben, "cccccccc-3"]),
            self.row(ben, "Ben", metBy: [ada, "dddddddd-4"]),
            self.row("cccccccc-3", "Cem", by: ada, metBy: [ada]),
            self.row("dddddddd-4", "D<ia>", by: ben, metBy: [ben]),
        ]
        members[1].connected = true
        members[1].addresses = ["192.0.2.7:41414"]
        members[2].lastHeardAt = Timestamp(milliseconds: self.now.milliseconds - 3000)
        members[3].connected = true
        return ClusterReport(
            cluster: ClusterRow(
                id: "ffffffff-0", name: "family", members: 4, connected: 2, standing: "member",
                member: ada, epoch: 0),
            members: members, removals: [])
    }
}

@Suite struct ClusterMapTests {
    @Test func theMapShowsWhoMetWhom() {
        #expect(
            ClusterMap(Family.report()).text == """
                Map
                           1 2 3 4
                  1  Ada   \\ # : +   this node
                  2  Ben   # \\ ? m   connected
                  3  Cem   : ? \\ ?
                  4  D<ia> + m ? \\   connected

                  # connected, have met       + connected, introduced by others
                  : not connected, have met   . not connected, introduced by others
                  m have met, ? introduced by others: neither says whether they are connected
                """)
    }

    /// Ben has said with whom he is connected: Cem among them, though this node does not reach him.
    @Test func theMapShowsWhoIsConnectedToWhom() throws {
        var report = Family.report()
        report.members[1].connectedTo = ["aaaaaaaa-1", "cccccccc-3", "nobody-here"]
        report.members[3].connectedTo = ["aaaaaaaa-1"]
        let map = ClusterMap(report)
        #expect(
            map.text == """
                Map
                           1 2 3 4
                  1  Ada   \\ # : +   this node
                  2  Ben   # \\ + :   connected
                  3  Cem   : + \\ .
                  4  D<ia> + : . \\   connected

                  # connected, have met       + connected, introduced by others
                  : not connected, have met   . not connected, introduced by others
                """)
        let pale = map.svg.split(separator: "\n").count { $0.contains("#a9dcb5") }
        #expect(pale == 1)
    }

    @Test func theMapIsAlignedBeyondNineMembers() {
        var report = Family.report()
        report.members += (0..<6).map { Family.row("\($0)", "N\($0)", metBy: ["bbbbbbbb-2"]) }
        let lines = ClusterMap(report).text.split(separator: "\n")
        #expect(lines[1] == "             1  2  3  4  5  6  7  8  9 10")
        #expect(lines[3] == "   2  Ben    #  \\  ?  m  m  m  m  m  m  m   connected")
    }

    @Test func aLargeMapIsAList() {
        var report = Family.report()
        report.members += (0..<40).map { Family.row("\($0)", "N\($0)", metBy: ["cccccccc-3"]) }
        let lines = ClusterMap(report).text.split(separator: "\n")
        #expect(lines.count == 45)
        #expect(lines[1] == "  Ada (this node) met Ben, Cem; connected to 2")
        #expect(lines.last == "  N9 met Cem")
    }

    @Test func whoIsGoneIsNotOnTheMap() {
        var report = Family.report()
        report.members[2].status = "left"
        #expect(ClusterMap(report).members.map(\.name) == ["Ada", "Ben", "D<ia>"])
    }

    @Test func thePictureIsWellFormed() throws {
        let svg = ClusterMap(Family.report()).svg
        let reader = Reader()
        let parser = XMLParser(data: .init(svg.utf8))
        parser.delegate = reader
        #expect(parser.parse())
        #expect(reader.counts["circle"] == 4)
        // Three who met, two of the others connected.
        #expect(reader.counts["line"] == 5)
        #expect(reader.text.contains("D<ia>"))
        #expect(svg.contains(##"<circle cx="340" cy="70" r="11" fill="#1d4e89"/>"##))
        #expect(
            svg.contains(
                ##"<line x1="340" y1="70" x2="500" y2="230" stroke="#2a9d4a" stroke-width="6"/>"##))
    }

    /// Ben is the end of an open bridge over which Em<il> is seen, Ada of one that is not reached.
    private static var bridges: [BridgeReport] {
        let policy = PolicyRow(level: "cards", addresses: false)
        let open = BridgeRow(
            id: "b-1", clusters: ["ffffffff-0", "11111111-1"], names: ["family", "hackers"],
            via: "Ben", state: "open")
        let unreached = BridgeRow(
            id: "b-2", clusters: ["ffffffff-0", "22222222-2"], names: ["family", ""], via: "Eva",
            state: "unreachable", own: true)
        let card = CardRow(
            id: "c", name: "Em<il>", policy: policy, own: false, verified: false, peer: nil)
        return [
            BridgeReport(bridge: open, given: [], seen: [card]),
            BridgeReport(bridge: unreached, given: [], seen: []),
        ]
    }

    @Test func bridgesAreOnThePicture() throws {
        let map = ClusterMap(Family.report(), bridges: Self.bridges)
        #expect(map.bridges.map(\.end) == [1, 0])
        #expect(map.bridges.map(\.name) == ["hackers", "22222222"])
        let reader = Reader()
        let parser = XMLParser(data: .init(map.svg.utf8))
        parser.delegate = reader
        #expect(parser.parse())
        #expect(reader.counts["circle"] == 4)
        // Two for each bridge.
        #expect(reader.counts["line"] == 9)
        #expect(reader.counts["rect"] == 3)
        for text in ["hackers", "Em<il> ?", "22222222"] { #expect(reader.text.contains(text)) }
        #expect(map.svg.components(separatedBy: "stroke-dasharray").count == 2)
    }

    @Test func bridgesAreListedUnderTheMap() {
        let text = ClusterText.text(Family.report(), bridges: Self.bridges, now: Family.now)
        let lines = text.split(separator: "\n").suffix(4).map(String.init)
        #expect(lines[0] == "Bridges")
        #expect(lines[2].contains("hackers") && lines[2].contains("Ben"))
        #expect(lines[3].contains("unreachable") && lines[3].contains("Eva (your bridge)"))
        #expect(!ClusterText.text(Family.report(), now: Family.now).contains("Bridges"))
        for line in ["  Ben =====  [hackers] Em<il> ?", "  Ada --/--  [22222222]"] {
            #expect(text.contains("\n" + line + "\n"))
        }
    }

    @Test func aPathNamesEverybodyByWhomItGoes() {
        let path = PathRow(
            kind: "relayed", endpoint: nil, via: "Ben", reason: "bridge", hops: ["Ben", "hackers"])
        #expect(
            Wording.path(path)
                == "relayed by Ben and the end of “hackers” because it is across a bridge")
    }

    @Test(arguments: [0, 1, 200])
    func thePictureOfAnyNumberIsWellFormed(count: Int) {
        var report = Family.report()
        report.members = (0..<count).map { Family.row("\($0)", "N\($0)", metBy: ["0"]) }
        #expect(XMLParser(data: .init(ClusterMap(report).svg.utf8)).parse())
    }

    private final class Reader: NSObject, XMLParserDelegate {
        var counts: [String: Int] = [:]
        var text = ""

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
            qualifiedName: String?, attributes: [String: String]
        ) {
            self.counts[name, default: 0] += 1
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) {
            self.text += string
        }
    }
}
