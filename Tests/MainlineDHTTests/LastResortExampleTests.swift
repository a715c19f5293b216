// SPDX-License-Identifier: Apache-2.0
import Foundation
import MainlineDHT
import Testing

@testable import Entanglement

/// Makes the worked example of docs/PROTOCOL.md §13.6 again, from fixed keys.
///
/// `SPOCKEX_WRITE_EXAMPLE=FILE` writes it to a file instead of only comparing it.
@Suite struct LastResortExampleTests {
    private let primitives = CryptoPrimitives()

    private func secret(_ byte: UInt8) -> Secret {
        Secret([UInt8](repeating: byte, count: 32))
    }

    private func hexText(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private func example() throws -> String {
        let anna = try #require(self.primitives.agreementKey(from: self.secret(0x62)))
        let ben = try #require(self.primitives.agreementKey(from: self.secret(0x63)))
        let pair = try #require(
            LastResortSlot.pairSecret(
                psk: self.secret(0x61), ownKey: anna, peerKey: ben.publicKey, self.primitives))
        let noon = WallTime(seconds: 20_783 * 86_400 + 43_200)
        let day = try #require(LastResortSlot.day(of: noon))
        let slot = LastResortSlot(pair: pair, writer: .offering, day: day, self.primitives)
        let endpoints = ["192.0.2.1:41414", "[2001:db8::1]:41414"].compactMap { Endpoint($0) }
        let note = LastResortNote(
            sequence: LastResortNote.nextSequence(after: 0, now: noon), issued: noon,
            endpoints: endpoints)
        let value = slot.seal(note)
        let item = try slot.item(of: note, self.primitives)
        #expect(try slot.note(of: item, after: 0) == note)
        let lines: [(String, String)] = [
            ("secret of the pair", self.hexText(pair.exposedBytes())),
            ("seed", self.hexText(slot.signingKey.secret.exposedBytes())),
            ("public key", self.hexText(slot.signingKey.publicKey.bytes)),
            ("salt", self.hexText(slot.salt)),
            ("name", slot.name),
            ("content", self.hexText(note.content)),
            ("value", self.hexText(value)),
            ("text", LastResortSlot.text(of: value)),
            ("target", self.hexText(item.place.target.bytes)),
            ("signature", self.hexText(item.signature)),
        ]
        return lines.map { "    \($0)\n        \($1)\n" }.joined()
    }

    @Test func theProtocolPageHasTheBytesThatThisCodeMakes() throws {
        let example = try self.example()
        if let path = ProcessInfo.processInfo.environment["SPOCKEX_WRITE_EXAMPLE"] {
            try example.write(toFile: path, atomically: true, encoding: .utf8)
        }
        let page = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("docs/PROTOCOL.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        #expect(text.contains(example))
    }
}
