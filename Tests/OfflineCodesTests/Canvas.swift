// SPDX-License-Identifier: Apache-2.0
import Foundation

@testable import OfflineCodes

/// A grey picture in the making; values may leave 0...255 until the end.
struct Canvas {
    let width: Int
    let height: Int
    var values: [Float]

    init(width: Int, height: Int, value: Float) {
        self.width = width
        self.height = height
        self.values = [Float](repeating: value, count: width * height)
    }

    var image: LumaImage {
        LumaImage(
            width: self.width, height: self.height,
            pixels: self.values.map { UInt8(max(0, min(255, $0 + 0.5))) })
    }

    /// Changes every pixel, given its place.
    mutating func change(_ body: (Int, Int, Float) -> Float) {
        let (width, height) = (self.width, self.height)
        self.values.withUnsafeMutableBufferPointer { buffer in
            guard let values = buffer.baseAddress else { return }
            var y = 0
            while y < height {
                var x = 0
                while x < width {
                    values[y * width + x] = body(x, y, values[y * width + x])
                    x += 1
                }
                y += 1
            }
        }
    }

    /// The weighted mean of shifted copies, edges continued.
    func mixed(_ shifts: [(dx: Float, dy: Float, weight: Float)]) -> Canvas {
        let (width, height) = (self.width, self.height)
        var result = Canvas(width: width, height: height, value: 0)
        self.values.withUnsafeBufferPointer { buffer in
            guard let from = buffer.baseAddress else { return }
            for (dx, dy, weight) in shifts {
                let (x0, y0) = (Int(dx.rounded(.down)), Int(dy.rounded(.down)))
                let (fx, fy) = (dx - Float(x0), dy - Float(y0))
                result.change { x, y, value in
                    let left = max(0, min(width - 1, x + x0))
                    let right = max(0, min(width - 1, x + x0 + 1))
                    let upper = max(0, min(height - 1, y + y0)) * width
                    let lower = max(0, min(height - 1, y + y0 + 1)) * width
                    let above = from[upper + left] * (1 - fx) + from[upper + right] * fx
                    let below = from[lower + left] * (1 - fx) + from[lower + right] * fx
                    return value + weight * (above * (1 - fy) + below * fy)
                }
            }
        }
        return result
    }

    func blurred(sigma: Float) -> Canvas {
        let radius = Int((3 * sigma).rounded(.up))
        let weights = (-radius...radius).map { exp(-Float($0 * $0) / (2 * sigma * sigma)) }
        let sum = weights.reduce(0, +)
        let taps = zip(-radius...radius, weights).map { (Float($0), $1 / sum) }
        return self.mixed(taps.map { (dx: $0.0, dy: 0, weight: $0.1) })
            .mixed(taps.map { (dx: 0, dy: $0.0, weight: $0.1) })
    }

    func moved(length: Float, angle: Float) -> Canvas {
        let count = 13
        return self.mixed(
            (0..<count).map { index in
                let part = (Float(index) / Float(count - 1) - 0.5) * length
                return (dx: part * cos(angle), dy: part * sin(angle), weight: 1 / Float(count))
            })
    }

    mutating func addNoise(_ deviation: Float, using generator: inout SeededGenerator) {
        self.change { _, _, value in value + deviation * generator.normal() }
    }

    /// Patches and soft spots, like the table around a sheet of paper.
    static func clutter(
        width: Int, height: Int, using generator: inout SeededGenerator
    ) -> Canvas {
        var canvas = Canvas(width: width, height: height, value: 0)
        let waves = (0..<6).map { _ in
            (
                generator.uniform(-0.2, 0.2), generator.uniform(-0.2, 0.2),
                generator.uniform(0, 6), generator.uniform(5, 25)
            )
        }
        canvas.change { x, y, _ in
            waves.reduce(128) { $0 + $1.3 * sin($1.0 * Float(x) + $1.1 * Float(y) + $1.2) }
        }
        for _ in 0..<40 {
            let (x0, y0) = (
                Int(generator.next() % UInt64(width)), Int(generator.next() % UInt64(height))
            )
            let (w, h) = (Int(generator.next() % 110) + 5, Int(generator.next() % 110) + 5)
            let value = generator.uniform(0, 255)
            for y in y0..<min(height, y0 + h) {
                for x in x0..<min(width, x0 + w) { canvas.values[y * width + x] = value }
            }
        }
        return canvas.blurred(sigma: 0.7)
    }
}
