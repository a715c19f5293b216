// SPDX-License-Identifier: Apache-2.0
import PortMapping
import Testing

@Suite struct XMLTests {
    private static func read(_ text: String) throws(XMLError) -> XMLElement {
        try XMLElement(parsing: Array(text.utf8))
    }

    @Test func aDocumentIsReadWithoutPrefixesAndSpace() throws {
        let text = """
            \u{feff}<?xml version="1.0" encoding='utf-8'?>
            <!-- a <comment> - -> -->
            <s:a xmlns:s="urn:x" b = 'c>'>
              <b>  one &amp; two  </b ><b/><c x="1"/>
            </s:a>
            <!---->
            """
        #expect(
            try Self.read(text)
                == XMLElement(
                    "a",
                    children: [
                        XMLElement("b", text: "one & two"), XMLElement("b"), XMLElement("c"),
                    ]))
    }

    @Test func theFiveEntitiesAndCharacterReferencesAreResolved() throws {
        let text = "<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#x1F600;</a>"
        #expect(try Self.read(text).text == "<>&\"'AB\u{1F600}")
        // Only once: what they give is not read again.
        #expect(try Self.read("<a>&amp;lt;</a>").text == "&lt;")
        let all = "<>&\"'"
        #expect(try Self.read("<a>\(XMLElement.escape(all))</a>").text == all)
    }

    private static let refused: [(String, XMLError)] = [
        ("", .notOneRoot), ("  ", .notOneRoot), ("text", .notOneRoot), ("<a/>x", .notOneRoot),
        ("<a/><b/>", .notOneRoot), ("x<a/>", .notOneRoot),
        ("<!DOCTYPE a><a/>", .forbidden), ("<!doctype a><a/>", .forbidden),
        ("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", .forbidden),
        ("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", .forbidden),
        ("<!DOCTYPE a PUBLIC \"x\" \"http://192.0.2.1/\"><a/>", .forbidden),
        ("<a><![CDATA[x]]></a>", .forbidden), ("<a><?php x ?></a>", .forbidden),
        (" <?xml version=\"1.0\"?><a/>", .forbidden),
        ("<a><?xml version=\"1.0\"?></a>", .forbidden),
        ("<?xml-stylesheet href=\"x\"?><a/>", .badTag), ("<?xml <!--?><a/>", .badTag),
        ("<a>&b;</a>", .badEntity), ("<a>&nbsp;</a>", .badEntity), ("<a>&</a>", .badEntity),
        ("<a>&amp</a>", .badEntity), ("<a>&#0;</a>", .badEntity), ("<a>&#xD800;</a>", .badEntity),
        ("<a>&#x110000;</a>", .badEntity), ("<a>&#;</a>", .badEntity), ("<a>&#x;</a>", .badEntity),
        ("<a>&#-1;</a>", .badEntity), ("<a>&#+65;</a>", .badEntity), ("<a>&;</a>", .badEntity),
        ("<a>&#99999999999999999999;</a>", .badEntity), ("<a b=\"&c;\"/>", .badEntity),
        ("<a>&#xFFFE;</a>", .badEntity), ("<a>&AMP;</a>", .badEntity),
        ("<a></b>", .mismatch), ("</a>", .mismatch), ("<a><b></a></b>", .mismatch),
        ("<a></A>", .mismatch), ("<x:a></y:a>", .mismatch), ("<a/></a>", .mismatch),
        ("<a", .truncated), ("<a>", .truncated), ("<a><b/>", .truncated), ("<a b", .truncated),
        ("<a b=", .truncated), ("<a b=\"c", .truncated), ("<!-- ", .truncated),
        ("<?xml ", .truncated), ("<a></a", .truncated), ("<a b=\"c\"", .truncated),
        ("<1/>", .badTag), ("<-a/>", .badTag), ("< a/>", .badTag), ("<a b/>", .badTag),
        ("<a b=c/>", .badTag), ("<a b=\"1\"c=\"2\"/>", .badTag), ("<a b=\"1\" b=\"2\"/>", .badTag),
        ("<a b=\"<\"/>", .badTag), ("<a:b:c/>", .badTag), ("<:a/>", .badTag), ("<a:/>", .badTag),
        ("<>", .badTag), ("<a / >", .badTag), ("</ a>", .badTag), ("<a\u{e9}/>", .badTag),
        ("<a>\u{1}</a>", .badCharacter), ("<a>\u{0}</a>", .badCharacter),
        ("<a>\u{7f}</a>", .badCharacter), ("<a>\u{ffff}</a>", .badCharacter),
    ]

    @Test(arguments: refused)
    func whatIsNotStrictXMLIsRefused(text: String, error: XMLError) {
        #expect(throws: error) { try Self.read(text) }
    }

    @Test func bytesThatAreNoUTF8AreRefused() {
        for bytes: [UInt8] in [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]] {
            let document = Array("<a>".utf8) + bytes + Array("</a>".utf8)
            #expect(throws: XMLError.badCharacter) { try XMLElement(parsing: document) }
        }
    }

    @Test func depthSizeAndCountsAreLimited() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        #expect(try Self.read(nested(16)).name == "a")
        #expect(throws: XMLError.tooMany) { try Self.read(nested(17)) }
        #expect(throws: XMLError.tooMany) { try Self.read(nested(5000)) }
        #expect(try Self.read("<a>" + String(repeating: "<b/>", count: 2047) + "</a>").name == "a")
        #expect(throws: XMLError.tooMany) {
            try Self.read("<a>" + String(repeating: "<b/>", count: 2048) + "</a>")
        }
        func attributes(_ count: Int) -> String {
            "<a" + (0..<count).map { " b\($0)=\"\"" }.joined() + "/>"
        }
        #expect(try Self.read(attributes(16)).name == "a")
        #expect(throws: XMLError.tooMany) { try Self.read(attributes(17)) }
        let long = String(repeating: "a", count: 129)
        #expect(throws: XMLError.badTag) { try Self.read("<\(long)/>") }
        #expect(throws: XMLError.tooLong) {
            try Self.read("<a>" + String(repeating: "x", count: 65_536) + "</a>")
        }
    }

    @Test func cutAtEveryByteItIsRefused() throws {
        let bytes = Array("<?xml version=\"1.0\"?><a x='1'><b>&lt;</b><!-- c --></a>".utf8)
        #expect(try XMLElement(parsing: bytes).children.count == 1)
        for count in bytes.indices {
            #expect(throws: XMLError.self, "\(count)") {
                try XMLElement(parsing: Array(bytes.prefix(count)))
            }
        }
    }

    @Test func anyBytesMayBeReadWithoutTrap() {
        var generator = SeededGenerator(seed: 21)
        let alphabet = Array("<<>>//!?-&;#x\"'=: ab1".utf8)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...40, using: &generator)
            let bytes = (0..<count).map { _ in
                alphabet[Int.random(in: alphabet.indices, using: &generator)]
            }
            _ = try? XMLElement(parsing: bytes)
            _ = try? XMLElement(parsing: Array("<a>".utf8) + bytes + Array("</a>".utf8))
        }
    }
}
