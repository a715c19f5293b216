// SPDX-License-Identifier: Apache-2.0
import SpockexAPI
import Testing

@Suite struct SelectionTests {
    private static let rows = [
        ClusterRow(id: "aa11", name: "Friends", members: 2, connected: 0),
        ClusterRow(id: "aa22", name: "Work", members: 2, connected: 0),
        ClusterRow(id: "bb33", name: "Work", members: 2, connected: 0),
        ClusterRow(id: "cc44", name: "aa", members: 2, connected: 0),
        ClusterRow(id: "dd55", name: "aa11", members: 2, connected: 0),
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
}
