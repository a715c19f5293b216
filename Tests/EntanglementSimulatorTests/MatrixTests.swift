// SPDX-License-Identifier: Apache-2.0
import EntanglementSimulator
import Foundation
import Testing

@testable import simulate

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Who can meet whom, and how that is shown.
@Suite struct MatrixTests {
    private static let places: [Place] = [.publicHost, .home, .symmetric]

    @Test func pairsOfPlacesEndAsTheirRoutersLetThem() {
        let matrix = Matrix(places: Self.places, seedCount: 3)
        #expect(matrix.violations.isEmpty)
        let found = matrix.cells.map { [$0.count, $0.direct, $0.relayed, $0.impossible] }
        let (direct, impossible) = ([3, 3, 0, 0], [3, 0, 0, 3])
        #expect(
            found == [
                direct, direct, direct,
                direct, direct, direct,
                direct, direct, impossible,
            ])
        #expect(matrix.cells.map { $0.medianMilliseconds != nil } == found.map { $0 == direct })
        for cell in matrix.cells where cell.direct > 0 {
            #expect((20...60_000).contains(cell.medianMilliseconds ?? 0))
            #expect(cell.medianMilliseconds ?? 0 <= cell.percentile95Milliseconds ?? 0)
        }
    }

    /// Without UDP, or without IPv4, there is no way to a host that has nothing else.
    @Test(arguments: Place.connected)
    func whoIsPublicMeetsEverybody(place: Place) {
        let isPossible = place != .noUDP && place != .v6Firewall
        for (one, other) in [(Place.publicHost, place), (place, .publicHost)] {
            var encounter = Encounter(offering: one, answering: other, seed: 5)
            let outcome = encounter.run()
            #expect(outcome.path == (isPossible ? .direct : .impossible))
            #expect(outcome.violations.isEmpty)
        }
    }

    /// The figure: of 100 who meet so, 98 trust each other 25 s after the second scan.
    @Test(arguments: [Place.home, .homeRemap, .restricted, .carrier, .mobile])
    func stableRoutersMeetRandomOnes(stable: Place) {
        let random: [Place] = [
            .symmetric, .sequential, .addressDependent, .carrierSymmetric, .mobileSymmetric,
        ]
        let matrix = Matrix(places: [stable] + random, seedCount: 12)
        #expect(matrix.violations.isEmpty)
        for place in random {
            let cells = matrix.cells.filter {
                [$0.offering, $0.answering].contains(stable.rawValue)
                    && [$0.offering, $0.answering].contains(place.rawValue)
            }
            // 98 of 100 of 24 encounters: at most one comes late.
            #expect(cells.reduce(0) { $0 + $1.soon } >= 23, "\(stable) and \(place)")
            #expect(cells.allSatisfy { $0.sentMax <= 2 * 1_024 + 100 })
        }
    }

    /// A router with room for 64 mappings keeps the newest of the many sockets: it takes longer.
    @Test func smallTablesAreMetToo() {
        var direct = 0
        for seed in UInt64(1)...12 {
            var encounter = Encounter(
                offering: .home, answering: .symmetric, seed: seed, tableCountMax: 64)
            if encounter.run().path == .direct { direct += 1 }
        }
        #expect(direct >= 7)
    }

    /// Nothing goes wrong in an encounter, also no program.
    @Test func programsDoNotDieWhereNothingIsToGoWrong() {
        var encounter = Encounter(offering: .home, answering: .home, seed: 56)
        #expect(encounter.run().path == .direct)
    }

    @Test func theOrderOfEncountersDoesNotMatter() throws {
        var (forward, backward) = (Matrix(places: Self.places), Matrix(places: Self.places))
        let outcomes = (0..<18).map { Matrix.encounter($0, of: Self.places) }
        for number in 0..<18 { forward.add(outcomes[number], number: number) }
        for number in (0..<18).reversed() { backward.add(outcomes[number], number: number) }
        #expect(forward.cells == backward.cells)
        #expect(try Printout.json(forward) == Printout.json(backward))
    }

    @Test func thePictureIsXMLWithANumberInEachCell() throws {
        let matrix = Matrix(places: Self.places, seedCount: 1)
        let document = try XMLDocument(xmlString: matrix.svg)
        let root = try #require(document.rootElement())
        #expect(root.name == "svg")
        let groups = root.elements(forName: "g")
        #expect(groups.count == 9)
        let numbers = groups.map { $0.elements(forName: "text").first?.stringValue }
        #expect(
            numbers == [
                "100%", "100%", "100%", "100%", "100%", "100%", "100%", "100%", "0%",
            ])
        let labels = root.elements(forName: "text").compactMap(\.stringValue)
        for place in Self.places { #expect(labels.count { $0 == place.rawValue } == 2) }
        #expect(
            !matrix.svg.contains("http://") || matrix.svg.contains("http://www.w3.org/2000/svg"))
    }

    @Test func theTableHasARowForEachOffer() {
        let lines = Matrix(places: Self.places, seedCount: 1).columns.text.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[0].hasPrefix("offer \\ answer"))
        #expect(lines[3].hasPrefix("symmetric"))
        #expect(Set(lines.map(\.count)).count <= 2)
    }

    @Test func theJSONNamesEveryCell() throws {
        let text = try Printout.json(Matrix(places: Self.places, seedCount: 1))
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(Set(object.keys) == ["places", "cells", "violations"])
        let cells = try #require(object["cells"] as? [[String: Any]])
        #expect(cells.count == 9)
        #expect(
            Set(cells[0].keys) == [
                "offering", "answering", "count", "direct", "relayed", "impossible",
                "medianMilliseconds", "percentile95Milliseconds", "soon", "offeringSent",
                "answeringSent", "sentMax",
            ])
    }
}
