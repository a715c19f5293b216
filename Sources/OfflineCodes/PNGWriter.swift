// SPDX-License-Identifier: Apache-2.0

/// Writes a PNG of black and white squares, 1 bit a pixel (PNG, third edition).
///
/// An own writer because the build without C libraries needs it too. Rows that repeat are filtered
/// to zeros, and runs are shortened with the fixed codes of deflate: a few kilobytes for a code.
struct PNGWriter {
    private let rows: [[Bool]]
    private let scale: Int

    /// Takes rows of equal length, true for black; each square becomes `scale` pixels a side.
    init(rows: [[Bool]], scale: Int) {
        self.rows = rows
        self.scale = scale
    }

    /// The whole file.
    var bytes: [UInt8] {
        let width = (self.rows.first?.count ?? 0) * self.scale
        let height = self.rows.count * self.scale
        let header = Self.bigEndian(UInt32(width)) + Self.bigEndian(UInt32(height))
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + Self.chunk("IHDR", header + [1, 0, 0, 0, 0])
            + Self.chunk("IDAT", Zlib.compressed(self.filteredRows(width: width)))
            + Self.chunk("IEND", [])
    }

    private func filteredRows(width: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        let byteCount = (width + 7) / 8
        for row in self.rows {
            var line = [UInt8](repeating: 0, count: byteCount)
            for pixel in 0..<width where !row[pixel / self.scale] {
                line[pixel / 8] |= 0x80 >> UInt8(pixel % 8)
            }
            bytes += [0] + line
            // Filter 2 (Up): the difference to the row above, which is the same.
            let same = [2] + [UInt8](repeating: 0, count: byteCount)
            for _ in 1..<max(1, self.scale) { bytes += same }
        }
        return bytes
    }

    /// `length (4) · name (4) · content · CRC-32 of name and content (4)`.
    package static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + content
        return self.bigEndian(UInt32(content.count)) + body + self.bigEndian(Zlib.crc32(body))
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
    }
}
