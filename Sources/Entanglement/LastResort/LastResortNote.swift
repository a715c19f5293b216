// SPDX-License-Identifier: Apache-2.0

/// What one peer leaves for another where both may look: at which endpoints it can be reached
/// (PROTOCOL.md §13).
public struct LastResortNote: Sendable, Hashable {
    /// Greater than in every note before it of the same writer to the same reader; below 2^63.
    public let sequence: UInt64
    /// When it was written, by the writer's clock, in whole seconds.
    public let issued: WallTime
    /// At most eight, best first.
    public let endpoints: [Endpoint]

    /// A note of at most eight endpoints; others are left out from the end.
    public init(sequence: UInt64, issued: WallTime, endpoints: [Endpoint]) {
        precondition(
            (1...UInt64(Int64.max)).contains(sequence), "a sequence number is at least 1")
        self.sequence = sequence
        self.issued = WallTime(seconds: issued.seconds)
        self.endpoints = endpoints.filter(\.isUsable).prefix(Constants.sealedEndpointCountMax)
            .map(\.told)
    }

    /// The number of the next note: grows with the clock, and whatever the clock does.
    ///
    /// `last` is the greatest number ever used; the caller keeps it on disk before it uses it.
    public static func nextSequence(after last: UInt64, now: WallTime) -> UInt64 {
        max(last &+ 1, UInt64(clamping: now.milliseconds))
    }

    /// u64 seconds when it was written | list of endpoints.
    var content: [UInt8] {
        var writer = ByteWriter()
        writer.put(UInt64(clamping: self.issued.seconds))
        writer.put(self.endpoints)
        return writer.bytes
    }

    /// Nil when the content is not well-formed; endpoints that nothing can be sent to are passed
    /// over.
    init?(content: [UInt8], sequence: UInt64) {
        var reader = ByteReader(content)
        guard let seconds = reader.uint64(), let issued = Int64(exactly: seconds),
            let endpoints = reader.endpoints(), reader.isAtEnd
        else { return nil }
        self.init(sequence: sequence, issued: WallTime(seconds: issued), endpoints: endpoints)
    }
}

/// Why what was found in a slot is not taken; nothing of it has any effect.
public enum LastResortError: Error, Equatable {
    /// Not as many bytes or characters as a sealed note has.
    case wrongLength(Int)
    /// A text that is not base64url in its one spelling.
    case notText
    /// Not sealed with this slot's key, or changed since.
    case notSealed
    /// Not newer than the newest one that was taken: an old one is shown again.
    case notNewer(UInt64, accepted: UInt64)
    /// Sealed by the peer, but not well-formed.
    case malformed
    /// Written on another day than the slot is for, or next to it.
    case otherDay(UInt32)
}
