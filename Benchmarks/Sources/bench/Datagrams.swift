// SPDX-License-Identifier: Apache-2.0
import Crypto
import Entanglement
import EntanglementTestKit

/// What strangers cost, and what an open session's packets cost.
func benchDatagrams() {
    print("\nDatagrams at the gate of a node with one peer")
    var pair = Pair()
    guard pair.meet() != nil else { return print("the pair did not meet") }
    pair.settle()
    let opening = pair.log.first { $0.bytes.count == 512 && $0.to == Pair.bobEndpoint }
    guard let opening else { return print("no message 1 in the log") }
    var gate = pair.bob.gate
    let now = pair.now.instant
    let source = Pair.aliceEndpoint

    func cost(_ name: String, _ bytes: [UInt8]) {
        measure(name, calls: 10_000) { _ in
            bytes.withUnsafeBytes {
                _ = gate.receive($0, from: source, via: SocketID(0), now: now)
            }
        }
    }
    cost("random bytes", [UInt8](repeating: 0x55, count: 512))
    cost("512 bytes that begin like JSON", [0x7b] + [UInt8](repeating: 0x55, count: 511))
    var stranger = opening.bytes
    stranger[22] = stranger[22] == 0x30 ? 0x31 : 0x30
    cost("well-formed message 1, unknown pid", stranger)
    var forged = opening.bytes
    forged[400] = forged[400] == 0x41 ? 0x42 : 0x41
    cost("well-formed message 1, known pid, wrong MAC", forged)
    var packet = [UInt8](repeating: 0, count: 1_232)
    packet[0] = 0x81
    cost("binary packet, unknown index", packet)
    benchPackets()
}

private func benchPackets() {
    print("\nPackets of an open session through gate and back, 1,200 bytes of plaintext")
    let primitives = CryptoPrimitives()
    let key = Secret([UInt8](repeating: 9, count: 32))
    let header = [UInt8](repeating: 0, count: 16)
    let plaintext = [UInt8](repeating: 4, count: 1_200)
    let raw = SymmetricKey(data: [UInt8](repeating: 9, count: 32))
    let plainSeal = measure("ChaChaPoly.seal alone", calls: 2_000) { index in
        var nonceBytes = [UInt8](repeating: 0, count: 12)
        nonceBytes[4] = UInt8(truncatingIfNeeded: index)
        guard let nonce = try? ChaChaPoly.Nonce(data: nonceBytes) else { return }
        _ = try? ChaChaPoly.seal(plaintext, using: raw, nonce: nonce, authenticating: header)
    }
    guard let nonce = try? ChaChaPoly.Nonce(data: [UInt8](repeating: 0, count: 12)),
        let box = try? ChaChaPoly.seal(plaintext, using: raw, nonce: nonce, authenticating: header)
    else { return }
    let plainOpen = measure("ChaChaPoly.open alone", calls: 2_000) { _ in
        _ = try? ChaChaPoly.open(box, using: raw, authenticating: header)
    }
    let seal = measure("Primitives.seal", calls: 2_000) { index in
        _ = primitives.seal(plaintext, key: key, nonce: UInt64(index), associated: header)
    }
    let sealed = primitives.seal(plaintext, key: key, nonce: 0, associated: header)
    let open = measure("Primitives.open", calls: 2_000) { _ in
        _ = primitives.open(sealed, key: key, nonce: 0, associated: header)
    }
    print(
        "    ratio seal \(Figure.number(seal.nanoseconds / plainSeal.nanoseconds)),",
        "open \(Figure.number(open.nanoseconds / plainOpen.nanoseconds))")
    benchSession(plainSeal: plainSeal.nanoseconds, plainOpen: plainOpen.nanoseconds, plaintext)
}

private func benchSession(plainSeal: Double, plainOpen: Double, _ plaintext: [UInt8]) {
    var pair = Pair()
    guard pair.meet() != nil else { return }
    pair.settle()
    var sender = pair.alice.gate
    let now = pair.now.instant
    guard
        let index = pair.alice.lastSession,
        let first = sender.apply(
            .sendSealed(session: index, .frame, plaintext, to: Pair.bobEndpoint), now: now)
    else { return print("no session") }
    _ = first
    let seal = measure("a session's seal, header and counter", calls: 2_000) { _ in
        _ = sender.apply(
            .sendSealed(session: index, .frame, plaintext, to: Pair.bobEndpoint), now: now)
    }
    let packets = (0..<2_000).compactMap { _ in
        sender.apply(.sendSealed(session: index, .frame, plaintext, to: Pair.bobEndpoint), now: now)
    }
    var best = Double.infinity
    for _ in 0..<15 {
        var receiver = pair.bob.gate
        let start = cpuNanoseconds()
        for packet in packets {
            packet.withUnsafeBytes {
                _ = receiver.receive($0, from: Pair.aliceEndpoint, via: SocketID(0), now: now)
            }
        }
        best = min(best, Double(cpuNanoseconds() - start) / Double(packets.count))
    }
    let open = Figure(
        name: "a session's open, gate, window", nanoseconds: best, allocations: nil, note: "")
    open.print()
    print(
        "    ratio to ChaChaPoly: seal \(Figure.number(seal.nanoseconds / plainSeal)),",
        "open \(Figure.number(open.nanoseconds / plainOpen))")
}
