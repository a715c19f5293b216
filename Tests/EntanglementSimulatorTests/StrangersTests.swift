// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EntanglementSimulator

@Suite("What nobody of the other cluster may hold, looked for in one pass")
struct StrangersTests {
    private let strangers: Strangers = {
        var strangers = Strangers()
        strangers.add([1, 2, 3], of: HostID(number: 0))
        strangers.add([1, 2, 9, 9], of: HostID(number: 1))
        strangers.add([7, 7], of: HostID(number: 1))
        return strangers
    }()

    @Test(
        arguments: [
            ([], []), ([1], []), ([1, 2], []), ([1, 2, 9], []), ([2, 3, 1], []),
            ([1, 2, 3], [0]), ([0, 1, 2, 3, 0], [0]), ([1, 1, 2, 3], [0]),
            ([0, 7, 7], [1]), ([7, 7, 1, 2, 9, 9, 7, 7], [1]), ([7, 7, 1, 2, 3], [1, 0]),
        ] as [([UInt8], [Int])])
    func eachHostOnceInTheOrderOfTheBytes(bytes: [UInt8], numbers: [Int]) {
        #expect(self.strangers.hosts(in: bytes).map(\.number) == numbers)
    }
}
