// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Foundation
import SpockexTransport
import Testing

@testable import SpockexNode

@Suite struct NodeSettingsTests {
    private static let both = NodeSettings.defaultListen

    /// What is opened on a system where the second endpoint is refused with that error.
    private func opened(
        _ listen: [Endpoint], refusing refused: Endpoint, code: Int32
    ) async throws -> [Endpoint] {
        try await NodeSettings.opening(listen) { listen throws(TransportError) in
            guard !listen.contains(refused) else {
                throw .cannotListen(refused, code: code)
            }
            return listen
        }
    }

    @Test(arguments: Self.both, [EAFNOSUPPORT, EADDRNOTAVAIL])
    func theDefaultGoesWithoutAFamilyThatIsNotThere(missing: Endpoint, code: Int32) async throws {
        let rest = try await self.opened(Self.both, refusing: missing, code: code)
        #expect(rest == Self.both.filter { $0 != missing })
    }

    @Test func anotherErrorStands() async {
        await #expect(throws: TransportError.cannotListen(Self.both[1], code: EACCES)) {
            try await self.opened(Self.both, refusing: Self.both[1], code: EACCES)
        }
    }

    @Test func whatSomebodyAskedForIsNotLeftOut() async {
        let asked = [Endpoint(address: .v4(0), port: 5), Endpoint(address: .v6(0, 0), port: 5)]
        await #expect(throws: TransportError.cannotListen(asked[1], code: EAFNOSUPPORT)) {
            try await self.opened(asked, refusing: asked[1], code: EAFNOSUPPORT)
        }
    }

    @Test func aSystemWithNeitherFamilyIsAnError() async {
        await #expect(throws: TransportError.self) {
            try await NodeSettings.opening(Self.both) {
                listen throws(TransportError) -> [Endpoint] in
                throw .cannotListen(listen[0], code: EAFNOSUPPORT)
            }
        }
    }
}
