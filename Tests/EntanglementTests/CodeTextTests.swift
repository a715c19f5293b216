// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Codes that were written by hand from PROTOCOL.md §3, with values that Python computed.
enum Golden {
    static let offer =
        #"{"request":100,"v":1,"pid":"00112233-4455-4677-8899-aabbccddeeff","#
        + #""host":["192.0.2.1:41414","[2001:db8::1]:41414"],"nat":"e","#
        + #""key":"B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9_AsrhtHHw","#
        + #""salt":"AAECAwQFBgcICQoLDA0ODw","totalPeers":0,"exp":1795000600}"#
    static let answer =
        #"{"response":200,"v":1,"pid":"ffeeddcc-bbaa-4988-8776-655443322110","#
        + #""host":"unknown","key":"VxR2nRFr92Q2rnS8eT0sMK0ZA8WaxSc4BcfiaYtBDDY","#
        + #""salt":"8PHy8_T19vf4-fr7_P3-_w","totalPeers":3,"re":"DDoW2ZCdZp8RPdaKDsbQ6g"}"#
    static let offeringKey = [UInt8](1...32)
    static let answeringKey = [UInt8](101...132)

    static func code(hosts: [Endpoint], totalPeers: UInt64 = 0, nat: NATHint? = nil) -> MeetingCode
    {
        MeetingCode(
            pid: PeerID(high: 1 << 63, low: 1 << 63), hosts: hosts, nat: nat, key: publicKey(7),
            salt: Secret([UInt8](repeating: 8, count: 16)), totalPeers: totalPeers)
    }
}

@Suite struct CodeTextTests {
    @Test func anOfferIsReadAndWrittenByteForByte() throws {
        guard case .offer(let offer) = try CodeText(scanned: Golden.offer) else {
            Issue.record("not an offer")
            return
        }
        #expect(offer.code.pid.description == "00112233-4455-4677-8899-aabbccddeeff")
        #expect(offer.code.hosts == [at("192.0.2.1:41414"), at("[2001:db8::1]:41414")])
        #expect(offer.code.nat == .endpointIndependent)
        #expect(offer.code.salt == Secret([UInt8](0..<16)))
        #expect(offer.code.totalPeers == 0)
        #expect(offer.expiresAtSeconds == 1_795_000_600)
        #expect(offer.text == Golden.offer)
        let own = CryptoPrimitives().agreementKey(from: Secret(Golden.offeringKey))
        #expect(offer.code.key == own?.publicKey)
        #expect(Offer(offer.code, expiresAtSeconds: 1_795_000_600).text == Golden.offer)
    }

    @Test func anAnswerIsReadAndWrittenByteForByte() throws {
        guard case .answer(let answer) = try CodeText(scanned: Golden.answer) else {
            Issue.record("not an answer")
            return
        }
        #expect(answer.code.hosts.isEmpty)
        #expect(answer.code.nat == nil)
        #expect(answer.code.totalPeers == 3)
        #expect(answer.reference == hex("0c3a16d9909d669f113dd68a0ec6d0ea"))
        #expect(answer.text == Golden.answer)
        #expect(Answer(answer.code, reference: answer.reference).text == Golden.answer)
        guard case .offer(let offer) = try CodeText(scanned: Golden.offer) else { return }
        #expect(offer.reference(CryptoPrimitives()) == answer.reference)
    }

    @Test(arguments: [Golden.offer, Golden.answer, CodeText.refusalLine("No, thank you.")])
    func everyTruncationIsRefused(line: String) {
        let bytes = Array(line.utf8)
        for count in 0..<bytes.count {
            #expect(throws: CodeTextError.self) { try CodeText(scanned: Array(bytes[..<count])) }
        }
        #expect(throws: Never.self) { try CodeText(scanned: bytes) }
    }

    /// All 255 other values of each byte: refused, or another code, never the same one twice.
    @Test(arguments: [Golden.offer, Golden.answer])
    func noTwoLinesAreTheSameCode(line: String) throws {
        let bytes = Array(line.utf8)
        let original = try CodeText(scanned: bytes)
        var acceptedCount = 0
        for index in bytes.indices {
            for value in UInt8(0)...255 where value != bytes[index] {
                var changed = bytes
                changed[index] = value
                guard let code = try? CodeText(scanned: changed) else { continue }
                acceptedCount += 1
                #expect(code != original)
            }
        }
        #expect(acceptedCount > 1_000)
    }

