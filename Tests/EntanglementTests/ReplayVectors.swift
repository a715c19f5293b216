// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

/// Sequences of counters with the verdicts of a plain set.
@Suite struct ReplayVectors {
    static let files = VectorFile.all(in: "replay", having: "sequences")

    struct File: Decodable {
        struct Sequence: Decodable {
            let window: UInt64
            let counters: [String]
            let accept: String
        }

        let limit: String
        let sequences: [Sequence]
    }

    @Test(
        .enabled(if: !files.isEmpty, VectorFile.missing("sequences", in: "replay")),
        arguments: files)
    func everyVerdictIsThatOfTheSet(file: VectorFile) throws {
        let content = try file.decode(File.self)
        #expect(content.limit == String(ReplayWindow.limit))
        #expect(!content.sequences.isEmpty, "a file without sequences")
        for (number, sequence) in content.sequences.enumerated() {
            var window = ReplayWindow(window: sequence.window)
            var verdicts = ""
            for text in sequence.counters {
                let counter = try #require(UInt64(text))
                let foretold = window.wouldAccept(counter)
                let accepted = window.accept(counter)
                #expect(foretold == accepted)
                verdicts += accepted ? "1" : "0"
            }
            #expect(!sequence.counters.isEmpty)
            #expect(verdicts == sequence.accept, "sequence \(number)")
        }
    }
}
