// SPDX-License-Identifier: Apache-2.0

#if QR && os(Linux)
    import CQREncode
#endif

extension QRMatrix {
    /// Encodes UTF-8 with error correction M in the smallest version that holds it.
    init(encoding text: String) throws(OfflineCodeError) {
        #if QR && os(Linux)
            // The hint for 8 bit data keeps the library from taking bytes for Kanji.
            let code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1)
            guard let code else { throw .tooLongForQR(byteCount: text.utf8.count) }
            defer { QRcode_free(code) }
            let side = Int(code.pointee.width)
            let data = UnsafeBufferPointer(start: code.pointee.data, count: side * side)
            guard let matrix = QRMatrix(side: side, modules: data.map { $0 & 1 == 1 }) else {
                throw .tooLongForQR(byteCount: text.utf8.count)
            }
            self = matrix
        #else
            throw .builtWithoutQR
        #endif
    }
}
