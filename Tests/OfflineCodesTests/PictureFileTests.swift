// SPDX-License-Identifier: Apache-2.0
#if QR && os(Linux)
    import Testing

    @testable import OfflineCodes

    @Suite struct PictureFileTests {
        static let text = "an offer in many files"

        private func image() throws -> LumaImage {
            try CodeWriter(text: Self.text).matrix.picture(modulePixelCount: 4)
        }

        private func png(
            depth: UInt8 = 8, colour: UInt8, before: [UInt8] = [],
            _ pixel: (UInt8) -> [UInt8]
        ) throws -> [UInt8] {
            let image = try self.image()
            return TestPNG.file(
                width: image.width, height: image.height, depth: depth, colour: colour,
                before: before, rows: TestPNG.rows(of: image, pixel))
        }

        /// Every colour type and depth of PNG but those below 8 bits, which follow.
        @Test func readsEveryFormOfPNG() throws {
            let palette = PNGWriter.chunk("PLTE", [0, 0, 0, 255, 255, 255])
            let files = [
                try self.png(colour: 0) { [$0] },
                try self.png(depth: 16, colour: 0) { [$0, $0] },
                try self.png(colour: 2) { [$0, $0, $0] },
                try self.png(depth: 16, colour: 2) { [$0, 1, $0, 2, $0, 3] },
                try self.png(colour: 3, before: palette) { [$0 == 0 ? 0 : 1] },
                try self.png(colour: 4) { [$0, 255] },
                try self.png(depth: 16, colour: 4) { [$0, 0, 255, 255] },
                try self.png(colour: 6) { [$0, $0, $0, 255] },
                try self.png(depth: 16, colour: 6) { [$0, 0, $0, 0, $0, 0, 255, 255] },
            ]
            for file in files { #expect(try CodeReader().read(file).text == Self.text) }
        }

        @Test func laysTransparentPicturesOnWhite() throws {
            let palette = PNGWriter.chunk("PLTE", [0, 0, 0, 0, 0, 0])
            let files = [
                try self.png(colour: 4) { [0, 255 - $0] },
                try self.png(colour: 6) { [0, 0, 0, 255 - $0] },
                try self.png(
                    colour: 3, before: palette + PNGWriter.chunk("tRNS", [255, 0])
                ) { [$0 == 0 ? 0 : 1] },
                try self.png(colour: 0, before: PNGWriter.chunk("tRNS", [0, 255])) { [$0] },
            ]
            for file in files { #expect(try CodeReader().read(file).text == Self.text) }
        }

        @Test(arguments: [1, 2, 4] as [UInt8])
        func readsPackedPixels(depth: UInt8) throws {
            let image = try self.image()
            let perByte = 8 / Int(depth)
            for colour: UInt8 in [0, 3] {
                var rows: [UInt8] = []
                for y in 0..<image.height {
                    var line = [UInt8](repeating: 0, count: (image.width + perByte - 1) / perByte)
                    for x in 0..<image.width where image.pixels[y * image.width + x] != 0 {
                        let value: UInt8 = colour == 0 ? (1 << depth) - 1 : 1
                        line[x / perByte] |= value << (8 - depth * UInt8(x % perByte + 1))
                    }
                    rows += [0] + line
                }
                let palette = PNGWriter.chunk("PLTE", [0, 0, 0, 255, 255, 255])
                let file = TestPNG.file(
                    width: image.width, height: image.height, depth: depth, colour: colour,
                    before: colour == 3 ? palette : [], rows: rows)
                #expect(try CodeReader().read(file).text == Self.text)
            }
        }

        @Test func readsInterlacedPNG() throws {
            let image = try self.image()
            let passes = [
                (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
                (1, 0, 2, 2), (0, 1, 1, 2),
            ]
            var rows: [UInt8] = []
            for (x0, y0, dx, dy) in passes {
                for y in stride(from: y0, to: image.height, by: dy) {
                    rows.append(0)
                    for x in stride(from: x0, to: image.width, by: dx) {
                        rows.append(image.pixels[y * image.width + x])
                    }
                }
            }
            let file = TestPNG.file(
                width: image.width, height: image.height, depth: 8, colour: 0, interlace: 1,
                rows: rows)
            #expect(try CodeReader().read(file).text == Self.text)
        }

        @Test func readsTheFirstFrameOfAnAnimation() throws {
            let animation = PNGWriter.chunk("acTL", [0, 0, 0, 2, 0, 0, 0, 0])
            let file = try self.png(colour: 0, before: animation) { [$0] }
            #expect(try CodeReader().read(file).text == Self.text)
        }

        /// A profile and texts that would unpack to 64 MiB are not unpacked.
        @Test func skipsBombsBesideThePixels() throws {
            let zeros = Zlib.compressed([UInt8](repeating: 0, count: 1 << 20))
            let name = Array("x".utf8) + [0, 0]
            let bombs =
                PNGWriter.chunk("iCCP", name + zeros)
                + (0..<64).flatMap { _ in PNGWriter.chunk("zTXt", name + zeros) }
            let file = try self.png(colour: 0, before: bombs) { [$0] }
            #expect(try CodeReader().read(file).text == Self.text)
        }

        @Test(arguments: [true, false])
        func readsJPEG(isProgressive: Bool) throws {
            let file = try TestJPEG.encode(
                try self.image(), quality: 60, isProgressive: isProgressive)
            #expect(try CodeReader().read(file).text == Self.text)
        }

        @Test func refusesAPNGThatEndsAnywhere() throws {
            let file = try CodeWriter(text: "x").png(modulePixelCount: 3)
            for count in 4..<file.count {
                #expect(throws: OfflineCodeError.damagedPicture) {
                    try CodeReader().read(Array(file.prefix(count)))
                }
            }
        }

        @Test func neverReadsAWrongTextFromADamagedPNG() throws {
            let file = try CodeWriter(text: "x").png(modulePixelCount: 3)
            for index in 8..<file.count {
                var damaged = file
                damaged[index] ^= 0x10
                #expect(throws: OfflineCodeError.self) { try CodeReader().read(damaged) }
            }
        }

        @Test func refusesAJPEGThatEndsAnywhere() throws {
            let image = try CodeWriter(text: "x").matrix.picture(modulePixelCount: 2)
            let file = try TestJPEG.encode(image, quality: 40)
            for count in 3..<(file.count - 2) {
                #expect(throws: OfflineCodeError.damagedPicture) {
                    try CodeReader().read(Array(file.prefix(count)))
                }
            }
        }

        @Test func neverReadsAWrongTextFromADamagedJPEG() throws {
            let image = try CodeWriter(text: "x").matrix.picture(modulePixelCount: 2)
            let file = try TestJPEG.encode(image, quality: 40)
            for index in 3..<file.count {
                var damaged = file
                damaged[index] ^= 0x24
                if let found = try? CodeReader().read(damaged) { #expect(found.text == "x") }
            }
        }

        @Test(arguments: [(12_001, 1), (1, 12_001), (8_000, 5_001), (0x7FFF_FFFF, 0x7FFF_FFFF)])
        func refusesTooManyPixelsBeforeUnpacking(width: Int, height: Int) throws {
            let file =
                TestPNG.signature + TestPNG.header(width, height, depth: 8, colour: 0)
                + PNGWriter.chunk("IDAT", Zlib.compressed([0, 0]))
            #expect(
                throws: OfflineCodeError.pictureTooLarge(
                    width: width, height: height, sideLimit: 12_000, pixelLimit: 40_000_000)
            ) { try CodeReader().read(file) }
        }

        @Test(arguments: [(0, 0), (0, 5), (5, 0), (0xFFFF_FFFF, 1)])
        func refusesImpossibleSizes(width: Int, height: Int) throws {
            let file =
                TestPNG.signature + TestPNG.header(width, height, depth: 8, colour: 0)
                + PNGWriter.chunk("IDAT", Zlib.compressed([0, 0])) + PNGWriter.chunk("IEND", [])
            #expect(throws: OfflineCodeError.damagedPicture) { try CodeReader().read(file) }
        }

        @Test func refusesAJPEGHeaderWithTooManyPixels() throws {
            var file = try TestJPEG.encode(try self.image(), quality: 40)
            let start = try #require(
                file.indices.dropLast(9).first { file[$0] == 0xFF && file[$0 + 1] == 0xC0 })
            file.replaceSubrange((start + 5)..<(start + 9), with: [0xFF, 0x00, 0xFF, 0x00])
            #expect(
                throws: OfflineCodeError.pictureTooLarge(
                    width: 65_280, height: 65_280, sideLimit: 12_000, pixelLimit: 40_000_000)
            ) { try CodeReader().read(file) }
        }

        @Test func refusesAJPEGOfTooManyScans() throws {
            let image = LumaImage(width: 4_000, height: 3_000) { _ in }
            var file = try TestJPEG.encode(image, quality: 10, isProgressive: true)
            let scan = try #require(
                file.indices.dropLast().last { file[$0] == 0xFF && file[$0 + 1] == 0xDA })
            let last = Array(file[scan..<(file.count - 2)])
            file.removeLast(2)
            for _ in 0..<100 { file += last }
            #expect(throws: OfflineCodeError.pictureTooCostly(width: 4_000, height: 3_000)) {
                try CodeReader().read(file + [0xFF, 0xD9])
            }
        }

        /// Eight bytes a pixel.
        @Test func refusesAPNGThatUnpacksToTooMuch() throws {
            let file =
                TestPNG.signature + TestPNG.header(6_000, 6_000, depth: 16, colour: 6)
                + PNGWriter.chunk("IDAT", Zlib.compressed([0, 0]))
            #expect(throws: OfflineCodeError.pictureTooCostly(width: 6_000, height: 6_000)) {
                try CodeReader().read(file)
            }
        }

        /// 38 kB that unpack to 40 megapixels of nothing.
        @Test func findsNothingInABomb() throws {
            let (width, height) = (10_000, 4_000)
            let rows = [UInt8](repeating: 0, count: (width / 8 + 1) * height)
            let file = TestPNG.file(width: width, height: height, depth: 1, colour: 0, rows: rows)
            #expect(throws: OfflineCodeError.noCode(width: width, height: height)) {
                try CodeReader().read(file)
            }
        }

        @Test func refusesAFileOverTheLimit() {
            let byteCount = (32 << 20) + 1
            #expect(
                throws: OfflineCodeError.fileTooLarge(byteCount: byteCount, limit: 32 << 20)
            ) { try CodeReader().read([UInt8](repeating: 0x61, count: byteCount)) }
        }
    }
#endif
