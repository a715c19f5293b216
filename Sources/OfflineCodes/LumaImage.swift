// SPDX-License-Identifier: Apache-2.0

/// A grey picture: one byte a pixel, 0 is black, row by row.
package struct LumaImage: Sendable, Equatable {
    package let width: Int
    package let height: Int
    package let pixels: [UInt8]

    /// Takes `width * height` pixels, at least one; anything else is a mistake of the caller.
    package init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0, "A picture has a pixel.")
        precondition(pixels.count == width * height, "A picture has width x height pixels.")
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// Computes all pixels in a buffer of `width * height` bytes of zeros.
    init(width: Int, height: Int, filling fill: (UnsafeMutablePointer<UInt8>) -> Void) {
        var pixels = [UInt8](repeating: 0, count: width * height)
        pixels.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { fill(base) }
        }
        self.init(width: width, height: height, pixels: pixels)
    }

    var pixelCount: Int { self.width * self.height }
}

// The loops below run on pointers with `while`: the same speed in debug builds, where tests decode
// hundreds of pictures. All indices come from the dimensions, which `init` has checked.
extension LumaImage {
    /// White for black.
    var inverted: LumaImage {
        self.mapped { from, to, count in
            var index = 0
            while index < count {
                to[index] = 255 &- from[index]
                index &+= 1
            }
        }
    }

    /// Each pixel is the mean of `factor * factor`; a rest at the right and below is cut off.
    func reduced(by factor: Int) -> LumaImage {
        guard factor > 1, self.width >= factor, self.height >= factor else { return self }
        let width = self.width / factor
        let height = self.height / factor
        let stride = self.width
        return LumaImage(width: width, height: height) { to in
            self.withPixels { from in
                let area = factor &* factor
                var y = 0
                while y < height {
                    var x = 0
                    while x < width {
                        var sum = area / 2
                        var row = 0
                        while row < factor {
                            let line = (y &* factor &+ row) &* stride &+ x &* factor
                            var column = 0
                            while column < factor {
                                sum &+= Int(from[line &+ column])
                                column &+= 1
                            }
                            row &+= 1
                        }
                        to[y &* width &+ x] = UInt8(truncatingIfNeeded: sum / area)
                        x &+= 1
                    }
                    y &+= 1
                }
            }
        }
    }

    /// Twice as wide and high, by linear interpolation.
    var doubled: LumaImage {
        let width = self.width
        let height = self.height
        return LumaImage(width: 2 * width, height: 2 * height) { to in
            self.withPixels { from in
                var y = 0
                while y < 2 &* height {
                    // A new pixel lies 3 to 1 between the pixel it is in and the next beyond.
                    let near = (y >> 1) &* width
                    let otherRow = y & 1 == 0 ? max(0, y >> 1 &- 1) : min(height &- 1, y >> 1 &+ 1)
                    let far = otherRow &* width
                    var x = 0
                    while x < width {
                        let left = x > 0 ? x &- 1 : 0
                        let right = x < width &- 1 ? x &+ 1 : x
                        let middle = 3 &* Int(from[near &+ x]) &+ Int(from[far &+ x])
                        let before = 3 &* Int(from[near &+ left]) &+ Int(from[far &+ left])
                        let behind = 3 &* Int(from[near &+ right]) &+ Int(from[far &+ right])
                        let at = y &* 2 &* width &+ 2 &* x
                        to[at] = UInt8(truncatingIfNeeded: (3 &* middle &+ before &+ 8) >> 4)
                        to[at &+ 1] = UInt8(truncatingIfNeeded: (3 &* middle &+ behind &+ 8) >> 4)
                        x &+= 1
                    }
                    y &+= 1
                }
            }
        }
    }

    /// Each pixel is the mean of the square of `2 * radius + 1` around it, edges continued.
    func averaged(radius: Int) -> LumaImage {
        let (width, height) = (self.width, self.height)
        let area = Int32((2 * radius + 1) * (2 * radius + 1))
        return LumaImage(width: width, height: height) { to in
            self.withPixels { from in
                var sums = WindowSums(width: width, height: height, radius: radius)
                sums.eachRow(of: from) { y, sums, _ in
                    let line = to + y * width
                    var x = 0
                    while x < width {
                        line[x] = UInt8(truncatingIfNeeded: (sums[x] &+ area / 2) / area)
                        x &+= 1
                    }
                }
            }
        }
    }

    /// Two averages: nearly a Gaussian blur of standard deviation `0.8 * radius + 0.4`.
    func smoothed(radius: Int) -> LumaImage {
        self.averaged(radius: radius).averaged(radius: radius)
    }

    /// Adds `amount` times the difference to the smoothed picture.
    func sharpened(radius: Int, amount: Int) -> LumaImage {
        let soft = self.smoothed(radius: radius)
        return self.mapped { from, to, count in
            soft.withPixels { soft in
                var index = 0
                while index < count {
                    let value = Int(from[index])
                    let sharp = value &+ amount &* (value &- Int(soft[index]))
                    to[index] = UInt8(truncatingIfNeeded: max(0, min(255, sharp)))
                    index &+= 1
                }
            }
        }
    }

    private func mapped(
        _ body: (UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>, Int) -> Void
    ) -> LumaImage {
        let count = self.pixelCount
        return LumaImage(width: self.width, height: self.height) { to in
            self.withPixels { from in body(from, to, count) }
        }
    }

    func withPixels(_ body: (UnsafePointer<UInt8>) -> Void) {
        self.pixels.withUnsafeBufferPointer { buffer in
            if let base = buffer.baseAddress { body(base) }
        }
    }
}
