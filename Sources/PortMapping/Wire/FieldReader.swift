// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// Reads big-endian fields; `nil` where bytes are missing.
struct FieldReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        self.rest = bytes[...]
    }

    var remainingCount: Int { self.rest.count }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, self.rest.count >= count else { return nil }
        defer { self.rest = self.rest.dropFirst(count) }
        return self.rest.prefix(count)
    }

    mutating func uint8() -> UInt8? {
        self.take(1)?.first
    }

    mutating func uint16() -> UInt16? {
        self.take(2).map { $0.reduce(0) { $0 << 8 | UInt16($1) } }
    }

    mutating func uint32() -> UInt32? {
        self.take(4).map { $0.reduce(0) { $0 << 8 | UInt32($1) } }
    }

    /// Four or sixteen bytes; sixteen with the prefix `::ffff:0:0/96` are an IPv4 address.
    mutating func address(byteCount: Int) -> IPAddress? {
        self.take(byteCount).flatMap { IPAddress(bytes: $0) }
    }
}

extension [UInt8] {
    mutating func append(bigEndian value: some FixedWidthInteger & UnsignedInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { self.append(contentsOf: $0) }
    }

    /// Sixteen bytes: an IPv4 address as `::ffff:0:0/96`.
    mutating func append(address: IPAddress) {
        if !address.isIPv6 {
            self += [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
        }
        self += address.bytes
    }
}
