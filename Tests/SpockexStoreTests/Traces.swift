// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Foundation

/// What of one relation must not be found in any file, in every shape in which it could be there.
struct Traces {
    private var needles: [[UInt8]] = []

    /// Adds bytes and their base64url text, each in pieces of eight: a remainder counts too.
    mutating func plant(_ bytes: [UInt8]) {
        for shape in [bytes, Self.base64url(bytes)] {
            for start in stride(from: 0, through: shape.count - 8, by: 8) {
                self.needles.append(Array(shape[start..<start + 8]))
            }
        }
    }

    mutating func plant(_ secret: Secret) {
        self.plant(secret.exposedBytes())
    }

    /// How many needles lie in the files of a home.
    func count(in home: TemporaryHome) throws -> Int {
        try home.files().values.reduce(0) { count, file in
            count + self.needles.count { Self.contains(file, $0) }
        }
    }

    private static func contains(_ file: [UInt8], _ needle: [UInt8]) -> Bool {
        file.withUnsafeBytes { file in
            guard var place = file.baseAddress else { return false }
            let end = place + file.count
            while let hit = memchr(place, Int32(needle[0]), end - place) {
                place = UnsafeRawPointer(hit)
                guard end - place >= needle.count else { return false }
                if memcmp(place, needle, needle.count) == 0 { return true }
                place += 1
            }
            return false
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
