// SPDX-License-Identifier: Apache-2.0

/// Shows one text as a QR code or puts it into an NDEF message.
public struct CodeWriter: Sendable {
    /// The media type of our NDEF records.
    public static let mimeType = "application/vnd.spockex+json"

    /// The text as given.
    public let text: String
    /// Its QR code: error correction M, the smallest version that holds the text.
    public let matrix: QRMatrix

    /// Checks the text and makes its QR code.
    ///
    /// Throws for what `CodeReader` would refuse, for a text over the capacity of a QR code
    /// (2,331 bytes, more for digits and capitals), and in a build without the trait `QR`.
    public init(text: String) throws(OfflineCodeError) {
        _ = try CleanText(Array(text.utf8))
        self.text = text
        self.matrix = try QRMatrix(encoding: text)
    }

    /// The code in half blocks for a terminal, with quiet zone; see `QRMatrix.terminal(colour:)`.
    public func terminal(colour: Bool) -> String {
        self.matrix.terminal(colour: colour)
    }

    /// The code as a PNG in black and white, with quiet zone; 1 to 64 pixels a module.
    public func png(modulePixelCount: Int = 8) throws(OfflineCodeError) -> [UInt8] {
        try self.matrix.png(modulePixelCount: modulePixelCount)
    }

    /// The code as an SVG document, with quiet zone.
    public func svg() -> String {
        self.matrix.svg()
    }

    /// The text in an NDEF message of one media record.
    public func ndef(mimeType: String = CodeWriter.mimeType) -> [UInt8] {
        NDEFMessage([NDEFRecord(mimeType: mimeType, payload: Array(self.text.utf8))]).bytes
    }
}
