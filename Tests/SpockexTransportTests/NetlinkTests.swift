// SPDX-License-Identifier: Apache-2.0
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@testable import SpockexTransport

struct NetlinkTests {
    private func message(_ type: UInt16, bodyCount: Int = 8) -> [UInt8] {
        let length = UInt32(16 + bodyCount)
        let header: [UInt8] = withUnsafeBytes(of: length) { Array($0) }
        let kind: [UInt8] = withUnsafeBytes(of: type) { Array($0) }
        let rest = [UInt8](repeating: 0, count: 10 + (bodyCount + 3) / 4 * 4)
        return header + kind + rest
    }

    private func news(_ bytes: [UInt8]) -> Netlink.News? {
        bytes.withUnsafeBytes { Netlink.news(in: $0) }
    }

    @Test(arguments: [UInt16(16), 17, 20, 24, 25])
    func whatMayHaveChangedIsCompared(type: UInt16) {
        #expect(self.news(self.message(type)) == .maybe)
    }

    @Test func anAddressThatWentAwayIsALoss() {
        #expect(self.news(self.message(21)) == .loss)
        #expect(self.news(self.message(20, bodyCount: 7) + self.message(21)) == .loss)
        #expect(self.news(self.message(21) + self.message(20)) == .loss)
    }

    @Test(arguments: [UInt8(253), 254])
    func anAddressOfTheLinkAloneIsNone(scope: UInt8) {
        var message = self.message(21)
        message[19] = scope
        #expect(self.news(message) == .maybe)
    }

    @Test(arguments: [UInt16(0), 2, 3, 28, 0xffff])
    func otherMessagesSayNothing(type: UInt16) {
        #expect(self.news(self.message(type)) == nil)
    }

    @Test func everyCutAndEveryLengthIsSafe() {
        let bytes = self.message(20, bodyCount: 5) + self.message(17)
        for count in 0..<bytes.count {
            let found = self.news(Array(bytes[..<count]))
            #expect(count < 16 ? found == nil : found != nil)
        }
        for length in [UInt8(0), 1, 15, 16, 17, 255] {
            var wrong = bytes
            wrong[0] = length
            let found = self.news(wrong)
            #expect(length < 16 ? found == nil : found != nil)
        }
        #expect(self.news([UInt8](repeating: 0xff, count: 64)) != .loss)
    }

    /// A message about a route of that family with so long a prefix.
    private func route(_ type: UInt16, family: CInt = AF_INET, prefix: UInt8 = 0) -> [UInt8] {
        var bytes = self.message(type)
        bytes[16] = UInt8(family)
        bytes[17] = prefix
        return bytes
    }

    private func tellsOfWayOut(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { Netlink.tellsOfDefaultRoute($0) }
    }

    @Test func onlyDefaultRoutesOfIPv4AreWaysOut() {
        for type in [UInt16(24), 25] {
            #expect(self.tellsOfWayOut(self.route(type)))
            #expect(!self.tellsOfWayOut(self.route(type, prefix: 24)))
            #expect(!self.tellsOfWayOut(self.route(type, family: AF_INET6)))
        }
        for type in [UInt16(16), 17, 20, 21] { #expect(!self.tellsOfWayOut(self.route(type))) }
        let whole = self.message(20, bodyCount: 8).prefix(24) + self.route(24)
        #expect(self.tellsOfWayOut(Array(whole)))
        for count in 0..<whole.count {
            #expect(self.tellsOfWayOut(Array(whole.prefix(count))) == (count >= 42))
        }
        #expect(!self.tellsOfWayOut([UInt8](repeating: 0, count: 64)))
        #expect(!self.tellsOfWayOut([UInt8](repeating: 0xff, count: 64)))
    }

    @Test func ofManyNewsTheFirstFewAndOneForTheRestArePassedOn() {
        var stirring = Stirring()
        #expect((0..<6).map { _ in stirring.take() } == [true, true, true, true, false, false])
        #expect([stirring.endPause(), stirring.endPause()] == [true, false])
        #expect((0..<2).map { _ in stirring.take() } == [true, true])
        let isMissed = stirring.endPause()
        #expect(!isMissed)
    }

    #if os(Linux)
        @Test func theSystemGivesASocketForNews() async throws {
            let reader = try #require(await NetlinkReader.open())
            reader.close()
            // Closing ends the stream, so this loop ends.
            for await _ in reader.news {}
        }
    #endif
}
