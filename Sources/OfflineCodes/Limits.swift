// SPDX-License-Identifier: Apache-2.0

/// Our limits: nothing read here may cost more than they allow.
enum Limits {
    /// What the largest QR code holds (version 40-L, alphanumeric).
    static let textByteCount = 4_296
    static let fileByteCount = 32 << 20
    static let pictureSide = 12_000
    static let picturePixelCount = 40_000_000
    /// Bytes of a PNG after inflating; pixels times scans of a JPEG.
    static let pictureWork = 400_000_000
    static let modulePixelCounts = 1...64
    static let ndefRecordCount = 64
    /// Marks that look like the corner of a code. Both readers try triples of them: their time
    /// grows with the third power.
    static let markCount = 160
    /// Codes that one pass of a reader may report.
    static let codesPerPass = 4
    /// Pixels that all passes over a picture may visit, weighted by `CodeReading.weight`.
    static let readingWork = 60_000_000
}
