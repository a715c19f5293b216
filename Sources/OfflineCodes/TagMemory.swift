// SPDX-License-Identifier: Apache-2.0

/// The memory of an NFC tag as readers dump it: blocks of `tag (1) · length (1 or 3) · value`.
///
/// Types 1 and 2 of the NFC Forum (Type 2 Tag §2.3): 0x00 fills, 0x01 and 0x02 describe the
/// memory, 0x03 holds the NDEF message, 0xFD is the maker's, 0xFE ends. A dump may begin with the
/// capability container (0xE1) or with the twelve bytes before it.
enum TagMemory {
    /// The first NDEF message that is not empty, or nil if the bytes are no such dump.
    static func message(in bytes: [UInt8]) -> [UInt8]? {
        guard let first = bytes.first else { return nil }
        if first <= 0x03, let message = self.message(in: bytes, from: 0) { return message }
        if first == 0xE1, let message = self.message(in: bytes, from: 4) { return message }
        guard bytes.count > 16, bytes[12] == 0xE1 else { return nil }
        return self.message(in: bytes, from: 16)
    }

    private static func message(in bytes: [UInt8], from start: Int) -> [UInt8]? {
        var offset = start
        while offset < bytes.count {
            let tag = bytes[offset]
            offset += 1
            if tag == 0x00 { continue }
            guard [0x01, 0x02, 0x03, 0xFD].contains(tag), offset < bytes.count else { return nil }
            var count = Int(bytes[offset])
            offset += 1
            if count == 0xFF {
                guard offset + 2 <= bytes.count else { return nil }
                count = Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
                offset += 2
            }
            guard count <= bytes.count - offset else { return nil }
            if tag == 0x03, count > 0 { return Array(bytes[offset..<(offset + count)]) }
            offset += count
        }
        return nil
    }
}
