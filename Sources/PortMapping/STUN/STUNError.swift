// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not a STUN message.
///
/// All of them have one fate: the datagram is dropped and counted.
public enum STUNError: Error, Equatable, Sendable {
    /// Fewer than the 20 bytes of a header, or more than ``STUNMessage/byteCountLimit``.
    case badByteCount(Int)
    /// The first two bits are not zero, or the magic cookie is not there.
    case notSTUN
    /// The length field does not fit the datagram, or is no multiple of four.
    case badLength(Int)
    /// An attribute ends after the message, or its content has not the form of its type.
    case badAttribute(type: UInt16)
    /// FINGERPRINT is wrong, not last, or missing although it was demanded.
    case badFingerprint
}
