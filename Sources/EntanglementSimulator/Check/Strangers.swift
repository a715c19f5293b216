// SPDX-License-Identifier: Apache-2.0

/// What nobody of one cluster may hold of the members of the other: ids, keys, and names of those who did not
/// agree; looked for in one pass.
struct Strangers: Sendable {
    private struct Trait {
        var host: HostID
        var bytes: [UInt8]
    }

    private var traits: [Trait] = []
    /// A bit for each first two bytes of a trait.
    private var beginnings = [UInt64](repeating: 0, count: 1 << 10)

    /// Adds what shows that somebody is that host; at least two bytes.
    mutating func add(_ bytes: [UInt8], of host: HostID) {
        precondition(bytes.count >= 2, "one byte is in everything")
        self.traits.append(Trait(host: host, bytes: bytes))
        let beginning = Self.beginning(bytes[0], bytes[1])
        self.beginnings[beginning >> 6] |= 1 << UInt64(beginning & 63)
    }

    /// Hosts of whom something is in these bytes, each once.
    func hosts(in bytes: [UInt8]) -> [HostID] {
        var hosts: [HostID] = []
        bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            while start &+ 1 < bytes.count {
                let beginning = Self.beginning(bytes[start], bytes[start &+ 1])
                if self.beginnings[beginning >> 6] & 1 << UInt64(beginning & 63) != 0 {
                    for trait in self.traits
                    where !hosts.contains(trait.host) && bytes[start...].starts(with: trait.bytes) {
                        hosts.append(trait.host)
                    }
                }
                start &+= 1
            }
        }
        return hosts
    }

    private static func beginning(_ first: UInt8, _ second: UInt8) -> Int {
        Int(first) << 8 | Int(second)
    }
}
