// SPDX-License-Identifier: Apache-2.0

/// Our limits: nothing read here may cost more than they allow.
enum Limits {
    /// What the largest QR code holds (version 40-L, alphanumeric).
    static let textByteCount = 4_296
    static let fileByteCount = 32 << 20
    static let pictureSide = 12_000
    static let picturePixelCount = 40_000_000
    /// Bytes of a PNG after inflating.
    static let pngByteCount = 200_000_000
    /// Pixels of a JPEG times its scans: ten for the largest picture, as usual if progressive.
    static let jpegScanPixelCount = 400_000_000
    static let modulePixelCounts = 1...64
    static let ndefRecordCount = 64
    /// Marks that look like the corner of a code are counted so far: a code of 331 bytes shows
    /// some 30, the largest code 260.
    static let markCount = 1_000
    /// Codes that one pass of a reader may report.
    static let codesPerPass = 4
    /// What all passes over a picture may cost, in units of 5 ns: somewhat under a second.
    static let readingWork = 180_000_000
}
