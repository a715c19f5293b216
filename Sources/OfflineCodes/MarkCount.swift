// SPDX-License-Identifier: Apache-2.0

/// Counts what may be the corner marks of QR codes in a picture in black and white.
///
/// Marks are runs dark, light, dark, light, dark with a middle as in 1:1:3:1:1, far looser than
/// either reader asks. Every third row is looked at, as zxing does, and what lies inside a mark
/// counted above is not counted again.
struct MarkCount {
    private struct Mark {
        let x: Int
        let reach: Int
        let lastRow: Int
    }

    private let limit: Int
    private var open: [Mark] = []
    private(set) var count = 0

    /// Counts up to one more than `limit`.
    init(in map: DarkMap, limit: Int) {
        self.limit = limit
        let (width, height) = (map.image.width, map.image.height)
        map.image.withPixels { pixels in
            var row = 2
            while row < height, self.count <= limit {
                self.scan(pixels + row * width, width: width, row: row)
                row += 3
            }
        }
    }

    private mutating func scan(_ line: UnsafePointer<UInt8>, width: Int, row: Int) {
        self.open.removeAll { $0.lastRow < row }
        // The last five runs; a run of light comes first, perhaps of no pixels.
        var (a, b, c, d, e) = (0, 0, 0, 0, 0)
        var start = 0
        var isDark = false
        var x = 0
        while x <= width {
            if x == width || (line[x] == 0) != isDark {
                (a, b, c, d, e) = (b, c, d, e, x - start)
                if isDark, a > 0, c >= 2 * max(a, e), c >= max(b, d) {
                    self.add(x: x - e - d - c / 2, width: c, row: row)
                }
                start = x
                isDark.toggle()
            }
            x += 1
        }
    }

    private mutating func add(x: Int, width: Int, row: Int) {
        for mark in self.open where abs(mark.x - x) <= mark.reach { return }
        guard self.count <= self.limit else { return }
        self.count += 1
        self.open.append(Mark(x: x, reach: width, lastRow: row + width))
    }
}
