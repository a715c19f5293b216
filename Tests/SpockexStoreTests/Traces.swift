// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Foundation

/// What of some relations must not be found in any file, in every shape it could have there.
struct Traces {
    /// Pieces of eight bytes, as little-endian words.
    private var needles: Set<UInt64> = []
    /// Whether some needle begins with these two bytes.
    private var beginnings = [Bool](repeating: false, count: 1 << 16)

    /// Adds bytes and their base64url text, each in pieces of eight: a remainder counts too.
    mutating func plant(_ bytes: [UInt8]) {
        for shape in [bytes, Self.base64url(bytes)] {
            for start in stride(from: 0, through: shape.count - 8, by: 8) {
                let needle = shape[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
                self.needles.insert(needle)
                self.beginnings[Int(needle & 0xffff)] = true
            }
        }
    }

    mutating func plant(_ secret: Secret) {
        self.plant(secret.exposedBytes())
    }

    /// How many places in the files of a home hold a needle.
    func count(in home: TemporaryHome) throws -> Int {
        try home.files().values.reduce(0) { $0 + self.count(in: $1) }
    }

    private func count(in file: [UInt8]) -> Int {
        file.withUnsafeBytes { file in
            self.beginnings.withUnsafeBufferPointer { beginnings in
                var count = 0
                var start = 0
                while start + 8 <= file.count {
                    let word = UInt64(
                        littleEndian: file.loadUnaligned(fromByteOffset: start, as: UInt64.self))
                    if beginnings[Int(word & 0xffff)], self.needles.contains(word) { count += 1 }
                    start += 1
                }
                return count
            }
        }
    }

    /// The text of RFC 4648 §5 without padding, as codes carry it.
    static func base64url(_ bytes: [UInt8]) -> [UInt8] {
        let text = Data(bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        return Array(text.utf8)
    }
}

extension SeededGenerator {
    /// A relation with everything that a pairing ever holds, its codes as real ones are.
    mutating func fullPairing() throws -> RelationRecord {
        var record = try self.relation()
        let (ownSalt, peerSalt) = (self.bytes(16), self.bytes(16))
        let keys = try self.keys()
        record.keys = keys
        record.codes = MeetingCodes(
            ownSalt: Secret(ownSalt), peerSalt: Secret(peerSalt),
            offer: Self.code("offer", record.ownPID, self.bytes(32), ownSalt),
            answer: Self.code("answer", keys.peerPID, keys.peerKey.bytes, peerSalt))
        record.cancelTokens = CancelTokens(own: self.secret(16), peer: self.secret(16))
        record.peerMemberKeys = try self.memberKeys()
        record.peerPart = FoundingPart(keys: try self.memberKeys(), signature: self.bytes(64))
        return record
    }

    private static func code(
        _ kind: String, _ pid: PeerID, _ key: [UInt8], _ salt: [UInt8]
    ) -> [UInt8] {
        let parts = [pid.bytes, key, salt].map {
            String(decoding: Traces.base64url($0), as: UTF8.self)
        }
        return Array(
            "{\"\(kind)\":1,\"pid\":\"\(parts[0])\",\"key\":\"\(parts[1])\",\"salt\":\"\(parts[2])\"}"
                .utf8)
    }
}
