// SPDX-License-Identifier: Apache-2.0

/// Ports 1024 to 65535 in an order of its own, each once before any comes again.
struct PortScan: Sendable, Equatable {
    private static let count: UInt32 = 64_512
    private let step: UInt32
    private var position: UInt32

    /// An order drawn from the generator: whoever does not know its state cannot tell the ports.
    init(using generator: inout some RandomNumberGenerator) {
        // 64,512 is 2^10 · 3^2 · 7: a step without these factors meets every port.
        var step: UInt32 = 2
        while step % 2 == 0 || step % 3 == 0 || step % 7 == 0 {
            step = UInt32.random(in: 1_025...(Self.count - 1_025), using: &generator)
        }
        self.step = step
        self.position = UInt32.random(in: 0..<Self.count, using: &generator)
    }

    /// The next port.
    mutating func next() -> UInt16 {
        self.position = (self.position + self.step) % Self.count
        return UInt16(1_024 + self.position)
    }

    /// What decides the rest of the order, for comparing states in tests.
    var fingerprint: UInt64 { UInt64(self.step) << 32 | UInt64(self.position) }
}
