// SPDX-License-Identifier: Apache-2.0

/// Why a scanned text is neither an offer nor an answer of this version.
public enum CodeTextError: Error, Equatable, Sendable {
    /// Longer than any code of ours.
    case tooLong(byteCount: Int, limit: Int)
    /// Does not begin as our codes do.
    case notOurs
    /// A code of another version of the protocol.
    case unsupportedVersion(UInt64)
    /// Begins as ours and breaks the grammar at this byte: wrong order, doubled keys, white space,
    /// escapes, values out of range.
    case malformed(offset: Int)
    /// An address in `host` is not written canonically or cannot be sent to.
    case badHost(offset: Int)

    /// One sentence for people.
    public var sentence: String {
        switch self {
        case .tooLong(let byteCount, let limit):
            "The code has \(byteCount) bytes; SpockEx codes have at most \(limit)."
        case .notOurs: "This is not a SpockEx code."
        case .unsupportedVersion(let version):
            "The code is of protocol version \(version); this program speaks version 1."
        case .malformed(let offset):
            "The code is damaged or was changed: it breaks the format at byte \(offset)."
        case .badHost(let offset):
            "The code names an address that cannot be used, at byte \(offset)."
        }
    }
}
