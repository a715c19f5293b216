// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

@Suite struct RecordCodingTests {
    private let maker = ClusterMaker(seed: 11)

    private func place(parents: [RecordID] = []) -> RecordPlace {
        RecordPlace(
            author: self.maker.anna.id, position: 1, previous: self.maker.genesis.id,
            parents: parents)
    }

    private func id(_ byte: UInt8) -> RecordID {
        guard let id = RecordID(bytes: [UInt8](repeating: byte, count: 32)) else {
            preconditionFailure("32 bytes are an id")
        }
        return id
    }

    private func addresses(_ count: Int) -> [PublishedAddress] {
        (0..<count).map { number in
            PublishedAddress(
                endpoint: at(number.isMultiple(of: 2) ? "192.0.2.1:41414" : "[2001:db8::1]:1"),
                kind: Candidate.Kind.allCases[number % 5], confirmedBy: UInt8(number))
        }
    }

    private func whereabouts(_ count: Int, sequence: UInt64 = 7) -> Whereabouts {
        Whereabouts(
            incarnation: .max, sequence: sequence, issuedAt: 1_795_000_000,
            validitySeconds: 604_800,
            addresses: self.addresses(count))
    }

    /// One record of each kind, with and without parents.
    private var records: [Record] {
        let bodies: [RecordBody] = [
            .add(self.maker.ben.keys, meeting: [UInt8](repeating: 1, count: 32)),
            .confirm(self.maker.ben.id, meeting: [UInt8](repeating: 2, count: 32)), .leave,
            .remove(Removal(accused: self.maker.ben.id)),
            .remove(Removal(accused: self.maker.ben.id, kept: 3)), .vote(self.id(4)),
            .block(self.maker.ben.id, isOn: true), .block(self.maker.ben.id, isOn: false),
            .epoch(
                Epoch(
                    number: .max, gone: [UInt8](repeating: 5, count: 32),
                    secretHash: [UInt8](repeating: 6, count: 32))),
        ]
        let many = (1...7).map { self.id($0) }
        return [self.maker.genesis]
            + bodies.flatMap { body in
                [[], many].map {
                    self.maker.record(body, by: self.maker.anna, at: self.place(parents: $0))
                }
            }
            + [0, 1, 8].map { self.maker.record(self.whereabouts($0), of: self.maker.anna) }
    }

    private func read(_ bytes: [UInt8]) throws(RecordError) -> Record {
        try Record(bytes: bytes, self.maker.primitives)
    }

    @Test func recordsComeBack() throws {
        for record in self.records {
            let again = try self.read(record.bytes)
            #expect(again == record)
            #expect(again.id == record.id)
            #expect(again.body == record.body)
            #expect(again.place == record.place)
            #expect(again.author == record.author)
            #expect(record.bytes.count <= ClusterLimits.recordByteCountMax)
        }
    }

    @Test func theIdIsTheHashOfTheContentAlone() {
        for record in self.records {
            #expect(record.id.bytes == self.maker.primitives.hash(record.content))
            let other = record.signatures.map { $0.map { ~$0 } }
            guard let draft = try? RecordDraft(content: record.content) else { return }
            #expect(Record(draft, signatures: other, self.maker.primitives).id == record.id)
        }
    }

