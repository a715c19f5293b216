// SPDX-License-Identifier: Apache-2.0
#if QR && os(Linux)
    import Testing

    @testable import OfflineCodes

    @Suite struct CodeWriterTests {
        static let offer: String = {
            var generator = SeededGenerator(seed: 3)
            return generator.offer()
        }()

        @Test(arguments: [1, 2, 17, 100, 331, 700, 1_000, 1_500, 2_331])
        func comesBackFromPNG(byteCount: Int) throws {
            var generator = SeededGenerator(seed: UInt64(byteCount))
            let letters = Array("abcdefghijklmnopqrstuvwxyz{}:,")
            let text = String(
                generator.bytes(byteCount).map { letters[Int($0) % letters.count] })
            let found = try CodeReader().read(CodeWriter(text: text).png(modulePixelCount: 4))
            #expect(found == .init(text: text, source: .picture))
        }

        @Test(arguments: [1, 2, 3, 8, 16, 64])
        func comesBackAtEveryWidthOfModules(modulePixelCount: Int) throws {
            let writer = try CodeWriter(text: Self.offer)
            let file = try writer.png(modulePixelCount: modulePixelCount)
            #expect(try CodeReader().read(file).text == Self.offer)
        }

        @Test(arguments: [0, -1, 65, Int.max])
        func refusesOtherWidths(modulePixelCount: Int) throws {
            let writer = try CodeWriter(text: "x")
            #expect(
                throws: OfflineCodeError.modulePixelCount(modulePixelCount, least: 1, most: 64)
            ) { try writer.png(modulePixelCount: modulePixelCount) }
        }

        @Test func comesBackFromNDEF() throws {
            let bytes = try CodeWriter(text: Self.offer).ndef()
            #expect(try CodeReader().read(bytes) == .init(text: Self.offer, source: .ndef))
            let message = try NDEFMessage(parsing: bytes)
            let payload = Array(Self.offer.utf8)
            #expect(
                message.records
                    == [NDEFRecord(mimeType: "application/vnd.spockex+json", payload: payload)])
        }

        @Test(arguments: ["", "a\nb", "a\u{202E}b", "\u{1B}[0m"])
        func refusesWhatCouldNotBeRead(text: String) {
            #expect(throws: OfflineCodeError.self) { try CodeWriter(text: text) }
        }

        @Test func refusesMoreThanACodeHolds() {
            let text = String(repeating: "a", count: 2_332)
            #expect(throws: OfflineCodeError.tooLongForQR(byteCount: 2_332)) {
                try CodeWriter(text: text)
            }
        }

        @Test func correctsErrorsAtLevelM() throws {
            // Format bits beside the first mark: level M is 00, after the fixed mask 10.
            let matrix = try CodeWriter(text: Self.offer).matrix
            #expect(matrix.isDark(row: 8, column: 0))
            #expect(!matrix.isDark(row: 8, column: 1))
        }

        /// Draws the characters as a terminal would, four by eight pixels each.
        private func screen(_ drawing: String, ink: UInt8, paper: UInt8) throws -> LumaImage {
            var rows: [[UInt8]] = []
            for line in drawing.split(separator: "\n") {
                var upper: [UInt8] = []
                var lower: [UInt8] = []
                for character in line {
                    let isUpper = character == "\u{2588}" || character == "\u{2580}"
                    let isLower = character == "\u{2588}" || character == "\u{2584}"
                    upper += [UInt8](repeating: isUpper ? ink : paper, count: 4)
                    lower += [UInt8](repeating: isLower ? ink : paper, count: 4)
                }
                rows += [upper, upper, upper, upper, lower, lower, lower, lower]
            }
            let width = try #require(rows.first).count
            return LumaImage(width: width, height: rows.count, pixels: Array(rows.joined()))
        }

        @Test(arguments: [(UInt8(255), UInt8(0)), (UInt8(0), UInt8(255))])
        func plainTerminalIsReadOnDarkAndLightThemes(ink: UInt8, paper: UInt8) throws {
            let drawing = try CodeWriter(text: Self.offer).terminal(colour: false)
            #expect(!drawing.contains("\u{1B}"))
            let image = try self.screen(drawing, ink: ink, paper: paper)
            let found = try CodeReader().read(
                luma: image.pixels, width: image.width, height: image.height)
            #expect(found.text == Self.offer)
        }

        @Test func colouredTerminalIsBlackOnWhite() throws {
            let drawing = try CodeWriter(text: Self.offer).terminal(colour: true)
            let (start, end) = ("\u{1B}[38;5;16;48;5;231m", "\u{1B}[0m")
            var bare: [String] = []
            for line in drawing.split(separator: "\n") {
                #expect(line.hasPrefix(start) && line.hasSuffix(end))
                bare.append(String(line.dropFirst(start.count).dropLast(end.count)))
            }
            let image = try self.screen(bare.joined(separator: "\n"), ink: 0, paper: 255)
            let found = try CodeReader().read(
                luma: image.pixels, width: image.width, height: image.height)
            #expect(found.text == Self.offer)
        }

        /// Paints the runs of the path; nothing else in the document is dark.
        @Test func svgShowsTheModules() throws {
            let matrix = try CodeWriter(text: Self.offer).matrix
            let svg = matrix.svg()
            let path = try #require(
                svg.split(separator: "<path d=\"").last?.split(separator: "\"").first)
            var dark: Set<Int> = []
            for run in path.split(separator: "M") {
                let numbers = run.split { !$0.isNumber }.compactMap { Int($0) }
                try #require(numbers.count == 5)
                for column in numbers[0]..<(numbers[0] + numbers[2]) {
                    dark.insert(numbers[1] * 1_000 + column)
                }
            }
            for row in 0..<matrix.sideWithQuietZone {
                for column in 0..<matrix.sideWithQuietZone {
                    let isDark = matrix.isDarkWithQuietZone(row: row, column: column)
                    #expect(dark.contains(row * 1_000 + column) == isDark)
                }
            }
            #expect(svg.contains("fill=\"#fff\"") && svg.contains("fill=\"#000\""))
        }
    }
#endif
