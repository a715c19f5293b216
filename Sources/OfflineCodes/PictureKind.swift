// SPDX-License-Identifier: Apache-2.0

#if QR && os(Linux)
    import CPictureShim
#endif

/// The kinds of pictures that are decoded.
enum PictureKind: Sendable {
    case png, jpeg

    /// Looks at the first bytes; nil for anything else.
    init?(of bytes: [UInt8]) {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
            self = .png
        } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else {
            return nil
        }
    }

    /// Decodes to grey on white; sizes are checked before pixels are unpacked.
    func decode(_ bytes: [UInt8]) throws(OfflineCodeError) -> LumaImage {
        #if QR && os(Linux)
            let work = self == .png ? Limits.pngByteCount : Limits.jpegScanPixelCount
            let limits = cps_limits(
                side: UInt32(Limits.pictureSide), pixels: UInt64(Limits.picturePixelCount),
                work: UInt64(work))
            var picture = cps_picture()
            defer { cps_free(&picture) }
            let verdict =
                switch self {
                case .png: cps_read_png(bytes, bytes.count, limits, &picture)
                case .jpeg: cps_read_jpeg(bytes, bytes.count, limits, &picture)
                }
            let (width, height) = (Int(picture.width), Int(picture.height))
            switch Int(verdict) {
            case CPS_OK: break
            case CPS_TOO_LARGE where Self.isWithinLimits(width, height):
                throw .pictureTooCostly(width: width, height: height)
            case CPS_TOO_LARGE:
                throw .pictureTooLarge(
                    width: width, height: height, sideLimit: Limits.pictureSide,
                    pixelLimit: Limits.picturePixelCount)
            case CPS_OUT_OF_MEMORY: throw .outOfMemory
            default: throw .damagedPicture
            }
            let pixels = UnsafeBufferPointer(start: picture.luma, count: width * height)
            return LumaImage(width: width, height: height, pixels: Array(pixels))
        #else
            throw .builtWithoutQR
        #endif
    }

    private static func isWithinLimits(_ width: Int, _ height: Int) -> Bool {
        max(width, height) <= Limits.pictureSide && width * height <= Limits.picturePixelCount
    }
}