    @Test func cutOrLongerBytesAreRefused() {
        for record in self.records {
            for count in 0..<record.bytes.count {
                #expect(throws: RecordError.self) { try self.read(Array(record.bytes[..<count])) }
            }
            #expect(throws: RecordError.wrongLength) { try self.read(record.bytes + [0]) }
            #expect(throws: RecordError.self) {
                try self.read(record.bytes + [UInt8](repeating: 0, count: 64))
            }
        }
        #expect(throws: RecordError.tooLong(byteCount: 1_025)) {
            try self.read([UInt8](repeating: 0, count: 1_025))
        }
    }

    @Test func aByteMoreOrLessInTheContentIsRefused() {
        for record in self.records {
            let signatures = record.signatures.flatMap { $0 }
            for content in [record.content + [0], Array(record.content.dropLast())] {
                var writer = ByteWriter()
                writer.put(UInt16(content.count))
                writer.put(content)
                writer.put(signatures)
                #expect(throws: RecordError.self) { try self.read(writer.bytes) }
            }
        }
    }

    @Test func kindsThatAreUnknownOrReservedAreRefused() {
        for number in [UInt8](0...255) where RecordKind(rawValue: number) == nil {
            var bytes = self.maker.record(.leave, by: self.maker.anna, at: self.place()).bytes
            bytes[2] = number
            #expect(throws: RecordError.unknownKind(number)) { try self.read(bytes) }
        }
        #expect(RecordKind(rawValue: 10) == nil && RecordKind(rawValue: 11) == nil)
    }

    /// What would be another encoding of the same, or of nothing.
    @Test func otherFormsAreRefused() throws {
        let leave = self.maker.record(
            .leave, by: self.maker.anna, at: self.place(parents: [self.id(1), self.id(2)]))
        let (positions, count, parents) = (19..<23, 55, 56)
        func changed(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
            var bytes = leave.bytes
            change(&bytes)
            return bytes
        }
        let cases: [([UInt8], RecordError)] = [
            (changed { for index in positions { $0[index] = 0 } }, .badField),
            (changed { $0[count] = 8 }, .badField),
            (changed { $0[count] = 1 }, .wrongLength),
            (
                changed {
                    $0[parents + 32] = 1; for index in 1..<32 { $0[parents + 32 + index] = 1 }
                },
                .notCanonical
            ),
            (changed { $0[parents] = 3 }, .notCanonical),
            (
                changed {
                    $0.replaceSubrange(parents..<parents + 32, with: self.maker.genesis.id.bytes)
                    $0.replaceSubrange(23..<55, with: self.maker.genesis.id.bytes)
                }, .notCanonical
            ),
        ]
        for (bytes, error) in cases {
            #expect(throws: error) { try self.read(bytes) }
        }
        var block = self.maker.record(
            .block(self.maker.ben.id, isOn: true), by: self.maker.anna, at: self.place()
        ).bytes
        block[2 + 54] = 2
        #expect(throws: RecordError.badField) { try self.read(block) }
        var epoch = self.maker.record(
            .epoch(Epoch(number: 1, gone: self.id(1).bytes, secretHash: self.id(2).bytes)),
            by: self.maker.anna, at: self.place()
        ).bytes
        epoch[2 + 54 + 3] = 0
        #expect(throws: RecordError.badField) { try self.read(epoch) }
    }

    @Test func endpointRecordsHaveOneForm() {
        let record = self.maker.record(self.whereabouts(2), of: self.maker.anna)
        func changed(_ index: Int, _ values: [UInt8]) -> [UInt8] {
            var bytes = record.bytes
            bytes.replaceSubrange(2 + index..<2 + index + values.count, with: values)
            return bytes
        }
        let (validity, count, kind) = (41, 45, 46)
        let cases: [[UInt8]] = [
            changed(validity, [0, 0, 0, 0]), changed(validity, [0, 9, 0x3a, 0x81]),
            changed(count, [9]), changed(count, [1]), changed(kind, [0]), changed(kind, [6]),
            changed(kind + 2, [5]), changed(kind + 7, [0, 0]),
            changed(kind + 12, [UInt8](repeating: 0, count: 10) + [255, 255]),
            changed(kind + 12, [1] + [UInt8](repeating: 0, count: 14) + [5]),
        ]
        #expect((try? self.read(record.bytes)) == record)
        for (number, bytes) in cases.enumerated() {
            #expect((try? self.read(bytes)) == nil, "case \(number)")
        }
    }

    @Test func theFoundingOfOneAloneIsRefused() {
        let anna = self.maker.anna.keys
        let founding = Founding(
            meeting: [UInt8](repeating: 1, count: 32), offering: anna, answering: anna)
        #expect(throws: RecordError.badField) { try RecordDraft(founding) }
    }

    @Test func theGenesisIsThatOfThePairing() throws {
        guard case .genesis(let founding) = self.maker.genesis.body else { return }
        let genesis = Genesis(
            meeting: founding.meeting, offering: founding.offering, answering: founding.answering,
            self.maker.primitives)
        #expect(genesis.content == self.maker.genesis.content)
        #expect(genesis.cluster == self.maker.cluster)
        let draft = try RecordDraft(founding)
        #expect(draft.signedBytes(in: genesis.cluster) == genesis.signedBytes)
    }

    @Test func randomBytesNeverTrapAndMostlyAreNoRecord() {
        var generator = SeededGenerator(seed: 5)
        for record in self.records {
            for _ in 0..<40 {
                var bytes = record.bytes
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    let index = Int.random(in: bytes.indices, using: &generator)
                    bytes[index] = UInt8.random(in: 0...255, using: &generator)
                }
                if let read = try? self.read(bytes) { #expect(read.bytes == bytes) }
            }
        }
    }
}
