// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit

@testable import Entanglement

/// Hellos at a node with one peer: as they come, and with a tag of the peer put into them.
struct HelloHarness: Sendable {
    static let shared = HelloHarness()

    private let pair: Pair
    private let keys: HelloKeys

    init() {
        var pair = Pair(seed: 44, primitives: StandInPrimitives()) {
            $0.helloPorts = HelloPorts(ipv4: 41_414, ipv6: 41_414)
        }
        for side in Pair.Side.allCases {
            pair.act(side) { $0.handle(.localNetwork(true), now: $1, sent: &$2) }
        }
        guard pair.meet() != nil, let keys = pair.relation(.bob)?.keys else {
            preconditionFailure("a meeting")
        }
        pair.run(for: .seconds(20))
        self.keys = HelloKeys(keys, StandInPrimitives())
        self.pair = pair
    }

    /// What is read is written again as the same bytes; a stranger's changes nothing; who sends a
    /// peer's gets no more bytes than it sent.
    func run(_ input: [UInt8]) {
        if let hello = Hello(input) { precondition(hello.bytes == input, "reads its own writing") }
        self.feed(input)
        guard input.count >= 32 else { return }
        var hello = Hello(
            nonce: Array(input[..<16]),
            ports: HelloPorts(
                ipv4: UInt16(input[16]) << 8 | UInt16(input[17]),
                ipv6: UInt16(input[18]) << 8 | UInt16(input[19])),
            tags: (0..<64).map { UInt64(input[20 + $0 % 12]) << 32 | UInt64($0) })
        if input[20] & 0x40 == 0 {
            hello.tags[Int(input[20] % 64)] = hello.tag(self.keys.peer, StandInPrimitives())
        }
        self.feed(hello.bytes)
    }

    private func feed(_ bytes: [UInt8]) {
        var pair = self.pair
        let isIPv6 = bytes.last.map { $0 & 1 == 1 } ?? false
        let source = Endpoint(
            address: isIPv6 ? .v6(0xfe80 << 48, 9) : .v4(0x0a06_0606), port: Hello.port)
        let count = pair.log.count
        pair.act(.bob) { $0.handle(.hello(bytes, from: source), now: $1, sent: &$2) }
        let answered = pair.log.dropFirst(count).filter { $0.to.address == source.address }
        precondition(
            answered.reduce(0) { $0 + $1.bytes.count } <= bytes.count,
            "no more bytes than came")
    }

    var seeds: [[UInt8]] {
        let hellos = self.pair.log.filter { $0.to.port == Hello.port }.map(\.bytes)
        return hellos + [
            Array(hellos.first?.prefix(200) ?? []), [UInt8](repeating: 0x73, count: 540),
            Array((0..<40).map { UInt8($0) }),
        ]
    }
}
