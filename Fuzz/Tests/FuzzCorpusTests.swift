// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Everything that fuzzing ever found is tried again, without the fuzzer.
@Suite struct FuzzCorpusTests {
    private static func files(of entry: FuzzEntry) throws -> [URL] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Corpus/\(entry.rawValue)")
        return try FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: nil
        ).sorted { $0.path < $1.path }
    }

    @Test(arguments: FuzzEntry.allCases)
    func theCorpusIsReadWithoutATrap(entry: FuzzEntry) throws {
        let files = try Self.files(of: entry)
        #expect(files.count >= 5)
        for file in files { entry.run(Array(try Data(contentsOf: file))) }
    }

    @Test(arguments: FuzzEntry.allCases)
    func seedsAndTheirNeighboursAreReadWithoutATrap(entry: FuzzEntry) {
        #expect(entry.seeds.count >= 3)
        for seed in entry.seeds {
            entry.run(seed)
            for index in stride(from: 0, to: seed.count, by: 7) {
                var changed = seed
                changed[index] ^= 0x11
                entry.run(changed)
                entry.run(Array(seed.prefix(index)))
            }
        }
    }
}
