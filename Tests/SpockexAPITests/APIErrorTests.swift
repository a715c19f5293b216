// SPDX-License-Identifier: Apache-2.0
import SpockexAPI
import Testing

@Suite struct APIErrorTests {
    @Test(arguments: APIError.Code.allCases)
    func exitCodesAreThePromisedOnes(code: APIError.Code) {
        #expect([1, 64, 65, 69, 75].contains(code.exitCode))
        #expect((400...599).contains(code.httpStatus))
    }

    @Test func onlyAStoppedNodeIs69() {
        #expect(APIError.Code.allCases.filter { $0.exitCode == 69 } == [.notRunning])
    }

    @Test func anUnknownCodeIsAnInternalError() throws {
        let text = #"{"error":{"code":"ofALaterVersion","hint":"h","message":"m"}}"#
        let error = try JSONLine.value(APIError.self, from: Array(text.utf8))
        #expect(error == APIError(.internalError, "m", hint: "h"))
    }
}
