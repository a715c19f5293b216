// SPDX-License-Identifier: Apache-2.0

/// Why a code was not read or not written.
///
/// Cases carry numbers only, never a part of what was read.
public enum OfflineCodeError: Error, Equatable, Sendable {
    case empty
    case fileTooLarge(byteCount: Int, limit: Int)
    case textTooLong(byteCount: Int, limit: Int)
    /// The text does not fit into the largest QR code.
    case tooLongForQR(byteCount: Int)
    case notUTF8(offset: Int)
    case controlCharacter(offset: Int, scalar: UInt32)
    case bidirectionalCharacter(offset: Int, scalar: UInt32)
    case damagedPicture
    case pictureTooLarge(width: Int, height: Int, sideLimit: Int, pixelLimit: Int)
    /// The size is within the limits, but unpacking would cost too much.
    case pictureTooCostly(width: Int, height: Int)
    /// A kind of picture that we do not decode, like HEIC or GIF.
    case unsupportedPicture
    case noCode(width: Int, height: Int)
    case severalCodes(count: Int)
    case partOfSequence
    /// So many marks look like corners of a code that trying them all would take too long.
    case tooManyMarks(count: Int)
    case damagedNDEF(NDEFError)
    case noTextRecord(recordCount: Int)
    case modulePixelCount(Int, least: Int, most: Int)
    case outOfMemory
    /// This build has no QR libraries.
    case builtWithoutQR

    /// What went wrong, in one sentence.
    public var sentence: String {
        switch self {
        case .empty: "There is nothing in it."
        case .fileTooLarge(let byteCount, let limit):
            "The file has \(byteCount) bytes; at most \(limit) are read."
        case .textTooLong(let byteCount, let limit):
            "The text has \(byteCount) bytes; at most \(limit) are read."
        case .tooLongForQR(let byteCount):
            "A text of \(byteCount) bytes does not fit into a QR code."
        case .notUTF8(let offset): "The text is not UTF-8 from byte \(offset) on."
        case .controlCharacter(let offset, let scalar):
            "The text has a control character (\(Self.name(scalar))) at byte \(offset)."
        case .bidirectionalCharacter(let offset, let scalar):
            "The text has a character (\(Self.name(scalar))) at byte \(offset) that turns the "
                + "direction of writing and can disguise it."
        case .damagedPicture: "The picture is damaged or cut short."
        case .pictureTooLarge(let width, let height, let sideLimit, let pixelLimit):
            "The picture has \(width) x \(height) pixels; at most \(sideLimit) a side and "
                + "\(pixelLimit) in all are read."
        case .pictureTooCostly(let width, let height):
            "The picture of \(width) x \(height) pixels would take too long to unpack."
        case .unsupportedPicture: "This kind of picture is not read."
        case .noCode(let width, let height):
            "There is no readable QR code in the picture of \(width) x \(height) pixels."
        case .severalCodes(let count): "There are \(count) different codes in it."
        case .partOfSequence: "The QR code is one part of a sequence, not a whole text."
        case .tooManyMarks(let count):
            "The picture shows \(count) marks that look like corners of a QR code, too many to try."
        case .damagedNDEF(let error): "The NDEF message is damaged: \(error.sentence)"
        case .noTextRecord(let recordCount):
            "None of the \(recordCount) NDEF records holds a text."
        case .modulePixelCount(let count, let least, let most):
            "A module cannot be \(count) pixels wide, only \(least) to \(most)."
        case .outOfMemory: "There is not enough memory for the picture."
        case .builtWithoutQR: "This build cannot read or make QR codes."
        }
    }

    /// What to do next, in one sentence.
    public var hint: String {
        switch self {
        case .empty: "Check that the right file was given."
        case .fileTooLarge: "Take the picture at a lower resolution or cut out the code."
        case .textTooLong, .tooLongForQR: "Give a single offer or answer, nothing around it."
        case .notUTF8, .controlCharacter, .bidirectionalCharacter:
            "Ask for a new code, and use it only if you know where it comes from."
        case .damagedPicture: "Save or send the picture again."
        case .pictureTooLarge, .pictureTooCostly, .outOfMemory:
            "Make the picture smaller, or cut out the code, and try again."
        case .unsupportedPicture: "Convert it to PNG or JPEG, or take a screenshot."
        case .noCode:
            "Take it again: the whole code with its white border, near, sharp and evenly lit."
        case .severalCodes: "Cut out the one code that you mean."
        case .partOfSequence: "Ask for one code that holds the whole text."
        case .tooManyMarks: "Take a picture that shows nothing but the code."
        case .damagedNDEF: "Hold the tag still and read it again."
        case .noTextRecord: "Check that the right tag was read."
        case .modulePixelCount: "Choose a width within that range."
        case .builtWithoutQR:
            "Pass the text itself or an NDEF message, or use a build with the trait QR."
        }
    }

    private static func name(_ scalar: UInt32) -> String {
        let digits = String(scalar, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
