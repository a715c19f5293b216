// SPDX-License-Identifier: Apache-2.0
import Foundation

/// SplitMix64: the same numbers on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var value = self.state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func uniform(_ lower: Float, _ upper: Float) -> Float {
        lower + (upper - lower) * Float(self.next() >> 40) / Float(1 << 24)
    }

    /// Nearly normal with deviation 1: the sum of eight uniform bytes.
    mutating func normal() -> Float {
        var bits = self.next()
        var sum = 0
        for _ in 0..<8 {
            sum += Int(bits & 0xFF)
            bits >>= 8
        }
        return (Float(sum) - 1_020) / 209.02
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: self.next()) }
    }

    /// An offer as it is shown: 250 to 331 bytes of JSON.
    mutating func offer() -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        func text(_ count: Int, _ bytes: [UInt8]) -> String {
            String(bytes.prefix(count).map { digits[Int($0 & 63)] })
        }
        let hex = self.bytes(16).map { String(format: "%02x", $0) }.joined()
        let pid =
            [hex.prefix(8), hex.dropFirst(8).prefix(4), "4" + hex.dropFirst(13).prefix(3)]
            + ["a" + hex.dropFirst(17).prefix(3), hex.suffix(12)]
        var hosts = ["198.51.100.\(self.next() % 200 + 10):\(self.next() % 50_000 + 10_000)"]
        if self.next() % 2 == 0 { hosts.append("192.168.1.\(self.next() % 200 + 10):41414") }
        if self.next() % 4 == 0 { hosts.append("[2001:db8:85a3:8d3:1319:8a2e:370:7348]:41414") }
        let list = hosts.map { "\"\($0)\"" }.joined(separator: ",")
        return #"{"request":100,"v":1,"pid":"\#(pid.joined(separator: "-"))","host":[\#(list)],"#
            + #""key":"\#(text(43, self.bytes(43)))","salt":"\#(text(22, self.bytes(22)))","#
            + #""totalPeers":0,"exp":1795000000}"#
    }
}