    /// What is accepted and written anew is the line that was read (but for unknown NAT letters).
    @Test(arguments: [Golden.offer, Golden.answer])
    func whatIsAcceptedHasOneSpelling(line: String) {
        let bytes = Array(line.utf8)
        for index in bytes.indices {
            for value in UInt8(0x20)..<0x7f where value != bytes[index] {
                var changed = bytes
                changed[index] = value
                switch try? CodeText(scanned: changed) {
                case .offer(let offer) where offer.code.nat != nil:
                    #expect(
                        Offer(offer.code, expiresAtSeconds: offer.expiresAtSeconds).bytes == changed
                    )
                case .answer(let answer):
                    #expect(Answer(answer.code, reference: answer.reference).bytes == changed)
                case .offer, .refusal, nil: break
                }
            }
        }
    }

    @Test(arguments: 1...20)
    func randomDamageNeverTraps(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            var bytes = Array((Bool.random(using: &dice) ? Golden.offer : Golden.answer).utf8)
            for _ in 0..<Int.random(in: 1...4, using: &dice) {
                let index = Int.random(in: 0..<bytes.count, using: &dice)
                switch Int.random(in: 0..<3, using: &dice) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &dice)
                case 1: bytes.remove(at: index)
                default:
                    bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &dice)], at: index)
                }
            }
            let code = try? CodeText(scanned: bytes)
            #expect(code == nil || bytes.count <= Constants.codeByteCountMax)
        }
    }

    private static let replacements: [(old: String, new: String)] = [
        ("{\"request\":100,", "{ \"request\":100,"), ("\"request\":100,", "\"request\": 100,"),
        ("100,\"v\"", "100, \"v\""), ("\"exp\":1795000600}", "\"exp\":1795000600 }"),
        ("\"exp\":1795000600}", "\"exp\":1795000600}\n"), ("}", "}}"), ("{", " {"),
        ("\"v\":1,", "\"v\":1,\"v\":1,"), ("\"v\":1,", ""), ("\"v\":1", "\"v\":\"1\""),
        ("\"v\":1", "\"v\":01"), ("\"v\":1", "\"v\":1.0"), ("\"v\":1", "\"v\":-1"),
        ("\"totalPeers\":0", "\"totalPeers\":00"),
        ("\"totalPeers\":0", "\"totalPeers\":0,\"totalPeers\":0"),
        ("\"totalPeers\":0", "\"totalPeers\":9007199254740992"),
        ("\"totalPeers\":0", "\"totalPeers\":1e3"),
        ("\"totalPeers\":0", "\"totalPeers\":null"), ("\"exp\":1795000600", "\"exp\":01795000600"),
        ("\"exp\":1795000600", "\"exp\":9007199254740992"),
        ("\"exp\":1795000600", "\"exp\":1795000600,\"x\":1"),
        (",\"exp\":1795000600", ""), ("\"nat\":\"e\"", "\"nat\":\"E\""),
        ("\"nat\":\"e\"", "\"nat\":\"\""),
        ("\"nat\":\"e\"", "\"nat\":\"ee\""), ("\"nat\":\"e\"", "\"nat\":\"1\""),
        ("\"nat\":\"e\"", "\"nat\":\"e\",\"nat\":\"e\""), ("\"nat\":\"e\",", ","),
        ("0011", "00\\u0031"), ("eeff", "EEFF"), ("-4455-", "-445-5"), ("HHw\"", "HHx\""),
        ("HHw\"", "HHw=\""), ("HHw\"", "HH\""), ("C9_A", "C9/A"), ("DA0ODw", "DA0ODx"),
        ("DA0ODw", "DA0OD"),
        ("\"key\":", "\"keY\":"), ("\"salt\":", "\"Salt\":"), ("\"192.0.2.1:41414\",", ""),
        ("[\"192", "[,\"192"), ("\"],", "\",],"),
        ("[\"192.0.2.1:41414\",\"[2001:db8::1]:41414\"]", "[]"),
        ("[\"192.0.2.1:41414\",\"[2001:db8::1]:41414\"]", "\"Unknown\""),
        ("[\"192.0.2.1:41414\",\"[2001:db8::1]:41414\"]", "null"),
        ("\"192.0.2.1:41414\"", "\"192.0.2.1:41414\",\"192.0.2.2:1\",\"192.0.2.3:1\""),
        ("\"192.0.2.1:41414\"", "\"192.0.2.1:41414\",\"192.0.2.1:41414\""),
        ("192.0.2.1:41414", "192.0.2.1:0"), ("192.0.2.1:41414", "192.0.2.1:041414"),
        ("192.0.2.1:41414", "192.0.2.01:41414"), ("192.0.2.1:41414", "192.0.2.1"),
        ("192.0.2.1:41414", "224.0.0.1:41414"), ("192.0.2.1:41414", "0.0.0.0:41414"),
        ("192.0.2.1:41414", "255.255.255.255:1"), ("192.0.2.1:41414", "169.254.1.1:1"),
        ("192.0.2.1:41414", "example.org:1"), ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]", "[fe80::1]"), ("[2001:db8::1]", "[::ffff:1.2.3.4]"),
        ("[2001:db8::1]", "[2001:DB8::1]"),
        ("[2001:db8::1]", "[ff02::1]"),
    ]

    /// One change each; where removing a host is fine, the table says so by what comes back.
    @Test(arguments: Self.replacements)
    func everyDepartureFromTheGrammarIsRefused(old: String, new: String) throws {
        let parts = Golden.offer.split(
            separator: old, maxSplits: 1, omittingEmptySubsequences: false)
        try #require(parts.count == 2)
        let line = "\(parts[0])\(new)\(parts[1])"
        if old == "\"192.0.2.1:41414\"," {
            #expect(throws: Never.self) { try CodeText(scanned: line) }
        } else {
            #expect(throws: CodeTextError.self) { try CodeText(scanned: line) }
        }
    }

    @Test func anotherOrderOfKeysIsRefused() {
        let fields = [
            "\"v\":1", "\"pid\":\"00112233-4455-4677-8899-aabbccddeeff\"", "\"host\":\"unknown\"",
            "\"key\":\"B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9_AsrhtHHw\"",
            "\"salt\":\"AAECAwQFBgcICQoLDA0ODw\"", "\"totalPeers\":0", "\"exp\":1",
        ]
        for first in fields.indices {
            for second in fields.indices where first <= second {
                var order = fields
                order.swapAt(first, second)
                let line = "{\"request\":100,\(order.joined(separator: ","))}"
                let isRead = (try? CodeText(scanned: line)) != nil
                #expect(isRead == (first == second))
            }
        }
    }

    @Test(arguments: [UInt64(0), 2, 3, 9_007_199_254_740_991])
    func otherVersionsAreTold(version: UInt64) {
        for golden in [Golden.offer, Golden.answer] {
            let parts = golden.split(separator: "\"v\":1", maxSplits: 1)
            #expect(throws: CodeTextError.unsupportedVersion(version)) {
                try CodeText(scanned: "\(parts[0])\"v\":\(version)\(parts[1])")
            }
        }
    }

    @Test func letterOfALaterVersionIsNoHint() throws {
        for (letter, hint) in [
            ("o", NATHint.open), ("a", .addressDependent), ("d", .addressAndPortDependent),
            ("s", .sequential), ("z", nil),
        ] {
            let line = Golden.offer.split(separator: "\"nat\":\"e\"").joined(
                separator: "\"nat\":\"\(letter)\"")
            guard case .offer(let offer) = try CodeText(scanned: line) else { continue }
            #expect(offer.code.nat == hint)
            #expect(offer.text == line)
        }
    }

    @Test func tooLongIsToldBeforeAnythingElse() {
        let long = String(repeating: "x", count: 332)
        #expect(throws: CodeTextError.tooLong(byteCount: 332, limit: 331)) {
            try CodeText(scanned: long)
        }
        #expect(throws: CodeTextError.notOurs) { try CodeText(scanned: String(long.dropLast())) }
    }

    @Test(arguments: [
        "", "{", "{}", "hello", "{\"request\":110,", "{\"response\":201,", "WIFI:S:x;;",
    ])
    func whatIsNotOursIsTold(line: String) {
        #expect(throws: CodeTextError.notOurs) { try CodeText(scanned: line) }
    }

    @Test func aRefusalIsReadAndWritten() throws {
        let line = CodeText.refusalLine("I am busy.")
        #expect(line == "{\"response\":400,\"errorText\":\"I am busy.\"}")
        #expect(try CodeText(scanned: line) == .refusal("I am busy."))
        #expect(try CodeText(scanned: CodeText.refusalLine("")) == .refusal(""))
    }

    @Test func aRefusalIsCleanAndShort() throws {
        let line = CodeText.refusalLine("a\"b\\c\n\u{7f}é" + String(repeating: "y", count: 300))
        #expect(line.utf8.count <= Constants.codeByteCountMax)
        #expect(
            try CodeText(scanned: line)
                == .refusal("a?b?c????" + String(repeating: "y", count: 191)))
        let tooLong = "{\"response\":400,\"errorText\":\"\(String(repeating: "y", count: 201))\"}"
        #expect(throws: CodeTextError.self) { try CodeText(scanned: tooLong) }
    }
}

