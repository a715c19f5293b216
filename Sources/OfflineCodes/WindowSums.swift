// SPDX-License-Identifier: Apache-2.0

/// Sums over the columns of a window that slides down a picture, edges continued.
struct WindowSums {
    typealias Columns = UnsafePointer<Int>

    private let width: Int
    private let height: Int
    private let radius: Int
    private var sums: [Int]
    private var squares: [Int]

    init(width: Int, height: Int, radius: Int) {
        self.width = width
        self.height = height
        self.radius = radius
        self.sums = [Int](repeating: 0, count: width)
        self.squares = [Int](repeating: 0, count: width)
    }

    /// Calls back for each row with the sums of the values and of their squares in each column.
    mutating func eachRow(
        of pixels: UnsafePointer<UInt8>, _ body: (Int, Columns, Columns) -> Void
    ) {
        let (width, height, radius) = (self.width, self.height, self.radius)
        self.sums.withUnsafeMutableBufferPointer { sums in
            self.squares.withUnsafeMutableBufferPointer { squares in
                guard let sums = sums.baseAddress, let squares = squares.baseAddress else { return }
                let add = { (row: Int, sign: Int) in
                    let line = max(0, min(height &- 1, row)) &* width
                    var x = 0
                    while x < width {
                        let value = Int(pixels[line &+ x])
                        sums[x] = sums[x] &+ sign &* value
                        squares[x] = squares[x] &+ sign &* value &* value
                        x &+= 1
                    }
                }
                for row in -radius...radius { add(row, 1) }
                for row in 0..<height {
                    body(row, Columns(sums), Columns(squares))
                    add(row - radius, -1)
                    add(row + radius + 1, 1)
                }
            }
        }
    }

    /// The way of the window along a row.
    struct Sides {
        let width: Int
        let radius: Int

        /// The sum around the first pixel.
        func first(_ columns: Columns) -> Int {
            var sum = 0
            for column in -self.radius...self.radius {
                sum += columns[max(0, min(self.width - 1, column))]
            }
            return sum
        }

        /// The sum around the pixel behind `x`.
        @inline(__always)
        func moved(_ sum: Int, _ columns: Columns, from x: Int) -> Int {
            let out = x &- self.radius
            let next = x &+ self.radius &+ 1
            return sum &- columns[out < 0 ? 0 : out]
                &+ columns[next < self.width ? next : self.width &- 1]
        }
    }
}
