// SPDX-License-Identifier: Apache-2.0
import Foundation

@testable import OfflineCodes

/// A sheet with a code before a camera.
struct Scene {
    var matrix: QRMatrix
    /// Pixels a module in the middle of the picture.
    var modulePixels: Float = 4.5
    /// Turn in the plane of the picture, and tilt about its horizontal and vertical axis.
    var turn: Float = 0
    var tiltX: Float = 0
    var tiltY: Float = 0
    /// Growth of the radius at the edge, as with a wide lens.
    var barrel: Float = 0
    var dark: Float = 25
    var light: Float = 230

    /// Paints the sheet over the background, with 2 x 2 samples a pixel.
    func paint(on canvas: inout Canvas) {
        let side = self.matrix.sideWithQuietZone
        var sheet = [Float](repeating: 0, count: side * side)
        for row in 0..<side {
            for column in 0..<side {
                let isDark = self.matrix.isDarkWithQuietZone(row: row, column: column)
                sheet[row * side + column] = isDark ? self.dark : self.light
            }
        }
        let inverse = self.inverse(width: canvas.width, height: canvas.height)
        let (halfWidth, halfHeight) = (Float(canvas.width) / 2, Float(canvas.height) / 2)
        let barrel = self.barrel
        sheet.withUnsafeBufferPointer { buffer in
            guard let sheet = buffer.baseAddress else { return }
            canvas.change { x, y, background in
                var sum: Float = 0
                var sample = 0
                while sample < 4 {
                    var px = Float(x) + (sample & 1 == 0 ? 0.25 : 0.75) - halfWidth
                    var py = Float(y) + (sample & 2 == 0 ? 0.25 : 0.75) - halfHeight
                    if barrel != 0 {
                        let (rx, ry) = (px / halfWidth, py / halfHeight)
                        let growth = 1 + barrel * (rx * rx + ry * ry)
                        px *= growth
                        py *= growth
                    }
                    let place = inverse.apply(px, py)
                    let (column, row) = (place.x + Float(side) / 2, place.y + Float(side) / 2)
                    if column >= 0, row >= 0, column < Float(side), row < Float(side) {
                        sum += sheet[Int(row) * side + Int(column)]
                    } else {
                        sum += background
                    }
                    sample += 1
                }
                return sum / 4
            }
        }
    }

    /// From places in the picture, counted from its middle, to modules from the middle of the code.
    private func inverse(width: Int, height: Int) -> Homography {
        let focus = 1.2 * Float(max(width, height))
        let (ct, st) = (cos(self.turn), sin(self.turn))
        let (cx, sx) = (cos(self.tiltX), sin(self.tiltX))
        let (cy, sy) = (cos(self.tiltY), sin(self.tiltY))
        // The first two columns of Ry · Rx · Rz, for a sheet at the distance of the focus.
        let a = (cy * ct + sy * sx * st, cx * st, -sy * ct + cy * sx * st)
        let b = (-cy * st + sy * sx * ct, cx * ct, sy * st + cy * sx * ct)
        let scale = self.modulePixels
        return Homography(
            rows: (
                (a.0 * scale, b.0 * scale, 0), (a.1 * scale, b.1 * scale, 0),
                (a.2 * scale / focus, b.2 * scale / focus, 1)
            )
        ).inverse
    }
}

/// A map of the plane: `(x, y, 1)` times the rows, over the third.
struct Homography {
    typealias Row = (Float, Float, Float)
    let rows: (Row, Row, Row)

    @inline(__always)
    func apply(_ x: Float, _ y: Float) -> (x: Float, y: Float) {
        let depth = self.rows.2.0 * x + self.rows.2.1 * y + self.rows.2.2
        return (
            (self.rows.0.0 * x + self.rows.0.1 * y + self.rows.0.2) / depth,
            (self.rows.1.0 * x + self.rows.1.1 * y + self.rows.1.2) / depth
        )
    }

    /// The adjugate, which maps back just as the inverse does.
    var inverse: Homography {
        let ((a, b, c), (d, e, f), (g, h, i)) = self.rows
        return Homography(
            rows: (
                (e * i - f * h, c * h - b * i, b * f - c * e),
                (f * g - d * i, a * i - c * g, c * d - a * f),
                (d * h - e * g, b * g - a * h, a * e - b * d)
            ))
    }
}