/// How many hosts a code shows.
@Suite struct MeetingCodeTests {
    private let longV6 = (1...3).map { at("[2fff:ffff:ffff:ffff:ffff:ffff:ffff:fff\($0)]:65535") }
    private let longV4 = (1...3).map { at("192.168.255.25\($0):65535") }
    private let most = Constants.integerLimit - 1

    private func hosts(_ hosts: [Endpoint]) throws -> [Endpoint] {
        let code = Golden.code(hosts: hosts, totalPeers: self.most, nat: .open)
        let offer = Offer(code, expiresAtSeconds: self.most)
        let answer = Answer(code, reference: [UInt8](repeating: 255, count: 16))
        #expect(offer.bytes.count <= Constants.codeByteCountMax)
        #expect(answer.bytes.count <= Constants.codeByteCountMax)
        guard case .offer(let read) = try CodeText(scanned: offer.bytes),
            case .answer(let readAnswer) = try CodeText(scanned: answer.bytes)
        else { return [] }
        #expect(readAnswer.code.hosts.count >= read.code.hosts.count - 1)
        return read.code.hosts
    }

    @Test func theLongestCodesKeepOneHostOfEachFamily() throws {
        let v6 = self.longV6, v4 = self.longV4
        #expect(try self.hosts([v6[0], v6[1], v4[0]]) == [v6[0], v4[0]])
        #expect(try self.hosts([v4[0], v6[0], v6[1]]) == [v4[0], v6[0]])
        #expect(try self.hosts([v6[0], v4[0], v4[1]]).map(\.address.isIPv6).contains(true))
        let onlyV6 = try self.hosts(v6)
        #expect(!onlyV6.isEmpty && onlyV6 == Array(v6.prefix(onlyV6.count)))
    }

    @Test func usualCodesKeepThreeHostsAndFitIntoVersion13() throws {
        let hosts = [
            at("198.51.100.2:41414"), at("192.168.178.20:41414"),
            at("[2001:db8:1234:5678:9abc:def0:1234:5678]:41414"),
        ]
        let offer = Offer(Golden.code(hosts: hosts), expiresAtSeconds: 1_795_000_600)
        guard case .offer(let read) = try CodeText(scanned: offer.bytes) else { return }
        #expect(read.code.hosts == hosts)
    }

    @Test func theSmallestUsualCodeFitsIntoVersion11() {
        let offer = Offer(
            Golden.code(hosts: [at("198.51.100.2:41414")]), expiresAtSeconds: 1_795_000_600)
        #expect(offer.bytes.count <= 251)
    }

    @Test func moreThanThreeHostsAreNotShown() throws {
        let five = (1...5).map { at("10.0.0.\($0):1") }
        let offer = Offer(Golden.code(hosts: five), expiresAtSeconds: 1)
        guard case .offer(let read) = try CodeText(scanned: offer.bytes) else { return }
        #expect(read.code.hosts == Array(five.prefix(3)))
    }
}
