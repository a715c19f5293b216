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
    /// Even parts of the picture become white, so noise in the quiet zone stays out.
    init(_ picture: LumaImage) {
        let (width, height) = (picture.width, picture.height)
        let radius = max(20, min(64, min(width, height) / 24))
        let area = Float((2 * radius + 1) * (2 * radius + 1))
        var means = [Float](repeating: 0, count: width * height)
        var deviations = means
        var largest: Float = 1
        picture.withPixels { from in
            var sums = WindowSums(width: width, height: height, radius: radius)
            let sides = WindowSums.Sides(width: width, radius: radius)
            means.withUnsafeMutableBufferPointer { means in
                deviations.withUnsafeMutableBufferPointer { deviations in
                    guard let means = means.baseAddress, let deviations = deviations.baseAddress
                    else { return }
                    sums.eachRow(of: from) { y, columns, squareColumns in
                        var sum = sides.first(columns)
                        var squares = sides.first(squareColumns)
                        var x = 0
                        while x < width {
                            let mean = Float(sum) / area
                            let variance = Float(squares) / area - mean * mean
                            let deviation = variance > 0 ? variance.squareRoot() : 0
                            means[y &* width &+ x] = mean
                            deviations[y &* width &+ x] = deviation
                            if deviation > largest { largest = deviation }
                            sum = sides.moved(sum, columns, from: x)
                            squares = sides.moved(squares, squareColumns, from: x)
                            x &+= 1
                        }
                    }
                }
            }
        }
        self.image = Self.map(picture, means: means, deviations: deviations, largest: largest)
    }

    private static func map(
        _ picture: LumaImage, means: [Float], deviations: [Float], largest: Float
    ) -> LumaImage {
        let darkest = Float(picture.pixels.min() ?? 0)
        let count = picture.pixelCount
        return LumaImage(width: picture.width, height: picture.height) { to in
            picture.withPixels { from in
                means.withUnsafeBufferPointer { means in
                    deviations.withUnsafeBufferPointer { deviations in
                        guard let means = means.baseAddress,
                            let deviations = deviations.baseAddress
                        else { return }
                        var index = 0
                        while index < count {
                            let mean = means[index]
                            let evenness = 1 - deviations[index] / largest
                            let threshold = mean - 0.3 * evenness * (mean - darkest)
                            to[index] = Float(from[index]) <= threshold ? 0 : 255
                            index &+= 1
                        }
                    }
                }
            }
        }
    }
}
