// SPDX-License-Identifier: Apache-2.0
import SpockexAPI
import Testing

@Suite struct EventStreamParserTests {
    private static let stream = ": hello\n\ndata: one\n\nid: 4\ndata: two\ndata:three\n\ndata: cut"

    @Test func givesCompleteEventsOnly() throws {
        var parser = EventStreamParser()
        let events = try parser.append(Self.stream.utf8)
        #expect(events == [Array("one".utf8), Array("two\nthree".utf8)])
    }

    @Test func cutsAnywhereMakeNoDifference() throws {
        let bytes = Array(Self.stream.utf8)
        for cut in bytes.indices {
            var parser = EventStreamParser()
            var events = try parser.append(bytes[..<cut])
            events += try parser.append(bytes[cut...])
            #expect(events == [Array("one".utf8), Array("two\nthree".utf8)])
        }
    }

    @Test func anEndlessEventIsRefused() {
        var parser = EventStreamParser()
        let endless = [UInt8](repeating: 0x61, count: EventStreamParser.byteCountLimit + 1)
        var thrown: APIError?
        do throws(APIError) { _ = try parser.append(endless) } catch { thrown = error }
        #expect(thrown?.code == .internalError)
    }
}
