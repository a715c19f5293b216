// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

@Suite struct IdentifierTests {
    @Test func theTextIsThatOfTheBytes() {
        let bytes = hex("00112233445566778899aabbccddeeff")
        let id = PeerID(bytes: bytes)
        #expect(id?.description == "00112233-4455-6677-8899-aabbccddeeff")
        #expect(id?.bytes == bytes)
        #expect(PeerID("00112233-4455-6677-8899-aabbccddeeff") == id)
    }

    @Test(arguments: [
        "", "00112233445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeef",
        "00112233-4455-6677-8899-aabbccddeeff0", "00112233-4455-6677-8899-AABBCCDDEEFF",
        "00112233-4455-6677-8899-aabbccddeefg", "00112233_4455-6677-8899-aabbccddeeff",
        "0011223-34455-6677-8899-aabbccddeeff", "{0112233-4455-6677-8899-aabbccddeef}",
        " 0112233-4455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-aabbccddeé",
    ])
    func everyOtherTextIsRefused(text: String) {
        #expect(PeerID(text) == nil)
        let isRead = scan(text) { scanner in
            scanner.identifier(PeerID.self) != nil && scanner.isAtEnd
        }
        #expect(!isRead)
    }

    @Test func otherByteCountsAreRefused() {
        for count in 0..<40 where count != 16 {
            #expect(PeerID(bytes: [UInt8](repeating: 1, count: count)) == nil)
        }
    }

    @Test func randomOnesAreVersion4AndDiffer() {
        var generator = SeededGenerator(seed: 7)
        var seen: Set<PeerID> = []
        for _ in 0..<1_000 {
            let id = PeerID(using: &generator)
            #expect(id.bytes[6] >> 4 == 4)
            #expect(id.bytes[8] >> 6 == 2)
            seen.insert(id)
        }
        #expect(seen.count == 1_000)
    }

    @Test func theOneOfAHashIsVersion8() {
        let id = ClusterID(hash: [UInt8](repeating: 0xff, count: 32))
        #expect(id.description == "ffffffff-ffff-8fff-bfff-ffffffffffff")
        let zero = ClusterID(hash: [UInt8](repeating: 0, count: 16))
        #expect(zero.description == "00000000-0000-8000-8000-000000000000")
    }

    @Test(arguments: 1...50)
    func orderIsThatOfTheText(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let pair = [RelationID(using: &generator), RelationID(using: &generator)]
        #expect((pair[0] < pair[1]) == (pair[0].description < pair[1].description))
    }
}

@Suite struct Base64URLTests {
    private func decode(_ text: String) -> [UInt8]? {
        Array(text.utf8).withUnsafeBytes { Base64URL.decode($0) }
    }

    /// RFC 4648 §10, without padding, and two values that need `-` and `_`.
    @Test(arguments: [
        ("", ""), ("66", "Zg"), ("666f", "Zm8"), ("666f6f", "Zm9v"), ("666f6f62", "Zm9vYg"),
        ("666f6f6261", "Zm9vYmE"), ("666f6f626172", "Zm9vYmFy"), ("fbff", "-_8"),
        ("ffffff", "____"),
        ("fbefbe", "----"),
    ])
    func valuesOfTheStandard(bytes: String, text: String) {
        var written: [UInt8] = []
        Base64URL.append(hex(bytes), to: &written)
        #expect(String(decoding: written, as: UTF8.self) == text)
        #expect(self.decode(text) == hex(bytes))
        #expect(Base64URL.characterCount(byteCount: hex(bytes).count) == text.utf8.count)
    }

    @Test(arguments: [
        "Z", "Zm9vY", "Zg=", "Zg==", "Zm8=", "+/8", "-/8", "Zm 9v", "Zm9v\n", "Zm9v ", "Zh", "Zv",
        "Z_",
        "Zm9", "Zm-", "Zm8\u{0}", "Zm\u{e9}", "!!!!", "Zm9vZh",
    ])
    func everyOtherTextIsRefused(text: String) {
        #expect(self.decode(text) == nil)
    }

    @Test(arguments: 0...64)
    func everyLengthComesBack(count: Int) {
        let bytes = noise(count, seed: UInt64(count))
        var text: [UInt8] = []
        Base64URL.append(bytes, to: &text)
        #expect(text.withUnsafeBytes { Base64URL.decode($0) } == bytes)
    }

    /// One text for each value: of all texts of two and three characters, exactly 2^8 and 2^16 count.
    @Test func eachValueHasOneText() {
        let alphabet = (UInt8(0)...255).filter { Base64URL.value(of: $0) != nil }
        #expect(alphabet.count == 64)
        var count = 0
        for first in alphabet {
            for second in alphabet {
                if [first, second].withUnsafeBytes({ Base64URL.decode($0) }) != nil { count += 1 }
            }
        }
        #expect(count == 256)
    }
}

@Suite struct StrictScannerTests {
    @Test(arguments: [
        ("0", UInt64(0)), ("1", 1), ("10", 10), ("9007199254740991", 9_007_199_254_740_991),
        ("4294967295", 4_294_967_295), ("7}", 7),
    ])
    func integersBelow2To53(text: String, value: UInt64) {
        #expect(scan(text) { $0.integer() } == value)
    }

    @Test(arguments: [
        "", "-1", "+1", " 1", "a", "00", "01", "9007199254740992", "99999999999999999",
        "18446744073709551616", "00000000000000001", "123456789012345678901234567890",
    ])
    func everyOtherIntegerIsRefused(text: String) {
        #expect(scan(text) { $0.integer() } == nil)
    }

    @Test func fractionsAndExponentsLeaveTheirRest() {
        for text in ["1.0", "1e3", "1E3", "1_0"] {
            let isAtEnd = scan(text) { scanner in
                let value = scanner.integer()
                return value != nil && scanner.isAtEnd
            }
            #expect(!isAtEnd)
        }
    }

    @Test func indexesHave32Bits() {
        #expect(scan("4294967295") { $0.index() } == .max)
        #expect(scan("4294967296") { $0.index() } == nil)
    }

    @Test func stringsEndAtTheirQuote() {
        #expect(scan("abc\"def\"") { $0.string(byteCountMax: 3) } == 0..<3)
        #expect(scan("\"") { $0.string(byteCountMax: 0) } == 0..<0)
        for text in ["abcd\"", "abc", "a\\n\"", "a\nb\"", "a\tb\"", "a\u{7f}\"", "é\"", "\u{0}\""] {
            #expect(scan(text) { $0.string(byteCountMax: 3) } == nil)
        }
    }

    @Test func sixteenBytesAreExactly22Characters() {
        let bytes = noise(16, seed: 3)
        var text: [UInt8] = []
        Base64URL.append(bytes, to: &text)
        let line = String(decoding: text, as: UTF8.self)
        let halves = scan(line) { $0.sixteenBytes() }
        #expect(halves?.0 == bytes[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        #expect(halves?.1 == bytes[8...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        #expect(scan(line) { $0.base64(byteCount: 16) } == bytes)
        for wrong in [
            String(line.dropLast()), String(line.dropLast()) + "=", String(line.dropLast()) + "B",
        ] {
            #expect(scan(wrong) { $0.sixteenBytes() } == nil)
            #expect(scan(wrong) { $0.base64(byteCount: 16) } == nil)
        }
    }

    @Test func lettersAreLowerCase() {
        #expect(scan("e") { $0.letter() } == 0x65)
        for text in ["", "E", "1", "\"", " ", "{"] { #expect(scan(text) { $0.letter() } == nil) }
    }
}
