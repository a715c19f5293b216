// SPDX-License-Identifier: Apache-2.0
import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Key bytes that wipe themselves when the last copy goes.
///
/// A thin value over swift-crypto's `SymmetricKey`: copies share one buffer, which is zeroed when
/// it is freed; comparison takes the same time wherever the bytes differ; printing and mirrors
/// show the length alone. The bytes leave only through ``withBytes(_:)`` and ``exposedBytes()``.
public struct Secret: Sendable, Equatable {
    let symmetric: SymmetricKey

    /// Copies key bytes that were read from the store or from a test vector.
    ///
    /// The array itself is the caller's: it is not wiped.
    public init(_ bytes: [UInt8]) {
        self.symmetric = SymmetricKey(data: bytes)
    }

    init(symmetric: SymmetricKey) {
        self.symmetric = symmetric
    }

    /// Copies key bytes out of a buffer that the caller keeps and wipes.
    package init(copying bytes: UnsafeRawBufferPointer) {
        self.symmetric = SymmetricKey(data: bytes)
    }

    /// Makes a new secret of `byteCount` bytes from the caller's generator.
    ///
    /// Each `next()` gives eight bytes, least significant first, so that one seed gives one key on
    /// every machine.
    public init(byteCount: Int, using generator: inout some RandomNumberGenerator) {
        self.init(byteCount: byteCount) { buffer in
            var word: UInt64 = 0
            for index in buffer.indices {
                if index.isMultiple(of: 8) { word = generator.next() }
                buffer[index] = UInt8(truncatingIfNeeded: word)
                word >>= 8
            }
        }
    }

    /// Joins two secrets, the first one's bytes in front.
    package init(joining first: Secret, _ second: Secret) {
        let firstCount = first.byteCount
        self.init(byteCount: firstCount + second.byteCount) { buffer in
            first.withBytes { buffer.copyMemory(from: $0) }
            second.withBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: buffer[firstCount...])
                    .copyMemory(from: bytes)
            }
        }
    }

    /// Fills a scratch buffer through `fill`, copies it, and wipes it.
    init(byteCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
        self.symmetric = withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 8) {
            fill($0)
            let key = SymmetricKey(data: UnsafeRawBufferPointer($0))
            wipe($0)
            return key
        }
    }

    /// The number of bytes.
    public var byteCount: Int { self.symmetric.bitCount / 8 }

    /// Lends the bytes for the length of one call; they must not be kept.
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try self.symmetric.withUnsafeBytes(body)
    }

    /// Copies the bytes out, for the store and for test vectors alone.
    ///
    /// Named so that its uses stand out in a review: nothing wipes the returned array.
    public func exposedBytes() -> [UInt8] {
        self.withBytes { Array($0) }
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The length alone, never a byte of the key.
    public var description: String { "Secret(\(self.byteCount) bytes)" }

    /// The length alone, never a byte of the key.
    public var debugDescription: String { self.description }

    /// A mirror without children, so that `dump` and failed expectations show no key.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Overwrites a scratch buffer with zeros.
///
/// Not inlined, so that the stores are not seen as dead by a caller that frees the buffer next.
@inline(never)
private func wipe(_ buffer: UnsafeMutableRawBufferPointer) {
    for index in buffer.indices { buffer[index] = 0 }
}
