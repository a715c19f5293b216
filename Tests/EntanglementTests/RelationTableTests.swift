// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// The table of relations against a plain list of them.
@Suite struct RelationTableTests {
    @Test(arguments: UInt64(1)...8)
    func itHoldsWhatAPlainListHolds(seed: UInt64) throws {
        var circle = Circle(["Ada", "Ben"], seed: seed, primitives: StandInPrimitives())
        let pair = circle.meet(0, 1)
        let met = try #require(pair)
        let template = try #require(circle.hosts[0].node.relations[met.0])
        var generator = SeededGenerator(seed: seed)
        var table = RelationTable()
        var list: [(id: RelationID, due: Instant?)] = []
        for step in 0..<200 {
            let last = UInt8.random(in: 0..<24, using: &generator)
            let id = try #require(RelationID(bytes: [UInt8](repeating: 0, count: 15) + [last]))
            let position = list.firstIndex { $0.id == id }
            #expect(table[id]?.id == position.map { list[$0].id })
            switch UInt8.random(in: 0..<4, using: &generator) {
            case 0 where position == nil, 1 where position == nil:
                var record = template.record
                record.id = id
                let relation = try #require(Relation(record, StandInPrimitives()))
                table.insert(relation)
                list.append((id, nil))
                list.sort { $0.id < $1.id }
            case 0:
                let removed = table.remove(id)
                #expect(removed?.id == id)
                list.remove(at: try #require(position))
            case 1: table[id]?.record.givenName = "step \(step)"
            default:
                let due = Instant(nanoseconds: Int64(step))
                let former = table.setDeadline(of: id, due)
                #expect(former == position.flatMap { list[$0].due })
                if let position { list[position].due = due }
            }
            #expect(table.ids == list.map(\.id))
            #expect(table.values.map(\.id) == list.map(\.id))
            #expect(list.indices.map { table[$0]?.id } == list.map(\.id))
            #expect(list.map { table.deadline(of: $0.id) } == list.map(\.due))
            #expect(table.earliest == list.compactMap(\.due).min())
        }
        let stranger = table.remove(met.0)
        #expect(stranger == nil)
    }
}
