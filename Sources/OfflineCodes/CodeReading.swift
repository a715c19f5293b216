// SPDX-License-Identifier: Apache-2.0

#if QR && os(Linux)
    import CPictureShim
    import CZBar
#endif

/// One code as a reader found it.
struct ReadCode: Sendable, Equatable {
    let bytes: [UInt8]
    let isPartOfSequence: Bool
}

/// The two libraries that find codes.
enum CodeReading: Sendable {
    /// zxing-cpp: good at tilt and noise, wants sharp edges, dark on light.
    case zxing
    /// ZBar: good at blur and few pixels, weak at tilt; takes light on dark too.
    case zbar

    /// What a pixel cost before the search, in units of 5 ns (measured, as all weights).
    static let decodingWeight = 2
    /// What a pixel of a variant costs before a reader gets it.
    ///
    /// That is to make it, set the threshold and count the marks. The steps of the count come on
    /// top, a unit each.
    static let preparationWeight = 2

    /// What a pixel costs a reader.
    var weight: Int {
        switch self {
        case .zxing: 1
        case .zbar: 13
        }
    }

    /// What a step of the count of marks costs a reader, who goes the same ways.
    ///
    /// Stripes are the worst: 1.2 steps a pixel, for which zxing-cpp takes 60 ns in a picture of
    /// 12,000 columns.
    var stepWeight: Int {
        switch self {
        case .zxing: 10
        case .zbar: 0
        }
    }

    /// What the third power of the number of marks costs in the same units.
    ///
    /// Measured: zxing-cpp takes 964 ms for 391 marks. ZBar takes up to 100 us for a triple; the
    /// 8,192 failures it allows itself, twice for inverted pictures, would be over a second.
    var tripleWeight: Int {
        switch self {
        case .zxing: 3
        case .zbar: 3_300
        }
    }
}

#if QR && os(Linux)
    /// zxing-cpp on a picture in black and white.
    func readWithZXing(_ map: DarkMap) -> [ReadCode] {
        var codes: [ReadCode] = []
        withUnsafeMutablePointer(to: &codes) { codes in
            _ = cps_find_codes(
                map.image.pixels, Int32(map.image.width), Int32(map.image.height),
                Int32(Limits.codesPerPass), codes
            ) { context, bytes, count, part in
                let bytes = UnsafeBufferPointer(start: bytes, count: count)
                context?.assumingMemoryBound(to: [ReadCode].self).pointee.append(
                    ReadCode(bytes: Array(bytes), isPartOfSequence: part != 0))
            }
        }
        return codes
    }

    /// ZBar on a grey picture: QR codes only, bytes as they are, also light on dark.
    func readWithZBar(_ picture: LumaImage) -> [ReadCode] {
        guard let scanner = zbar_image_scanner_create() else { return [] }
        defer { zbar_image_scanner_destroy(scanner) }
        zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0)
        zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1)
        // Without it the library guesses an encoding and changes the bytes.
        zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1)
        zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_TEST_INVERTED, 1)
        guard let image = zbar_image_create() else { return [] }
        defer { zbar_image_destroy(image) }
        // "Y800", grey.
        zbar_image_set_format(image, 0x3030_3859)
        zbar_image_set_size(image, UInt32(picture.width), UInt32(picture.height))
        return picture.pixels.withUnsafeBytes { pixels in
            zbar_image_set_data(image, pixels.baseAddress, UInt(pixels.count), nil)
            defer { zbar_image_set_data(image, nil, 0, nil) }
            guard zbar_scan_image(scanner, image) > 0 else { return [] }
            return zbarSymbols(in: image)
        }
    }

    private func zbarSymbols(in image: OpaquePointer) -> [ReadCode] {
        var codes: [ReadCode] = []
        var next = zbar_image_first_symbol(image)
        while let symbol = next {
            let count = Int(zbar_symbol_get_data_length(symbol))
            if let data = zbar_symbol_get_data(symbol) {
                // A structured append is a composite of its parts, with a gap or without.
                let isPart =
                    zbar_symbol_get_components(symbol) != nil
                    || zbar_symbol_get_type(symbol) != ZBAR_QRCODE
                let bytes = UnsafeRawBufferPointer(start: data, count: count)
                codes.append(ReadCode(bytes: Array(bytes), isPartOfSequence: isPart))
            }
            next = zbar_symbol_next(symbol)
        }
        return codes
    }
#endif
