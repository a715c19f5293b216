// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Foundation
import Testing

@testable import Entanglement

/// Makes the worked example of docs/PROTOCOL.md §11.7 again, from fixed keys.
///
/// `SPOCKEX_WRITE_EXAMPLE=FILE` writes it to a file instead of only comparing it.
@Suite struct ClusterExampleTests {
    @Test func theProtocolPageHasTheBytesThatThisCodeMakes() throws {
        let example = try ClusterExample().text()
        if let path = ProcessInfo.processInfo.environment["SPOCKEX_WRITE_EXAMPLE"] {
            try example.write(toFile: path, atomically: true, encoding: .utf8)
        }
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/PROTOCOL.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        #expect(text.contains(example))
    }

    @Test func theExampleIsWhatItSays() throws {
        let example = try ClusterExample()
        let state = example.state
        #expect(state.present.map(\.id).contains(example.dora))
        #expect(state.member(example.carl)?.status == .removed)
        #expect(state.member(example.emil)?.status == .removed)
        #expect(state.removals.map(\.outcome) == [.inEffect])
        #expect(!state.needsEpoch && state.epochNumber == 1)
        #expect(state.blocks.count == 2)
        #expect(state.equivocations.count == 1)
    }
}

/// Anna and Ben of section 10, and whom they meet.
private struct ClusterExample {
    let state: RosterState
    private(set) var carl: MemberID
    private(set) var dora: MemberID
    private(set) var emil: MemberID
    private var lines: [(label: String, value: String)] = []

    private static func secret(_ byte: UInt8) -> Secret {
        Secret([UInt8](repeating: byte, count: 32))
    }

    private static func hexText(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private struct Newcomer {
        let person: ClusterMaker.Person
        let add: Record
    }

    /// Whom `sponsor` met: seed, X25519 private key and meeting are one byte repeated each.
    private static func newcomer(
        _ base: UInt8, of sponsor: ClusterMaker.Person, _ view: inout ClusterView,
        _ maker: ClusterMaker
    ) throws -> Newcomer {
        let signing = try #require(maker.primitives.signingKey(from: self.secret(base + 3)))
        let agreement = try #require(maker.primitives.agreementKey(from: self.secret(base + 4)))
        let keys = MemberKeys(signingKey: signing.publicKey, agreementKey: agreement.publicKey)
        let meeting = [UInt8](repeating: base + 5, count: 32)
        let statement = JoinStatement(
            cluster: maker.cluster, sponsor: sponsor.id, meeting: meeting, newcomer: keys)
        let person = ClusterMaker.Person(
            id: statement.newcomer(maker.primitives), keys: keys, signing: signing)
        let add = view.write(.add(keys, meeting: meeting), by: sponsor, with: person, maker)
        return Newcomer(person: person, add: add)
    }

    init() throws {
        let primitives = CryptoPrimitives()
        // The meeting of section 10.
        let meeting = hex("68e45f7f7b3d21e5aeb8dc37ccbc83c6ff5d47ee76d4d7b37cebb2a0a36043e2")
        let maker = ClusterMaker(
            seeds: [Self.secret(0x13), Self.secret(0x23)],
            agreementSeeds: [Self.secret(0x14), Self.secret(0x24)], meeting: meeting,
            SeededGenerator(seed: 0), primitives)
        let (anna, ben) = (maker.anna, maker.ben)
        var view = ClusterView(maker.emptySet())
        var lines: [(String, String)] = [
            ("meeting of Anna and Ben", Self.hexText(meeting)),
            ("cluster UID", maker.cluster.description),
            ("id of Anna", anna.id.description), ("id of Ben", ben.id.description),
        ]
        func line(_ label: String, _ record: Record) {
            lines.append(("\(label): content", Self.hexText(record.content)))
            lines.append(("\(label): id", record.id.description))
            let signatures = record.signatures.map { Self.hexText($0) }
            lines.append(("\(label): signatures", signatures.joined()))
        }
        line("genesis", maker.genesis)
        let carl = try Self.newcomer(0x30, of: anna, &view, maker)
        lines.append(("id of Carl", carl.person.id.description))
        line("add of Carl by Anna", carl.add)
        line(
            "confirm of Carl by Ben",
            view.write(
                .confirm(carl.person.id, meeting: [UInt8](repeating: 0x36, count: 32)), by: ben,
                with: carl.person, maker))
        let dora = try Self.newcomer(0x40, of: carl.person, &view, maker)
        lines.append(("id of Dora", dora.person.id.description))
        line("add of Dora by Carl", dora.add)
        let before = view
        let proposal = view.write(
            .remove(Removal(accused: carl.person.id)), by: anna, maker)
        line("remove of Carl by Anna", proposal)
        line("vote by Ben", view.write(.vote(proposal.id), by: ben, maker))
        var beside = before
        let emil = try Self.newcomer(0x50, of: carl.person, &beside, maker)
        lines.append(("id of Emil", emil.person.id.description))
        line("add of Emil by Carl, beside his removal", emil.add)
        view.take([emil.add], maker)
        let block = RecordBody.block(dora.person.id, isOn: true)
        line("block of Dora by Anna", view.write(block, by: anna, maker))
        let epoch = Epoch(
            number: 1, gone: view.state(maker).goneHash,
            secretHash: primitives.hash([UInt8](repeating: 0x77, count: 32)))
        line("epoch by Ben", view.write(.epoch(epoch), by: ben, maker))
        var other = before
        line(
            "second first record of Dora",
            other.write(.block(anna.id, isOn: true), by: dora.person, maker))
        view.take(Array(other.set.records.suffix(1)), maker)
        var own = before
        own.write(.block(ben.id, isOn: false), by: dora.person, maker)
        line("first record of Dora", own.set.records[own.set.count - 1])
        view.take(Array(own.set.records.suffix(1)), maker)
        let whereabouts = Whereabouts(
            incarnation: 0x0102_0304_0506_0708, sequence: 9, issuedAt: 1_795_000_000,
            validitySeconds: 604_800,
            addresses: [
                PublishedAddress(
                    endpoint: WorkedExample.anna, kind: .observed, confirmedBy: 2),
                PublishedAddress(endpoint: at("[2001:db8::1]:41414"), kind: .ipv6, confirmedBy: 0),
            ], nat: .endpointIndependent, name: "Anna")
        line("endpoint of Anna", maker.record(whereabouts, of: anna))
        let state = view.state(maker)
        lines.append(("heads hash", Self.hexText(view.set.headsHash(primitives))))
        lines.append(("hash of who is gone", Self.hexText(state.goneHash)))
        lines.append(("state hash", Self.hexText(state.hash(primitives))))
        let digest = view.set.digest(primitives)
        lines.append(("hash of the digest", Self.hexText(primitives.hash(digest.bytes))))
        self.state = state
        (self.carl, self.dora, self.emil) = (carl.person.id, dora.person.id, emil.person.id)
        self.lines = lines
    }

    /// The block of the page: a label and a value on each pair of lines.
    func text() -> String {
        self.lines.map { "    \($0.label)\n        \($0.value)\n" }.joined()
    }
}
