// SPDX-License-Identifier: Apache-2.0

/// Why a Noise message could not be written or read.
///
/// Whatever it is, the handshake or cipher that threw is unchanged.
package enum NoiseError: Error, Equatable {
    /// The handshake is finished, or it is the other side's turn.
    case outOfTurn
    /// The message ends before its keys and tags do.
    case tooShort(byteCount: Int)
    /// More than the 65,535 bytes of a Noise message.
    case tooLong(byteCount: Int)
    /// A tag is wrong: another key, prologue or psk, or changed bytes.
    case badSeal
    /// A Diffie-Hellman result is all zero: the other side sent a point of small order.
    case weakKey
    /// All nonces of this key are used.
    case noncesExhausted
}
