// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Foundation
import PortMapping
import Testing

@testable import SpockexNode

@Suite struct TraceFileTests {
    private static let now = Moment(
        instant: Instant(nanoseconds: 5_000_000_000), wall: WallTime(seconds: 1_800_000_000))

    private static func trace(_ number: UInt8, seconds: Int64 = 7200) throws -> PortMapper.Trace {
        PortMapper.Trace(
            inner: try #require(Endpoint(number % 2 == 0 ? "192.0.2.7:5" : "[2001:db8::5]:6")),
            router: try #require(IPAddress(number % 2 == 0 ? "192.0.2.1" : "fe80::1")),
            nonce: (0..<12).map { number &+ $0 }, isGranted: number % 2 == 0,
            end: Self.now.instant + .seconds(seconds))
    }

    private static func home() throws -> TestHome {
        let home = TestHome()
        try HomeFolder.prepare(home.path)
        return home
    }

    @Test func whatIsSavedIsLoadedUntilItIsOver() throws {
        let home = try Self.home()
        let file = TraceFile(home: home.path)
        #expect(file.load(now: Self.now) == [])
        let traces = [try Self.trace(2), try Self.trace(251, seconds: 60)]
        file.save(traces, now: Self.now)
        #expect(file.load(now: Self.now) == traces)
        // Another process has another zero of its clock.
        let later = Moment(
            instant: Instant(nanoseconds: 7), wall: Self.now.wall + .seconds(100))
        let left = file.load(now: later)
        #expect(left.map(\.nonce) == [traces[0].nonce])
        #expect(left.map(\.end) == [later.instant + .seconds(7100)])
        file.save([], now: Self.now)
        #expect(!FileManager.default.fileExists(atPath: home.path + "/router.traces"))
    }

    @Test func nobodyElseCanReadIt() throws {
        let home = try Self.home()
        TraceFile(home: home.path).save([try Self.trace(1)], now: Self.now)
        let attributes = try FileManager.default.attributesOfItem(
            atPath: home.path + "/router.traces")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let names = try FileManager.default.contentsOfDirectory(atPath: home.path)
        #expect(names == ["router.traces"])
    }

    @Test func whatIsOverGoesWhenItIsLoaded() throws {
        let home = try Self.home()
        let file = TraceFile(home: home.path)
        let traces = [try Self.trace(2), try Self.trace(251, seconds: 60)]
        file.save(traces, now: Self.now)
        let text = { try? String(contentsOfFile: home.path + "/router.traces", encoding: .utf8) }
        #expect(file.loadAndTidy(now: Self.now) == traces)
        #expect(text()?.split(separator: "\n").count == 2)
        for (seconds, count) in [(Int64(100), 1), (7200, nil)] {
            let later = Moment(
                instant: Instant(nanoseconds: 7), wall: Self.now.wall + .seconds(seconds))
            #expect(file.loadAndTidy(now: later).count == count ?? 0)
            #expect(text()?.split(separator: "\n").count == count)
        }
    }

    private static let good = "192.0.2.7:5 192.0.2.1 000102030405060708090a0b 1800000060 granted\n"

    @Test(
        arguments: [
            "", "\n", "x", String(repeating: "a", count: 5000), "192.0.2.7:5 192.0.2.1",
            "192.0.2.7 192.0.2.1 000102030405060708090a0b 1800000060 granted",
            "192.0.2.7:5 router 000102030405060708090a0b 1800000060 granted",
            "192.0.2.7:5 192.0.2.1 0001020304050607+8090a0b 1800000060 granted",
            "192.0.2.7:5 192.0.2.1 000102030405060708090a 1800000060 granted",
            "192.0.2.7:5 192.0.2.1 000102030405060708090a0b 1800000000 granted",
            "192.0.2.7:5 192.0.2.1 000102030405060708090a0b 9999999999999 granted",
            "192.0.2.7:5 192.0.2.1 000102030405060708090a0b -9223372036854775808 granted",
            "192.0.2.7:5 192.0.2.1 000102030405060708090a0b 1800000060",
            "192.0.2.7:5 192.0.2.1 000102030405060708090a0b 1800000060 x",
            "192.0.2.7:5 192.0.2.1 000102030405060708090a0b 1800000060 granted x",
        ])
    func aLineThatIsWrongIsPassedOver(line: String) throws {
        let home = try Self.home()
        let path = home.path + "/router.traces"
        try Data((line + "\n" + Self.good).utf8).write(to: URL(fileURLWithPath: path))
        let loaded = TraceFile(home: home.path).load(now: Self.now)
        #expect(loaded.count == (line.utf8.count < 4000 ? 1 : 0))
        #expect(loaded.allSatisfy { $0.nonce == Array(0..<12) })
    }
}
