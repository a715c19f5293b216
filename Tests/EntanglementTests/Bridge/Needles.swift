// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit

@testable import Entanglement

/// Bytes that are looked for in much text at once.
struct Needles {
    /// By their first four bytes; looked up and never gone through.
    private var byStart: [UInt32: [[UInt8]]] = [:]
    let count: Int

    init(_ needles: [[UInt8]]) {
        self.count = needles.count
        for needle in needles where needle.count >= 4 {
            self.byStart[Self.start(needle[..<4]), default: []].append(needle)
        }
    }

    /// Whether one of them stands in these.
    func stand(in bytes: [UInt8]) -> Bool {
        guard bytes.count >= 4 else { return false }
        var word = Self.start(bytes[..<3])
        for position in 3..<bytes.count {
            word = word << 8 | UInt32(bytes[position])
            guard let needles = self.byStart[word] else { continue }
            if needles.contains(where: { bytes[(position - 3)...].starts(with: $0) }) {
                return true
            }
        }
        return false
    }

    private static func start(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// What stands in a datagram as base64url.
    static func decoded(_ bytes: [UInt8]) -> [[UInt8]] {
        let letters = bytes.split { byte in
            !(0x30...0x39).contains(byte) && !(0x41...0x5a).contains(byte)
                && !(0x61...0x7a).contains(byte) && byte != 0x2d && byte != 0x5f
        }
        return letters.filter { $0.count >= 24 }.compactMap { run in
            let whole = Array(run.prefix(run.count / 4 * 4))
            return whole.withUnsafeBytes { Base64URL.decode($0) }
        }
    }
}

extension Circle {
    /// Everything that a host holds: on its disk, of what it was told, and of what it shows.
    func held(by number: Int) -> [[UInt8]] {
        let host = self.hosts[number]
        let state = host.store.state
        var parts = state.notices.map(\.bytes) + state.records.map(\.bytes)
        parts += state.endpointRecords.map(\.bytes) + state.tombstones.map(\.pidHash)
        for relation in state.relations {
            parts += [Array(relation.claimedName.utf8), Array(relation.givenName.utf8)]
            parts += [relation.ownPID.bytes, relation.member?.bytes ?? []]
            if let keys = relation.keys {
                parts += [keys.peerPID.bytes, keys.peerKey.bytes, keys.meeting]
            }
            for keys in [relation.peerPart?.keys, relation.peerMemberKeys].compactMap({ $0 }) {
                parts += [keys.signingKey.bytes, keys.agreementKey.bytes]
            }
            parts += [relation.peerPart?.signature ?? [], relation.codes?.offer ?? []]
            parts += [relation.codes?.answer ?? []]
            let known = relation.endpoints + host.node.knownEndpoints(of: relation.id)
            parts += known.map(\.address.bytes)
        }
        let status = host.node.status(now: self.now)
        for text in ["\(host.events)", "\(host.store.events)", "\(status)", "\(host.replies)"] {
            parts.append(Array(text.utf8))
        }
        return parts
    }
}
