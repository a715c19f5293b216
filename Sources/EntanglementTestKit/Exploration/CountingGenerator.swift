// SPDX-License-Identifier: Apache-2.0

/// Random values below 2^35 from a seed and a counter, so that a state's future draws are two words.
///
/// So small that every jitter of at most 334 ms comes out as zero: `random(in:)` takes the high
/// half of a product. Keys, names and indexes are still distinct.
struct CountingGenerator: RandomNumberGenerator, Sendable, Hashable {
    let seed: UInt64
    private(set) var count: UInt64 = 0

    init(seed: UInt64) {
        self.seed = seed
    }

    mutating func next() -> UInt64 {
        self.count += 1
        var digest = MixingDigest(domain: self.seed)
        digest.absorb(self.count)
        return digest.word(0) >> 29 | 1
    }
}
