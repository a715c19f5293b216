// SPDX-License-Identifier: Apache-2.0

/// Sums of the values and of their squares in a window of `2 * radius + 1` pixels, edges continued.
///
/// The loops are simple, so that the compiler makes vector instructions of all but the slide.
struct WindowSums {
    typealias Row = UnsafePointer<Int32>

    private let width: Int
    private let height: Int
    private let radius: Int
    /// Sums of each column in the window's rows, with `radius + 1` columns more on both sides.
    private var columns: [Int32]
    private var squareColumns: [Int32]
    private var sums: [Int32]
    private var squares: [Int32]

    /// The sums of squares fit 32 bits up to a radius of 90.
    init(width: Int, height: Int, radius: Int) {
        precondition(radius <= 90, "The sums of squares fit 32 bits.")
        self.width = width
        self.height = height
        self.radius = radius
        self.columns = [Int32](repeating: 0, count: width + 2 * radius + 2)
        self.squareColumns = self.columns
        self.sums = [Int32](repeating: 0, count: width)
        self.squares = self.sums
    }

    /// Calls back for every row, or every `step` rows, with the sums and the sums of squares around
    /// each of its pixels.
    mutating func eachRow(
        of pixels: UnsafePointer<UInt8>, step: Int = 1, _ body: (Int, Row, Row) -> Void
    ) {
        // Row upon row comes in, and what leaves is nothing.
        let nothing = [UInt8](repeating: 0, count: self.width)
        nothing.withUnsafeBufferPointer { nothing in
            guard let nothing = nothing.baseAddress else { return }
            for row in -self.radius...self.radius {
                self.move(from: nothing, to: pixels + self.line(row))
            }
        }
        for row in stride(from: 0, to: self.height, by: step) {
            Self.slide(&self.columns, into: &self.sums, width: self.width, radius: self.radius)
            Self.slide(
                &self.squareColumns, into: &self.squares, width: self.width, radius: self.radius)
            self.sums.withUnsafeBufferPointer { sums in
                self.squares.withUnsafeBufferPointer { squares in
                    if let sums = sums.baseAddress, let squares = squares.baseAddress {
                        body(row, sums, squares)
                    }
                }
            }
            for next in row..<(row + step) {
                self.move(
                    from: pixels + self.line(next - self.radius),
                    to: pixels + self.line(next + self.radius + 1))
            }
        }
    }

    private func line(_ row: Int) -> Int { max(0, min(self.height - 1, row)) * self.width }

    /// One row leaves the window and another one comes in.
    private mutating func move(from old: UnsafePointer<UInt8>, to new: UnsafePointer<UInt8>) {
        let (width, start) = (self.width, self.radius + 1)
        self.columns.withUnsafeMutableBufferPointer { columns in
            self.squareColumns.withUnsafeMutableBufferPointer { squares in
                guard let columns = columns.baseAddress, let squares = squares.baseAddress
                else { return }
                let (sums, squareSums) = (columns + start, squares + start)
                var x = 0
                while x < width {
                    let (before, after) = (Int32(old[x]), Int32(new[x]))
                    sums[x] = sums[x] &+ after &- before
                    squareSums[x] = squareSums[x] &+ after &* after &- before &* before
                    x &+= 1
                }
            }
        }
    }

    /// The window goes along a row.
    private static func slide(
        _ columns: inout [Int32], into sums: inout [Int32], width: Int, radius: Int
    ) {
        let side = radius + 1
        let (first, last) = (columns[side], columns[side + width - 1])
        for x in 0..<side {
            columns[x] = first
            columns[side + width + x] = last
        }
        columns.withUnsafeBufferPointer { columns in
            sums.withUnsafeMutableBufferPointer { sums in
                guard let columns = columns.baseAddress, let sums = sums.baseAddress else { return }
                var sum: Int32 = 0
                for x in 0...(2 * radius) { sum &+= columns[x] }
                let next = columns + (2 * radius + 1)
                var x = 0
                while x < width {
                    sum = sum &+ next[x] &- columns[x]
                    sums[x] = sum
                    x &+= 1
                }
            }
        }
    }
}
