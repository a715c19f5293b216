// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OfflineCodes

@Suite struct CodeWriterTests {
    @Test func comesBackFromPNG() throws {
        let writer = try CodeWriter(text: "hello")
        #expect(try CodeReader().read(writer.png()) == .init(text: "hello", source: .picture))
    }
}
