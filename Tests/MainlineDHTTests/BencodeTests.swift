// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import MainlineDHT
import Testing

@Suite struct BencodeTests {
    @Test(arguments: [
        "i0e", "i-3e", "i9223372036854775807e", "i-9223372036854775808e", "0:", "4:spam", "le",
        "de", "l4:spam4:eggse", "d3:cow3:moo4:spaml1:a1:bee", "lllllllleeeeeeee",
    ])
    func whatIsReadIsWrittenTheSame(text: String) throws {
        let value = try Bencode(parsing: Array(text.utf8))
        #expect(value.encoded == Array(text.utf8))
    }

    @Test(
        arguments: [
            ("", .cut), ("i", .cut), ("i5", .cut), ("4:spa", .cut), ("l", .cut), ("d1:a", .cut),
            ("99999999999:a", .cut), ("ie", .unexpected(0x65, at: 1)),
            ("i-e", .unexpected(0x65, at: 2)), ("x", .unexpected(0x78, at: 0)),
            ("-1:a", .unexpected(0x2d, at: 0)), ("i1-e", .unexpected(0x2d, at: 2)),
            ("di1e1:ae", .unexpected(0x69, at: 1)), ("i01e", .otherSpelling(at: 1)),
            ("i-0e", .otherSpelling(at: 1)), ("i-01e", .otherSpelling(at: 1)),
            ("04:spam", .otherSpelling(at: 0)), ("00:", .otherSpelling(at: 0)),
            ("i9223372036854775808e", .tooLarge(at: 1)),
            ("i-9223372036854775809e", .tooLarge(at: 1)),
            ("99999999999999999999:a", .tooLarge(at: 0)), ("i1ei2e", .left(byteCount: 3)),
            ("d1:bi1e1:ai2ee", .keyOutOfOrder(at: 7)), ("d1:ai1e1:ai2ee", .keyOutOfOrder(at: 7)),
            ("d2:abi1e1:ai2ee", .keyOutOfOrder(at: 8)), ("lllllllll", .tooDeep),
            ("d0:d0:d0:d0:d0:d0:d0:d0:d", .tooDeep),
        ] as [(String, BencodeError)])
    func everyOtherSpellingIsRefused(text: String, error: BencodeError) {
        #expect(throws: error) { try Bencode(parsing: Array(text.utf8)) }
    }

    @Test func limitsHold() throws {
        let many =
            [UInt8](repeating: 0x6c, count: 1) + Array(String(repeating: "le", count: 511).utf8)
        #expect(try Bencode(parsing: many + [0x65]).list?.count == 511)
        #expect(throws: BencodeError.tooMany) {
            try Bencode(parsing: many + Array("lee".utf8))
        }
        let longest = Bencode.bytes([UInt8](repeating: 0, count: 2_043)).encoded
        #expect(longest.count == 2_048)
        #expect(try Bencode(parsing: longest).encoded == longest)
        let tooLong = Bencode.bytes([UInt8](repeating: 0, count: 2_044)).encoded
        #expect(throws: BencodeError.tooLong(byteCount: 2_049)) { try Bencode(parsing: tooLong) }
    }

    @Test func keysStandInTheirOrderHoweverTheyAreSet() {
        var dictionary = BencodeDictionary()
        for key in ["t", "a", "y", "ab", "a"] { dictionary[key] = .text(key) }
        dictionary["y"] = nil
        dictionary["zz"] = nil
        let encoded = Bencode.dictionary(dictionary).encoded
        #expect(encoded == Array("d1:a1:a2:ab2:ab1:t1:te".utf8))
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func anyValueIsReadAsItIsWritten(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let value = Self.value(depth: 0, using: &generator)
        let encoded = value.encoded
        guard encoded.count <= 2_048 else { return }
        #expect(try Bencode(parsing: encoded) == value)
        for count in 0..<encoded.count {
            #expect(throws: BencodeError.self) { try Bencode(parsing: Array(encoded[..<count])) }
        }
    }

    private static func value(
        depth: Int, using generator: inout SeededGenerator
    ) -> Bencode {
        switch Int.random(in: depth > 4 ? 0...1 : 0...3, using: &generator) {
        case 0: return .integer(Int64(bitPattern: generator.next()) >> Int64(generator.next() % 64))
        case 1:
            let count = Int.random(in: 0...12, using: &generator)
            return .bytes((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
        case 2:
            return .list(
                (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                    Self.value(depth: depth + 1, using: &generator)
                })
        default:
            var dictionary = BencodeDictionary()
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                let key = String(generator.next() % 50, radix: 36)
                dictionary[key] = Self.value(depth: depth + 1, using: &generator)
            }
            return .dictionary(dictionary)
        }
    }
}
