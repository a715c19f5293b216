// SPDX-License-Identifier: Apache-2.0

/// The 96 random bits that tie a mapping to who made it (RFC 6887 §11.1).
public struct PCPNonce: Sendable, Hashable {
    private let value: TwelveBytes

    /// Draws a new nonce, which nobody who does not see the request can guess.
    public init(using generator: inout some RandomNumberGenerator) {
        self.value = TwelveBytes(using: &generator)
    }

    /// Reads exactly 12 bytes; `nil` for any other number.
    public init?(bytes: some Collection<UInt8>) {
        guard let value = TwelveBytes(bytes) else { return nil }
        self.value = value
    }

    /// The 12 bytes.
    public var bytes: [UInt8] { self.value.bytes }
}
