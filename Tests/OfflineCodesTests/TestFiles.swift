// SPDX-License-Identifier: Apache-2.0
@testable import OfflineCodes

#if QR && os(Linux)
    import CQREncode
    import CTurboJPEG
#endif

/// PNG files of every form that the format knows.
enum TestPNG {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    static func grey(_ image: LumaImage) -> [UInt8] {
        var rows: [UInt8] = []
        rows.reserveCapacity(image.pixels.count + image.height)
        for y in 0..<image.height {
            rows.append(0)
            rows += image.pixels[(y * image.width)..<((y + 1) * image.width)]
        }
        return self.signature + self.header(image.width, image.height, depth: 8, colour: 0)
            + PNGWriter.chunk("IDAT", Zlib.stored(rows)) + PNGWriter.chunk("IEND", [])
    }

    /// Rows with filter byte 0; each grey value becomes the bytes of a pixel.
    static func rows(of image: LumaImage, _ pixel: (UInt8) -> [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        for y in 0..<image.height {
            bytes.append(0)
            for x in 0..<image.width { bytes += pixel(image.pixels[y * image.width + x]) }
        }
        return bytes
    }

    static func file(
        width: Int, height: Int, depth: UInt8, colour: UInt8, interlace: UInt8 = 0,
        before: [UInt8] = [], rows: [UInt8]
    ) -> [UInt8] {
        self.signature
            + self.header(width, height, depth: depth, colour: colour, interlace: interlace)
            + before + PNGWriter.chunk("IDAT", Zlib.compressed(rows))
            + PNGWriter.chunk("IEND", [])
    }

    static func header(
        _ width: Int, _ height: Int, depth: UInt8, colour: UInt8, interlace: UInt8 = 0
    ) -> [UInt8] {
        PNGWriter.chunk(
            "IHDR", self.number(width) + self.number(height) + [depth, colour, 0, 0, interlace])
    }

    static func number(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}

extension Zlib {
    /// A stream without compression, quick to make.
    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = [0x78, 0x01]
        for start in stride(from: 0, to: bytes.count, by: 65_535) {
            let end = min(bytes.count, start + 65_535)
            let (count, isLast) = (UInt16(end - start), end == bytes.count)
            result += [isLast ? 1 : 0]
            for word in [count, ~count] { result += [UInt8(word & 0xFF), UInt8(word >> 8)] }
            result += bytes[start..<end]
        }
        let sum = self.adler32(bytes)
        return result + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> UInt32($0)) }
    }
}

struct JPEGFailure: Error {}

enum TestJPEG {
    /// A real JPEG by libjpeg-turbo.
    static func encode(
        _ image: LumaImage, quality: Int, isProgressive: Bool = false
    ) throws -> [UInt8] {
        #if QR && os(Linux)
            guard let handle = tjInitCompress() else { throw JPEGFailure() }
            defer { tjDestroy(handle) }
            var bytes: UnsafeMutablePointer<UInt8>?
            var count: UInt = 0
            let verdict = tjCompress2(
                handle, image.pixels, Int32(image.width), 0, Int32(image.height),
                Int32(TJPF_GRAY.rawValue), &bytes, &count, Int32(TJSAMP_GRAY.rawValue),
                Int32(quality), isProgressive ? TJFLAG_PROGRESSIVE : 0)
            defer { tjFree(bytes) }
            guard verdict == 0 else { throw JPEGFailure() }
            return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
        #else
            throw JPEGFailure()
        #endif
    }
}

#if QR && os(Linux)
    /// The codes of a structured append: a text over several codes.
    func sequenceOfCodes(_ text: String, version: Int32) -> [QRMatrix] {
        let list = QRcode_encodeStringStructured(text, version, QR_ECLEVEL_M, QR_MODE_8, 1)
        defer { QRcode_List_free(list) }
        var matrices: [QRMatrix] = []
        var entry = list
        while let current = entry {
            if let code = current.pointee.code {
                let side = Int(code.pointee.width)
                let data = UnsafeBufferPointer(start: code.pointee.data, count: side * side)
                if let matrix = QRMatrix(side: side, modules: data.map { $0 & 1 == 1 }) {
                    matrices.append(matrix)
                }
            }
            entry = current.pointee.next
        }
        return matrices
    }

    /// Any bytes as a code, as a hostile maker would make it.
    func matrix(of bytes: [UInt8]) -> QRMatrix? {
        guard let code = QRcode_encodeData(Int32(bytes.count), bytes, 0, QR_ECLEVEL_M) else {
            return nil
        }
        defer { QRcode_free(code) }
        let side = Int(code.pointee.width)
        let data = UnsafeBufferPointer(start: code.pointee.data, count: side * side)
        return QRMatrix(side: side, modules: data.map { $0 & 1 == 1 })
    }
#endif
