// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import SpockexStore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A relation that is trusted, with random keys, for stores of any size.
private func trustedRelation(
    _ index: Int, using generator: inout SeededGenerator
) -> RelationRecord {
    let primitives = CryptoPrimitives()
    func secret(_ count: Int) -> Secret { Secret(byteCount: count, using: &generator) }
    var record = RelationRecord(
        id: RelationID(using: &generator), role: .offering, intent: .private, phase: .trusted,
        createdAt: WallTime(seconds: 1_795_000_000), expiresAt: WallTime(seconds: 1_795_000_600),
        ownPID: PeerID(using: &generator), ownKey: secret(32), memberSigningKey: secret(32),
        memberAgreementKey: secret(32))
    guard let peerKey = primitives.agreementKey(from: secret(32))?.publicKey,
        let memberKey = primitives.signingKey(from: secret(32))?.publicKey
    else { return record }
    record.keys = RelationKeys(
        peerPID: PeerID(using: &generator), peerKey: peerKey, meeting: secret(32).exposedBytes(),
        psk: secret(32), sendMAC: secret(32), receiveMAC: secret(32))
    record.peerPart = FoundingPart(
        keys: MemberKeys(signingKey: memberKey, agreementKey: peerKey),
        signature: [UInt8](repeating: 1, count: 64))
    record.hasSentFounding = true
    record.claimedName = "peer \(index)"
    record.endpoints = [
        Endpoint(address: .v4(0x7f00_0001), port: UInt16(20_000 + index % 20_000))
    ]
    record.reservedCounter = 117_637_120_000_000
    return record
}

/// Fills a new store in `home` with trusted relations; for the start of `up`.
func fillStore(home: String, count: Int) throws {
    var generator = SeededGenerator(seed: 7)
    let store = try NodeStore(home: home)
    try store.commit(
        (0..<count).map { .relation(trustedRelation($0, using: &generator), erasing: false) })
    try store.close()
}

/// The latency of a commit against a plain write and fsync in the same folder.
func benchStorage(home: String) throws {
    print("\nCommits, in the folder given (wall time)")
    var generator = SeededGenerator(seed: 8)
    let record = trustedRelation(0, using: &generator)
    let store = try NodeStore(home: home)
    try store.commit([.relation(record, erasing: false)])
    func median(_ count: Int, _ body: (Int) throws -> Void) rethrows -> Double {
        var times: [UInt64] = []
        for index in 0..<count {
            let start = monotonicNanoseconds()
            try body(index)
            times.append(monotonicNanoseconds() - start)
        }
        return Double(times.sorted()[count / 2])
    }
    let descriptor = open(home + "/plain", O_CREAT | O_WRONLY, 0o600)
    let page = [UInt8](repeating: 5, count: 4_096)
    let plain = median(200) { _ in
        _ = write(descriptor, page, page.count)
        _ = fdatasync(descriptor)
    }
    close(descriptor)
    let reserve = try median(200) {
        let until = record.reservedCounter + UInt64($0)
        try store.commit([.reserveCounters(record.id, until: until)])
    }
    let whole = try median(200) { _ in try store.commit([.relation(record, erasing: false)]) }
    let erasing = try median(100) { _ in try store.commit([.relation(record, erasing: true)]) }
    for (name, value) in [
        ("write 4 KiB and fdatasync", plain), ("reserve counters", reserve),
        ("a whole relation", whole), ("a relation, with erasure of its past", erasing),
    ] {
        print(
            Figure.pad(name, 46), Figure.pad("\(Figure.number(value / 1000)) us", 12),
            "ratio \(Figure.number(value / plain))")
    }
    let start = monotonicNanoseconds()
    let count = try store.load().relations.count
    print(
        "load \(count) relation: \(Figure.number(Double(monotonicNanoseconds() - start) / 1e6)) ms")
    try store.close()
}
