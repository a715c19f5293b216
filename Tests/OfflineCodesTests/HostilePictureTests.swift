// SPDX-License-Identifier: Apache-2.0
#if QR && os(Linux)
    import Testing

    @testable import OfflineCodes

    @Suite struct HostilePictureTests {
        static let text = #"{"request":100,"v":1,"host":["198.51.100.10:41414"]}"#

        private func read(_ image: LumaImage) throws(OfflineCodeError) -> CodeReader.Found {
            try CodeReader().read(luma: image.pixels, width: image.width, height: image.height)
        }

        private func picture(_ text: String) throws -> LumaImage {
            try CodeWriter(text: text).matrix.picture(modulePixelCount: 4)
        }

        /// Pictures beside each other on white.
        private func row(_ images: [LumaImage]) -> LumaImage {
            let height = images.map(\.height).max() ?? 1
            var pixels: [UInt8] = []
            for y in 0..<height {
                for image in images {
                    pixels +=
                        y < image.height
                        ? Array(image.pixels[(y * image.width)..<((y + 1) * image.width)])
                        : [UInt8](repeating: 255, count: image.width)
                }
            }
            let width = images.reduce(0) { $0 + $1.width }
            return LumaImage(width: width, height: height, pixels: pixels)
        }

        /// Pictures at places on grey.
        private func sheet(
            width: Int, height: Int, _ parts: [(image: LumaImage, x: Int, y: Int)]
        ) -> LumaImage {
            LumaImage(width: width, height: height) { to in
                for index in 0..<(width * height) { to[index] = 200 }
                for (image, left, top) in parts {
                    for y in 0..<image.height {
                        for x in 0..<image.width {
                            to[(y + top) * width + x + left] = image.pixels[y * image.width + x]
                        }
                    }
                }
            }
        }

        @Test func refusesTwoDifferentCodes() throws {
            let both = self.row([try self.picture("first"), try self.picture("second")])
            #expect(throws: OfflineCodeError.severalCodes(count: 2)) { try self.read(both) }
        }

        @Test func refusesASecondCodeThatIsInverted() throws {
            let both = self.row([try self.picture("first"), try self.picture("second").inverted])
            #expect(throws: OfflineCodeError.severalCodes(count: 2)) { try self.read(both) }
        }

        @Test func refusesASecondCodeOfAnotherSize() throws {
            let large = try CodeWriter(text: Self.text + Self.text).matrix
            let both = self.row([try self.picture("first"), large.picture(modulePixelCount: 9)])
            #expect(throws: OfflineCodeError.severalCodes(count: 2)) { try self.read(both) }
        }

        @Test func readsTheSameCodeTwice() throws {
            let both = self.row([try self.picture(Self.text), try self.picture(Self.text)])
            #expect(try self.read(both).text == Self.text)
        }

        @Test func refusesEachPartOfASequenceAndAllTogether() throws {
            let long = String(repeating: "offer 0123456789 ", count: 16)
            let pictures = sequenceOfCodes(long, version: 7).map {
                $0.picture(modulePixelCount: 4)
            }
            try #require(pictures.count >= 2)
            for picture in pictures + [self.row(pictures)] {
                #expect(throws: OfflineCodeError.partOfSequence) { try self.read(picture) }
            }
        }

        @Test func bothReadersTellAPartOfASequence() throws {
            let long = String(repeating: "offer 0123456789 ", count: 16)
            let first = try #require(sequenceOfCodes(long, version: 7).first)
            let image = first.picture(modulePixelCount: 4)
            #expect(readWithZXing(DarkMap(image)).map(\.isPartOfSequence) == [true])
            #expect(readWithZBar(image).map(\.isPartOfSequence) == [true])
        }

        @Test func bothReadersGiveTheBytesAsTheyAre() throws {
            let bytes = Array("Gr\u{FC}\u{DF}e \u{4F60}\u{597D} \u{1F600}".utf8) + [0x80, 0xFF]
            let image = try #require(matrix(of: bytes)).picture(modulePixelCount: 4)
            #expect(readWithZXing(DarkMap(image)).map(\.bytes) == [bytes])
            #expect(readWithZBar(image).map(\.bytes) == [bytes])
        }

        @Test(arguments: [0x00, 0x07, 0x0A, 0x1B, 0x7F])
        func refusesControlCharacters(byte: UInt8) throws {
            let image = try #require(matrix(of: [0x61, byte, 0x62])).picture(modulePixelCount: 4)
            #expect(
                throws: OfflineCodeError.controlCharacter(offset: 1, scalar: UInt32(byte))
            ) { try self.read(image) }
        }

        @Test(arguments: [0x061C, 0x200E, 0x202E, 0x2066, 0x2069] as [UInt32])
        func refusesBidirectionalCharacters(value: UInt32) throws {
            let scalar = try #require(Unicode.Scalar(value))
            let bytes = Array("a\(Character(scalar))b".utf8)
            let image = try #require(matrix(of: bytes)).picture(modulePixelCount: 4)
            #expect(
                throws: OfflineCodeError.bidirectionalCharacter(offset: 1, scalar: value)
            ) { try self.read(image) }
        }

        /// Small marks in rows: without a limit a reader would try all triples of them.
        @Test(arguments: [1, 2, 3, 5])
        func doesNotTryTriplesOfThousandsOfMarks(scale: Int) {
            let mark = [
                "         ", " ####### ", " #     # ", " # ### # ", " # ### # ", " # ### # ",
                " #     # ", " ####### ", "         ",
            ].map(Array.init)
            let (width, height) = (1_200, 1_000)
            var pixels: [UInt8] = []
            for y in 0..<height {
                for x in 0..<width {
                    pixels.append(mark[y / scale % 9][x / scale % 9] == "#" ? 0 : 255)
                }
            }
            let image = LumaImage(width: width, height: height, pixels: pixels)
            #expect(throws: OfflineCodeError.self) { try self.read(image) }
        }

        /// Runs like those of a mark in every row, in columns without end.
        @Test(arguments: [(100, 12_000, 1), (400, 3_000, 4), (1_200, 1_000, 1)], [false, true])
        func followsNoStripeToItsEnd(size: (width: Int, height: Int, unit: Int), isTurned: Bool) {
            let image = self.stripes(size, isTurned: isTurned)
            let marks = MarkCount(in: DarkMap(image), limit: Limits.markCount, stepLimit: .max)
            #expect(marks.stepCount <= 4 * image.pixelCount)
            #expect(throws: OfflineCodeError.noCode(width: image.width, height: image.height)) {
                try self.read(image)
            }
        }

        @Test func stopsToCountWhenTheStepsAreUsedUp() {
            let map = DarkMap(self.stripes((100, 1_200, 1), isTurned: false))
            let marks = MarkCount(in: map, limit: Limits.markCount, stepLimit: 1_000)
            #expect((1_000...1_021).contains(marks.stepCount))
        }

        /// All that a search does is counted, or it would go on after the limit.
        @Test(arguments: [(100, 12_000, 1), (400, 3_000, 4), (1_200, 1_000, 1)])
        func countsTheStepsOfStripesAsWork(size: (width: Int, height: Int, unit: Int)) {
            let image = self.stripes(size, isTurned: false)
            let marks = MarkCount(in: DarkMap(image), limit: Limits.markCount, stepLimit: .max)
            var search = PictureSearch(workLimit: Limits.readingWork)
            #expect(throws: OfflineCodeError.self) { try search.text(in: image) }
            let work = Limits.readingWork - search.workLeft
            #expect(work >= marks.stepCount * CodeReading.zxing.stepWeight)
            #expect(work <= Limits.readingWork)
        }

        private func stripes(
            _ size: (width: Int, height: Int, unit: Int), isTurned: Bool
        ) -> LumaImage {
            let values: [UInt8] = [0, 255, 0, 0, 0, 255]
            let (width, height) =
                isTurned ? (size.height, size.width) : (size.width, size.height)
            return LumaImage(width: width, height: height) { to in
                for y in 0..<height {
                    for x in 0..<width {
                        to[y * width + x] = values[(isTurned ? y : x) / size.unit % 6]
                    }
                }
            }
        }

        @Test(arguments: [(640, 480, 1), (1_200, 1_000, 1), (1_200, 1_000, 3), (4_000, 3_000, 2)])
        func findsNothingInNoise(width: Int, height: Int, grain: Int) {
            var generator = SeededGenerator(seed: 7)
            let (columns, rows) = (width / grain + 1, height / grain + 1)
            let grains = generator.bytes(columns * rows).map { $0 & 1 == 0 ? 0 : 255 as UInt8 }
            let image = LumaImage(width: width, height: height) { to in
                for y in 0..<height {
                    for x in 0..<width {
                        to[y * width + x] = grains[y / grain * columns + x / grain]
                    }
                }
            }
            #expect(throws: OfflineCodeError.self) { try self.read(image) }
        }

        @Test func findsASmallCodeInALargePicture() throws {
            let code = try CodeWriter(text: Self.text).matrix.picture(modulePixelCount: 3)
            let image = self.sheet(width: 4_000, height: 3_000, [(code, 2_600, 1_500)])
            #expect(try self.read(image).text == Self.text)
        }

        /// The first rung sees the picture reduced, and in it the large code alone.
        @Test func refusesASmallCodeBesideALargeOneInALargePicture() throws {
            let large = try CodeWriter(text: "first").matrix.picture(modulePixelCount: 12)
            let small = try CodeWriter(text: "second").matrix.picture(modulePixelCount: 3)
            let one = self.sheet(width: 4_000, height: 3_000, [(small, 2_600, 1_500)])
            #expect(try self.read(one).text == "second")
            let both = self.sheet(
                width: 4_000, height: 3_000, [(large, 400, 300), (small, 2_600, 1_500)])
            #expect(throws: OfflineCodeError.severalCodes(count: 2)) { try self.read(both) }
        }

        @Test func stopsWhenTheWorkIsUsedUp() throws {
            let image = try self.picture(Self.text)
            let reader = CodeReader(workLimit: 100)
            #expect(throws: OfflineCodeError.self) {
                try reader.read(luma: image.pixels, width: image.width, height: image.height)
            }
        }

        @Test(arguments: [(1, 1), (1, 5_000), (5_000, 1), (2, 2), (7, 9)])
        func findsNothingInASliver(width: Int, height: Int) {
            let pixels = (0..<(width * height)).map { UInt8(truncatingIfNeeded: $0 &* 37) }
            let image = LumaImage(width: width, height: height, pixels: pixels)
            #expect(throws: OfflineCodeError.noCode(width: width, height: height)) {
                try self.read(image)
            }
        }

        @Test func refusesAPixelCountThatDoesNotFit() {
            #expect(throws: OfflineCodeError.damagedPicture) {
                try CodeReader().read(luma: [0, 1, 2], width: 2, height: 2)
            }
            #expect(throws: OfflineCodeError.self) {
                try CodeReader().read(luma: [], width: 0, height: -1)
            }
            #expect(throws: OfflineCodeError.self) {
                try CodeReader().read(luma: [], width: .max, height: .max)
            }
        }
    }
#endif
