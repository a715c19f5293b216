// SPDX-License-Identifier: Apache-2.0

/// Why a peer is not reached directly: a code for programs, a sentence each for people.
public struct CauseRow: Codable, Sendable, Equatable {
    /// `searching`, `noNetwork`, `noAddress`, `noCommonFamily`, `noUDP`, `bothRandom`,
    /// `randomPorts`, `silent` or `bridge`; later versions may add some.
    public var code: String
    /// What stands in the way.
    public var sentence: String
    /// What helps.
    public var hint: String

    /// A cause in words.
    public init(code: String, sentence: String, hint: String) {
        self.code = code
        self.sentence = sentence
        self.hint = hint
    }
}
