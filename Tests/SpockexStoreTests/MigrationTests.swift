// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexStore
import Testing

@Suite struct MigrationTests {
    /// Every delivered version, with its frozen schema and rows; a new version is appended here.
    @Test(arguments: FrozenVersion.all)
    func aDeliveredVersionNeverChangesAndIsBroughtToTheNewest(version: FrozenVersion) throws {
        let home = try TemporaryHome()
        let old = try NodeStore(home: home.path, version: version.number)
        let schema = try old.rows(
            of: """
                SELECT sql FROM sqlite_master
                WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'grdb_%'
                ORDER BY rowid
                """)
        #expect(schema.map { Self.words($0[0]) } == version.schema.map(Self.words))
        for statement in version.rows { _ = try old.rows(of: statement) }
        try old.close()

        let store = try NodeStore(home: home.path)
        let newest = try #require(FrozenVersion.all.last)
        #expect(try store.rows(of: "PRAGMA user_version") == [["\(newest.number)"]])
        #expect(try store.load() == FrozenVersion.state())
        let events = try store.events(limit: 5)
        #expect(events.map(\.event) == [.peerUnreachable(RelationID(high: 0, low: 1))])
    }

    /// The statement with single spaces: its layout is not frozen, its words are.
    private static func words(_ statement: String) -> String {
        statement.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            .replacing("( ", with: "(").replacing(" )", with: ")")
    }
}
