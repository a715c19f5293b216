// SPDX-License-Identifier: Apache-2.0
import SpockexAPI
import Testing

@Suite struct SelectionTests {
    private static func row(_ id: String, _ name: String) -> ClusterRow {
        ClusterRow(
            id: id, name: name, members: 2, connected: 0, standing: "member", member: "m",
            epoch: 0)
    }

    private static let rows = [
        row("aa11", "Friends"),
        row("aa22", "Work"),
        row("bb33", "Work"),
        row("cc44", "aa"),
        row("dd55", "aa11"),
    ]

    private func find(_ text: String) throws(APIError) -> String {
        try Selection.one(text, of: Self.rows, what: "cluster", list: "clusters").id
    }

    @Test(arguments: [
        ("Friends", "aa11"), ("bb33", "bb33"), ("b", "bb33"), ("AA2", "aa22"), ("aa", "cc44"),
        ("aa11", "aa11"),
    ])
    func findsWhatIsMeant(text: String, id: String) throws {
        #expect(try self.find(text) == id)
    }

    @Test func ambiguityListsWhatFits() {
        let error = #expect(throws: APIError.self) { try self.find("Work") }
        #expect(error?.code == .ambiguous)
        #expect(error?.code.exitCode == 64)
        #expect(error?.message.contains("aa22 (Work), bb33 (Work)") == true)
    }

    @Test(arguments: ["", "x", "friends", "aa111"])
    func whatIsNotThereIsNotFound(text: String) {
        let error = #expect(throws: APIError.self) { try self.find(text) }
        #expect(error?.code == .notFound)
    }

    /// What a person cannot tell apart on the screen is not told apart by its name either.
    @Test(arguments: [
        "Ada\u{200b}", "\u{feff}Ada", "A\u{2060}da", "Ada\u{e0041}", "Ada ", "Ada\u{a0}",
    ])
    func namesThatLookAlikeAreOneName(name: String) throws {
        let rows = [
            Self.row("aa11", "Ada"), Self.row("bb22", name), Self.row("cc33", "Eva" + name),
        ]
        for text in ["Ada", name] {
            let error = #expect(throws: APIError.self) {
                try Selection.one(text, of: rows, what: "member", list: "x")
            }
            #expect(error?.code == .ambiguous)
        }
        let last = Array(rows.suffix(1))
        #expect(try Selection.one("EvaAda", of: last, what: "member", list: "x").id == "cc33")
    }

    private static func peer(_ id: String, _ name: String, forgotten: Bool) -> PeerRow {
        PeerRow(
            id: id, name: name, state: "unreachable", met: "inPerson", introducedBy: nil, path: nil,
            rttMilliseconds: nil, lastHeardAt: nil, cluster: nil, matchedAt: nil,
            forgotten: forgotten)
    }

    /// Somebody who was forgotten and has not heard of it yet does not stand in the way.
    @Test func ofTwoPeersWithOneNameTheOneWhoIsNotForgottenIsMeant() throws {
        let rows = [
            Self.peer("b1", "Bob", forgotten: true), Self.peer("b2", "Bob", forgotten: false),
            Self.peer("c1", "Cem", forgotten: true),
        ]
        #expect(try Selection.one("Bob", of: rows, what: "peer", list: "peers").id == "b2")
        #expect(try Selection.one("b", of: rows, what: "peer", list: "peers").id == "b2")
        #expect(try Selection.one("b1", of: rows, what: "peer", list: "peers").id == "b1")
        let claimed = [
            Self.peer("b1", "Bob", forgotten: true), Self.peer("d1", "b1", forgotten: false),
        ]
        #expect(try Selection.one("b1", of: claimed, what: "peer", list: "peers").id == "b1")
        #expect(try Selection.one("Cem", of: rows, what: "peer", list: "peers").id == "c1")
    }

    /// A report of these members, each with its status; the first is this node.
    private func report(_ members: [(id: String, name: String, status: String)]) -> ClusterReport {
        let rows = members.enumerated().map { place, member in
            var row = MemberRow(id: member.id, name: member.name)
            row.status = member.status
            row.isSelf = place == 0
            return row
        }
        return ClusterReport(cluster: Self.row("aa11", "F"), members: rows, removals: [])
    }

    @Test func ofTwoMembersWithOneNameThePresentOneIsMeant() throws {
        let report = self.report([
            ("a1", "Ada", "present"), ("c1", "Cem", "left"), ("c2", "Cem", "present"),
            ("d1", "Dia", "removed"),
        ])
        #expect(try Selection.member("Cem", of: report).id == "c2")
        #expect(try Selection.member("c1", of: report).id == "c1")
        #expect(try Selection.member("Dia", of: report).id == "d1")
        let own = #expect(throws: APIError.self) { try Selection.member("Ada", of: report) }
        #expect(own?.code == .notFound)
        let none = #expect(throws: APIError.self) { try Selection.member("Eli", of: report) }
        #expect(none?.hint.contains("spockex cluster show aa11") == true)
    }
}
