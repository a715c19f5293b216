// SPDX-License-Identifier: Apache-2.0

/// The modules of a QR code, without quiet zone.
public struct QRMatrix: Sendable, Equatable {
    /// The light border that a reader needs, in modules (ISO/IEC 18004 §9.1).
    public static let quietModuleCount = 4

    /// Modules a side: 21 to 177.
    public let side: Int
    private let modules: [Bool]

    /// Takes the modules row by row, true for dark; nil if the number fits no version.
    public init?(side: Int, modules: [Bool]) {
        guard (21...177).contains(side), side % 4 == 1, modules.count == side * side else {
            return nil
        }
        self.side = side
        self.modules = modules
    }

    /// Whether a module is dark; all around the code is light.
    public func isDark(row: Int, column: Int) -> Bool {
        guard (0..<self.side).contains(row), (0..<self.side).contains(column) else { return false }
        return self.modules[row * self.side + column]
    }

    /// Modules a side with the quiet zone.
    public var sideWithQuietZone: Int { self.side + 2 * Self.quietModuleCount }

    /// Whether a module is dark, counted from the corner of the quiet zone.
    func isDarkWithQuietZone(row: Int, column: Int) -> Bool {
        self.isDark(row: row - Self.quietModuleCount, column: column - Self.quietModuleCount)
    }

    /// The code in lines of half blocks, two modules above each other in a character.
    ///
    /// With colour the blocks are black on white whatever the theme: colours 16 and 231 of the
    /// 256, which themes do not change. Without colour the blocks are the *light* modules, which
    /// is right on a dark terminal; on a light one the code is inverted, which readers take too.
    public func terminal(colour: Bool) -> String {
        var drawing = ""
        for row in stride(from: 0, to: self.sideWithQuietZone, by: 2) {
            if colour { drawing += "\u{1B}[38;5;16;48;5;231m" }
            for column in 0..<self.sideWithQuietZone {
                let upper = self.isDarkWithQuietZone(row: row, column: column) == colour
                let lower = self.isDarkWithQuietZone(row: row + 1, column: column) == colour
                switch (upper, lower) {
                case (true, true): drawing += "\u{2588}"
                case (true, false): drawing += "\u{2580}"
                case (false, true): drawing += "\u{2584}"
                case (false, false): drawing += " "
                }
            }
            if colour { drawing += "\u{1B}[0m" }
            drawing += "\n"
        }
        return drawing
    }

    /// The code as an SVG document with quiet zone, 8 pixels a module at its own size.
    public func svg() -> String {
        let side = self.sideWithQuietZone
        var path = ""
        for row in 0..<side {
            var column = 0
            while column < side {
                let start = column
                while column < side, self.isDarkWithQuietZone(row: row, column: column) {
                    column += 1
                }
                if column > start {
                    path += "M\(start) \(row)h\(column - start)v1h-\(column - start)z"
                }
                column += 1
            }
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(side * 8)" height="\(side * 8)" \
            viewBox="0 0 \(side) \(side)" shape-rendering="crispEdges">\
            <rect width="\(side)" height="\(side)" fill="#fff"/>\
            <path d="\(path)" fill="#000"/></svg>

            """
    }

    /// The code as a PNG of 1 bit grey, with quiet zone; 1 to 64 pixels a module.
    public func png(modulePixelCount: Int) throws(OfflineCodeError) -> [UInt8] {
        let range = Limits.modulePixelCounts
        guard range.contains(modulePixelCount) else {
            throw .modulePixelCount(
                modulePixelCount, least: range.lowerBound, most: range.upperBound)
        }
        var rows: [[Bool]] = []
        for row in 0..<self.sideWithQuietZone {
            rows.append(
                (0..<self.sideWithQuietZone).map { column in
                    self.isDarkWithQuietZone(row: row, column: column)
                })
        }
        return PNGWriter(rows: rows, scale: modulePixelCount).bytes
    }

    /// The code as a grey picture, with quiet zone.
    func picture(modulePixelCount: Int) -> LumaImage {
        let side = self.sideWithQuietZone * modulePixelCount
        var pixels: [UInt8] = []
        pixels.reserveCapacity(side * side)
        for row in 0..<self.sideWithQuietZone {
            var line: [UInt8] = []
            for column in 0..<self.sideWithQuietZone {
                let value: UInt8 = self.isDarkWithQuietZone(row: row, column: column) ? 0 : 255
                line += [UInt8](repeating: value, count: modulePixelCount)
            }
            for _ in 0..<modulePixelCount { pixels += line }
        }
        return LumaImage(width: side, height: side, pixels: pixels)
    }
}
