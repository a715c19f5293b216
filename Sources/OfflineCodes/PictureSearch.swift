// SPDX-License-Identifier: Apache-2.0

/// Looks for one QR code in a picture with a ladder of variants and two readers.
///
/// The first rung, which most pictures end at, always asks both readers, and the first one also
/// for an inverted code. It sees large pictures reduced; the finer ones follow always as well. So
/// a second, different code is seen. Later rungs run until one finds something or the work is used
/// up. Work is counted in pixels, steps and marks and not in time, so
/// that a result does not depend on the machine.
struct PictureSearch {
    /// What may still be spent, never below 0; see `CodeReading`.
    private(set) var workLeft: Int
    private var codes: [ReadCode] = []
    /// Marks in a variant that were too many for a reader.
    private var markCount = 0

    init(workLimit: Int) {
        self.workLeft = workLimit
    }

    /// The bytes of the only code; several that hold the same are one.
    mutating func text(in picture: LumaImage) throws(OfflineCodeError) -> [UInt8] {
        #if QR && os(Linux)
            // A large picture has cost time before.
            self.workLeft -= min(self.workLeft, picture.pixelCount * CodeReading.decodingWeight)
            self.climb(picture)
            guard let first = self.codes.first else {
                if self.markCount > 0 { throw .tooManyMarks(count: self.markCount) }
                throw .noCode(width: picture.width, height: picture.height)
            }
            guard !self.codes.contains(where: \.isPartOfSequence) else { throw .partOfSequence }
            guard self.codes.count == 1 else { throw .severalCodes(count: self.codes.count) }
            return first.bytes
        #else
            throw .builtWithoutQR
        #endif
    }
}

#if QR && os(Linux)
    extension PictureSearch {
        /// Pixels of the picture that the first rungs see; larger ones are reduced.
        private static let basePixelCount = 1_200_000
        /// Pixels up to which a picture is doubled.
        private static let doubledPixelCount = 700_000
        /// Pixels of reduced pictures that a later rung looks at.
        private static let finePixelCount = 16_000_000

        private mutating func climb(_ picture: LumaImage) {
            let factor = Self.factor(for: picture, pixelCount: Self.basePixelCount)
            let base = picture.reduced(by: factor)
            self.look(at: base, [.zxing, .zbar])
            self.look(at: base.inverted, [.zxing])
            self.lookCloser(at: picture, factor: factor)
            guard self.codes.isEmpty else { return }
            if base.pixelCount <= Self.doubledPixelCount {
                self.lookAtDoubled(base)
            }
            guard self.codes.isEmpty else { return }
            self.lookAtFiltered(base)
        }

        /// Small codes in large pictures: finer steps up to the whole resolution.
        ///
        /// All of them, so that a small code which would be read alone is also seen beside a large
        /// one.
        private mutating func lookCloser(at picture: LumaImage, factor: Int) {
            var finer = factor
            while finer > 1 {
                finer /= 2
                let pixelCount = picture.width / finer * (picture.height / finer)
                guard pixelCount <= Self.finePixelCount,
                    pixelCount * CodeReading.preparationWeight <= self.workLeft
                else { return }
                self.look(at: picture.reduced(by: finer), [.zxing])
            }
        }

        private mutating func lookAtDoubled(_ base: LumaImage) {
            let doubled = base.doubled
            let rungs: [(CodeReading, () -> LumaImage)] = [
                (.zxing, { doubled }),
                (.zxing, { base.smoothed(radius: 1).doubled }),
                (.zbar, { doubled.sharpened(radius: 6, amount: 6) }),
                (.zxing, { doubled.sharpened(radius: 4, amount: 4) }),
                (.zxing, { base.inverted.smoothed(radius: 1).doubled }),
            ]
            self.run(rungs)
            if base.pixelCount * 16 <= Self.doubledPixelCount * 4 {
                self.run([(.zxing, { doubled.doubled }), (.zbar, { doubled.doubled })])
            }
        }

        private mutating func lookAtFiltered(_ base: LumaImage) {
            self.run([
                (.zbar, { base.smoothed(radius: 1) }),
                (.zxing, { base.smoothed(radius: 1) }),
                (.zxing, { base.sharpened(radius: 2, amount: 2) }),
                (.zbar, { base.sharpened(radius: 3, amount: 5) }),
                (.zxing, { base.reduced(by: 2) }),
                (.zbar, { base.reduced(by: 2) }),
                (.zxing, { base.reduced(by: 3).inverted }),
                (.zxing, { base.smoothed(radius: 3) }),
            ])
        }

        private mutating func run(_ rungs: [(CodeReading, () -> LumaImage)]) {
            for (reader, picture) in rungs where self.codes.isEmpty && self.workLeft > 0 {
                self.look(at: picture(), [reader])
            }
        }

        private mutating func look(at picture: LumaImage, _ readers: [CodeReading]) {
            let cost = picture.pixelCount * CodeReading.preparationWeight
            guard cost <= self.workLeft else {
                // So that the next variants are not made in vain.
                self.workLeft = 0
                return
            }
            self.workLeft -= cost
            let map = DarkMap(picture)
            let marks = MarkCount(in: map, limit: Limits.markCount, stepLimit: self.workLeft)
            self.workLeft -= min(self.workLeft, marks.stepCount)
            for reader in readers {
                self.read(picture, map, with: reader, marks: marks)
            }
        }

        private mutating func read(
            _ picture: LumaImage, _ map: DarkMap, with reader: CodeReading, marks: MarkCount
        ) {
            let visit =
                picture.pixelCount * reader.weight + marks.stepCount * reader.stepWeight
            let count = reader == .zxing ? marks.possibleCount : marks.likelyCount
            let triples = count * count * count * reader.tripleWeight
            guard visit + triples <= self.workLeft else {
                if triples > visit { self.markCount = max(self.markCount, count) }
                return
            }
            self.workLeft -= visit + triples
            let found =
                switch reader {
                case .zxing: readWithZXing(map)
                case .zbar: readWithZBar(picture)
                }
            for code in found where !self.codes.contains(code) { self.codes.append(code) }
        }

        /// The least whole factor that brings the picture down to so many pixels.
        private static func factor(for picture: LumaImage, pixelCount: Int) -> Int {
            var factor = 1
            while picture.pixelCount / (factor * factor) > pixelCount { factor += 1 }
            return factor
        }
    }
#endif
