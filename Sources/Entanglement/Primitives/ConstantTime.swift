// SPDX-License-Identifier: Apache-2.0

/// Whether two byte strings are equal, in a time that depends on their lengths alone.
///
/// For MACs and tokens, where the place of the first difference must not show.
package func isEqualConstantTime(
    _ left: some Collection<UInt8>, _ right: some Collection<UInt8>
) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (one, other) in zip(left, right) { difference |= one ^ other }
    return difference == 0
}

/// Whether every byte is zero, in a time that depends on the length alone.
func isAllZeroConstantTime(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var folded: UInt8 = 0
    for byte in bytes { folded |= byte }
    return folded == 0
}
