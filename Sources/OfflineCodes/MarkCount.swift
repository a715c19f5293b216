// SPDX-License-Identifier: Apache-2.0

/// Counts what may be the corner marks of QR codes in a picture in black and white.
///
/// Marks are runs dark, light, dark, light, dark like 1:1:3:1:1, across and down. Every third row
/// is looked at, as zxing does, and what lies inside a mark counted above is not counted again.
struct MarkCount {
    /// Lengths of five runs.
    private struct Runs {
        var (a, b, c, d, e) = (0, 0, 0, 0, 0)

        var length: Int { self.a + self.b + self.c + self.d + self.e }

        /// Far looser than what zxing asks across.
        var isPossible: Bool {
            self.a > 0 && self.c >= 2 * max(self.a, self.e) && self.c >= max(self.b, self.d)
        }

        /// Looser than what zxing asks down.
        var isPossibleDown: Bool {
            min(self.a, self.e) > 0 && self.c > max(self.a, self.e)
                && self.c >= max(self.b, self.d)
        }

        /// Each two neighbours are off by at most 0.7 modules and a pixel; ZBar allows 0.5.
        var isLikely: Bool {
            let total = self.length
            func fits(_ sum: Int, modules: Int) -> Bool {
                abs(7 * sum - modules * total) * 10 <= 7 * total + 70
            }
            return fits(self.a + self.b, modules: 2) && fits(self.b + self.c, modules: 4)
                && fits(self.c + self.d, modules: 4) && fits(self.d + self.e, modules: 2)
        }
    }

    private struct Mark {
        let x: Int
        let reach: Int
        let lastRow: Int
    }

    private struct Tally {
        var open: [Mark] = []
        var count = 0

        mutating func add(_ mark: Mark) {
            guard !self.open.contains(where: { abs($0.x - mark.x) <= $0.reach }) else { return }
            self.count += 1
            self.open.append(mark)
        }
    }

    private let limit: Int
    private let stepLimit: Int
    private var possible = Tally()
    private var likely = Tally()
    /// Pixels looked at above and below runs that may be a mark's, and comparisons with marks.
    private(set) var stepCount = 0

    /// Marks that zxing may take; the sizes of runs hardly matter.
    var possibleCount: Int { self.possible.count }
    /// Marks that ZBar may take.
    var likelyCount: Int { self.likely.count }

    /// Stops when there are `limit` marks, or after `stepLimit` steps and those of one run more.
    init(in map: DarkMap, limit: Int, stepLimit: Int) {
        self.limit = limit
        self.stepLimit = stepLimit
        let (width, height) = (map.image.width, map.image.height)
        map.image.withPixels { pixels in
            var row = 2
            while row < height, self.mayGoOn {
                self.scan(pixels, width: width, height: height, row: row)
                row += 3
            }
        }
    }

    private var mayGoOn: Bool {
        self.possible.count < self.limit && self.stepCount < self.stepLimit
    }

    private mutating func scan(
        _ pixels: UnsafePointer<UInt8>, width: Int, height: Int, row: Int
    ) {
        self.possible.open.removeAll { $0.lastRow < row }
        self.likely.open.removeAll { $0.lastRow < row }
        let line = pixels + row * width
        // The first run is one of light, perhaps of no pixels.
        var runs = Runs()
        var start = 0
        var isDark = false
        var x = 0
        while x <= width, self.mayGoOn {
            if x == width || (line[x] == 0) != isDark {
                (runs.a, runs.b, runs.c, runs.d, runs.e) =
                    (runs.b, runs.c, runs.d, runs.e, x - start)
                if isDark, runs.isPossible {
                    let middle = x - runs.e - runs.d - (runs.c + 1) / 2
                    let down = Self.runs(
                        down: pixels + middle, stride: width, count: height, at: row,
                        reach: 3 * runs.length)
                    self.stepCount += down.length
                    if down.isPossibleDown {
                        self.stepCount += self.possible.open.count
                        let mark = Mark(x: middle, reach: runs.c, lastRow: row + runs.c)
                        self.possible.add(mark)
                        if runs.isLikely, down.isLikely { self.likely.add(mark) }
                    }
                }
                start = x
                isDark.toggle()
            }
            x += 1
        }
    }

    /// The five runs in a column, the middle one around a row that is dark.
    ///
    /// They end where they are longer than `reach` together. Three times the runs across is what
    /// zxing allows; without an end, stripes would cost the height of the picture for each run.
    private static func runs(
        down column: UnsafePointer<UInt8>, stride: Int, count: Int, at row: Int, reach: Int
    ) -> Runs {
        var left = reach
        func run(from start: Int, step: Int, isDark: Bool) -> Int {
            var place = start
            while left > 0, place >= 0, place < count, (column[place * stride] == 0) == isDark {
                place += step
                left -= 1
            }
            return abs(place - start)
        }
        var runs = Runs()
        let up = run(from: row, step: -1, isDark: true)
        let down = run(from: row + 1, step: 1, isDark: true)
        runs.c = up + down
        runs.b = run(from: row - up, step: -1, isDark: false)
        runs.d = run(from: row + 1 + down, step: 1, isDark: false)
        runs.a = run(from: row - up - runs.b, step: -1, isDark: true)
        runs.e = run(from: row + 1 + down + runs.d, step: 1, isDark: true)
        return runs
    }
}
