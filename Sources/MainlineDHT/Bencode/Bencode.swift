// SPDX-License-Identifier: Apache-2.0

/// A value as BitTorrent writes it (BEP 3).
///
/// One value has one encoding, and only that one is read: no leading zeros, no minus zero, keys in
/// the order of their bytes and none twice. So what was signed is what a value is written as.
public indirect enum Bencode: Sendable, Equatable {
    /// `i-3e`; other programs may write longer numbers, which are refused.
    case integer(Int64)
    /// `4:spam`: any bytes.
    case bytes([UInt8])
    /// `l4:spam4:eggse`.
    case list([Bencode])
    /// `d3:cow3:mooe`.
    case dictionary(BencodeDictionary)

    /// The one encoding.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        self.append(to: &bytes)
        return bytes
    }

    /// The bytes of that ASCII text.
    public static func text(_ text: String) -> Bencode {
        .bytes(Array(text.utf8))
    }

    private func append(to bytes: inout [UInt8]) {
        switch self {
        case .integer(let number):
            bytes += Array("i\(number)e".utf8)
        case .bytes(let content):
            bytes += Array("\(content.count):".utf8) + content
        case .list(let values):
            bytes.append(UInt8(ascii: "l"))
            for value in values { value.append(to: &bytes) }
            bytes.append(UInt8(ascii: "e"))
        case .dictionary(let dictionary):
            bytes.append(UInt8(ascii: "d"))
            for entry in dictionary.entries {
                Bencode.bytes(entry.key).append(to: &bytes)
                entry.value.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "e"))
        }
    }
}

extension Bencode {
    /// The number, if it is one.
    public var integer: Int64? {
        guard case .integer(let number) = self else { return nil }
        return number
    }

    /// The bytes, if it is a byte string.
    public var bytes: [UInt8]? {
        guard case .bytes(let bytes) = self else { return nil }
        return bytes
    }

    /// The values, if it is a list.
    public var list: [Bencode]? {
        guard case .list(let values) = self else { return nil }
        return values
    }

    /// The dictionary, if it is one.
    public var dictionary: BencodeDictionary? {
        guard case .dictionary(let dictionary) = self else { return nil }
        return dictionary
    }
}

/// A dictionary of bencode: keys are byte strings, each once, in the order of their bytes.
public struct BencodeDictionary: Sendable, Equatable {
    /// A key with its value.
    public struct Entry: Sendable, Equatable {
        /// Any bytes; ASCII words in KRPC.
        public let key: [UInt8]
        /// What stands under the key.
        public let value: Bencode
    }

    /// In the order of the keys.
    public private(set) var entries: [Entry] = []

    /// An empty dictionary.
    public init() {}

    /// The value under a key of ASCII text.
    ///
    /// Setting takes the place of a former value, or takes that away.
    public subscript(key: String) -> Bencode? {
        get {
            let key = Array(key.utf8)
            return self.entries.first { $0.key == key }?.value
        }
        set {
            let key = Array(key.utf8)
            let place =
                self.entries.firstIndex { !$0.key.lexicographicallyPrecedes(key) }
                ?? self.entries.endIndex
            let isThere = place < self.entries.endIndex && self.entries[place].key == key
            if isThere { self.entries.remove(at: place) }
            if let newValue {
                self.entries.insert(Entry(key: key, value: newValue), at: place)
            }
        }
    }

    /// Appends what was read; false when the key is not behind all others.
    mutating func append(_ key: [UInt8], _ value: Bencode) -> Bool {
        if let last = self.entries.last, !last.key.lexicographicallyPrecedes(key) { return false }
        self.entries.append(Entry(key: key, value: value))
        return true
    }
}
