// SPDX-License-Identifier: Apache-2.0

/// Accepts each packet counter once and remembers the last few thousand.
///
/// A ring of bits (RFC 6479): a counter is accepted when it is new, below ``limit``, and greater
/// than the highest accepted one minus the window. The ring is one word longer than the window, so
/// that moving on clears whole words; the exact edge is kept by comparing counters. (The Linux
/// WireGuard module is one counter wider.) Ask ``wouldAccept(_:)`` before opening a seal and call
/// ``accept(_:)`` only after it opened: an attacker must not move the window.
package struct ReplayWindow: Sendable, Equatable {
    /// How many counters the window of a session holds.
    package static let size: UInt64 = 8128

    /// Counters from here on are never accepted: the session is renewed long before
    /// (2^64 - 2^13 - 1).
    package static let limit: UInt64 = .max - (1 << 13)

    /// The highest counter accepted so far; `nil` before the first.
    package private(set) var highest: UInt64?

    private let size: UInt64
    private let wordMask: Int
    private var words: [UInt64]

    /// A window that has seen nothing; other sizes than ``size`` are for tests.
    package init(window size: UInt64 = Self.size) {
        precondition((1...1 << 20).contains(size), "a window holds 1 to 2^20 counters")
        var wordCount = 2
        while wordCount < Int(size + 63) / 64 + 1 { wordCount *= 2 }
        self.size = size
        self.wordMask = wordCount - 1
        self.words = [UInt64](repeating: 0, count: wordCount)
    }

    /// Whether the counter is new and not too old; changes nothing.
    package func wouldAccept(_ counter: UInt64) -> Bool {
        guard counter < Self.limit else { return false }
        guard let highest, counter <= highest else { return true }
        return highest - counter < self.size && !self.contains(counter)
    }

    /// Accepts the counter if it is new and not too old, and remembers it.
    package mutating func accept(_ counter: UInt64) -> Bool {
        guard self.wouldAccept(counter) else { return false }
        self.moveOn(to: counter)
        self.words[self.wordIndex(of: counter)] |= Self.bit(of: counter)
        return true
    }

    /// Clears the words between the highest counter's and the new one's.
    private mutating func moveOn(to counter: UInt64) {
        guard let highest else {
            self.highest = counter
            return
        }
        guard counter > highest else { return }
        let steps = min(counter >> 6 - highest >> 6, UInt64(self.words.count))
        for step in 0..<steps { self.words[self.wordIndex(of: counter - step << 6)] = 0 }
        self.highest = counter
    }

    private func contains(_ counter: UInt64) -> Bool {
        self.words[self.wordIndex(of: counter)] & Self.bit(of: counter) != 0
    }

    private func wordIndex(of counter: UInt64) -> Int {
        Int(truncatingIfNeeded: counter >> 6) & self.wordMask
    }

    private static func bit(of counter: UInt64) -> UInt64 { 1 << (counter & 63) }
}
