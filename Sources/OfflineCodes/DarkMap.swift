// SPDX-License-Identifier: Apache-2.0

/// A picture in black and white (0 and 255), as the first reader gets it.
///
/// We set the threshold and not the reader, because then the marks can be counted in just what the
/// reader will see: its time grows with the third power of their number (a picture of one megapixel
/// full of marks took it 231 s).
struct DarkMap {
    let image: LumaImage

    /// Sets the threshold by Wolf and Jolion (2004) in a window of 1/24 of the smaller side:
    /// `mean - 0.3 · (1 - deviation / largest deviation) · (mean - darkest)`.
    ///
    /// Even parts of the picture become white, so noise in the quiet zone stays out. The windows
    /// are gone through twice: to keep what was found for each pixel takes longer. In large pictures
    /// a row's statistics also serve the three rows below it, a small step for so large a window.
    init(_ picture: LumaImage) {
        let (width, height) = (picture.width, picture.height)
        let radius = max(20, min(64, min(width, height) / 24))
        let area = Float((2 * radius + 1) * (2 * radius + 1))
        let step = radius < 64 ? 1 : 4
        let darkest = Float(picture.pixels.min() ?? 0)
        self.image = LumaImage(width: width, height: height) { to in
            picture.withPixels { from in
                var largest: Float = 1
                var sums = WindowSums(width: width, height: height, radius: radius)
                sums.eachRow(of: from, step: step) { _, sums, squares in
                    largest = max(largest, Self.largest(sums, squares, count: width, area: area))
                }
                sums = WindowSums(width: width, height: height, radius: radius)
                sums.eachRow(of: from, step: step) { y, sums, squares in
                    for line in y..<min(height, y + step) {
                        var x = 0
                        while x < width {
                            let mean = Float(sums[x]) / area
                            let evenness = 1 - Self.deviation(squares[x], mean, area) / largest
                            let threshold = mean - 0.3 * evenness * (mean - darkest)
                            let place = line &* width &+ x
                            to[place] = Float(from[place]) <= threshold ? 0 : 255
                            x &+= 1
                        }
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func deviation(_ squares: Int32, _ mean: Float, _ area: Float) -> Float {
        let variance = Float(squares) / area - mean * mean
        return (variance > 0 ? variance : 0).squareRoot()
    }

    /// The largest deviation in a row.
    private static func largest(
        _ sums: WindowSums.Row, _ squares: WindowSums.Row, count: Int, area: Float
    ) -> Float {
        // The bits of floats that are not negative have the same order as these, and the compiler
        // makes vector instructions of whole numbers only.
        var largest: Int32 = 0
        var x = 0
        while x < count {
            let deviation = Self.deviation(squares[x], Float(sums[x]) / area, area)
            let bits = Int32(bitPattern: deviation.bitPattern)
            largest = bits > largest ? bits : largest
            x &+= 1
        }
        return Float(bitPattern: UInt32(bitPattern: largest))
    }
}
