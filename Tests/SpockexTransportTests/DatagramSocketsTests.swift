// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

@testable import SpockexTransport

@Suite(.timeLimit(.minutes(10)))
struct DatagramSocketsTests {
    @Test(arguments: [Loopback.ipv4, Loopback.ipv6])
    func whatIsSentArrivesWithItsSource(listen: Endpoint) async throws {
        let (sender, receiver) = (try await Inbox([listen]), try await Inbox([listen]))
        let outcome = sender.sockets.send([1, 2, 3], to: receiver.endpoint)
        let received = await receiver.next()
        #expect(outcome == .sent)
        #expect(
            received == Received(bytes: [1, 2, 3], source: sender.endpoint, socket: SocketID(0)))
        #expect(receiver.endpoint.port != 0)
        #expect(receiver.endpoint.address == listen.address)
        await sender.sockets.close()
        await receiver.sockets.close()
    }

    @Test func manyDatagramsArriveInOrderOnLoopback() async throws {
        let (sender, receiver) = (
            try await Inbox([Loopback.ipv4]), try await Inbox([Loopback.ipv4])
        )
        for number in UInt8(0)..<100 { sender.sockets.send([number], to: receiver.endpoint) }
        var numbers: [UInt8] = []
        for await datagram in receiver.received.prefix(100) { numbers += datagram.bytes }
        #expect(numbers == Array(0..<100))
        #expect(sender.count("datagramsSent") == 100)
        await sender.sockets.close()
        await receiver.sockets.close()
    }

    @Test func anotherNodeOnThePortIsAnError() async throws {
        let first = try await Inbox([Loopback.ipv4])
        await #expect(throws: TransportError.portInUse(first.endpoint)) {
            try await Inbox([first.endpoint])
        }
        await first.sockets.close()
    }

    #if os(Linux)
        @Test func aDatagramLeavesByTheInterfaceThatIsNamed() async throws {
            let (sender, receiver) = (
                try await Inbox([Loopback.anyIPv4]), try await Inbox([Loopback.ipv4])
            )
            // By any other interface nothing comes to 127.0.0.1.
            if let other = DefaultRoute.current().first.flatMap({ WayOut(interface: $0.interface) })
            {
                sender.sockets.send([9], to: receiver.endpoint, by: other)
            }
            let way = try #require(WayOut(interface: "lo"))
            let outcome = sender.sockets.send([1, 2, 3], to: receiver.endpoint, by: way)
            #expect(outcome == .sent)
            #expect(await receiver.next()?.bytes == [1, 2, 3])
            #expect(WayOut(interface: "no such one") == nil)
            await sender.sockets.close()
            await receiver.sockets.close()
        }

        @Test func aSocketOfACertainAddressUsesNoOtherWay() async throws {
            let (sender, receiver) = (
                try await Inbox([Loopback.ipv4]), try await Inbox([Loopback.ipv4])
            )
            let way = try #require(WayOut(interface: "lo"))
            #expect(sender.sockets.send([1], to: receiver.endpoint, by: way) == .noSocket)
            await sender.sockets.close()
            await receiver.sockets.close()
        }
    #endif

    @Test func onePortServesBothFamilies() async throws {
        let ipv4 = try await Inbox([Loopback.anyIPv4])
        let port = ipv4.endpoint.port
        let ipv6 = try await Inbox([Endpoint(address: .v6(0, 0), port: port)])
        let sender = try await Inbox([Loopback.ipv4, Loopback.ipv6])
        sender.sockets.send([4], to: Endpoint(address: .v4(0x7f00_0001), port: port))
        sender.sockets.send([6], to: Endpoint(address: .v6(0, 1), port: port))
        #expect(await ipv4.next()?.bytes == [4])
        #expect(await ipv6.next()?.bytes == [6])
        for inbox in [ipv4, ipv6, sender] { await inbox.sockets.close() }
    }

    /// A router in between lets in only what comes from where was sent to.
    @Test func anAnswerLeavesByTheSocketThatWasSpokenTo() async throws {
        let host = try await Inbox([Loopback.ipv4, Loopback.ipv4])
        let peer = try await Inbox([Loopback.ipv4])
        let bound = host.sockets.bound
        // The socket that was spoken to, by whom, and the one that answers then.
        let steps: [(first: UInt8, to: Int, answers: Int)] = [
            (Inbox.stranger, 1, 0), (Inbox.claimed, 1, 1), (Inbox.claimed, 0, 0), (9, 1, 1),
            // A repetition moves nobody who has proved where he is.
            (Inbox.claimed, 0, 1), (Inbox.stranger, 0, 1), (9, 0, 0),
        ]
        for step in steps {
            // It is noted right after it is handed over: when the second is here, the first was noted.
            for _ in 0..<2 { peer.sockets.send([step.first], to: bound[step.to]) }
            for _ in 0..<2 { _ = await host.next() }
            host.sockets.send([2], to: peer.endpoint)
            #expect(await peer.next()?.source == bound[step.answers])
        }
        for inbox in [host, peer] { await inbox.sockets.close() }
    }

    @Test func theSocketFollowsTheAddressFamily() async throws {
        let receiver = try await Inbox([Loopback.ipv6, Loopback.ipv4])
        let sender = try await Inbox([Loopback.ipv4, Loopback.ipv6])
        sender.sockets.send([4], to: receiver.sockets.bound[1])
        let first = await receiver.next()
        sender.sockets.send([6], to: receiver.sockets.bound[0])
        let second = await receiver.next()
        #expect(
            first
                == Received(bytes: [4], source: sender.sockets.bound[0], socket: SocketID(1)))
        #expect(
            second
                == Received(bytes: [6], source: sender.sockets.bound[1], socket: SocketID(0)))
        await sender.sockets.close()
        await receiver.sockets.close()
    }

    @Test func anAddressWithoutSocketIsCountedOnly() async throws {
        let inbox = try await Inbox([Loopback.ipv4])
        let elsewhere = Endpoint(address: .v4(0xc000_0201), port: 9)
        #expect(inbox.sockets.send([1], to: Loopback.ipv6) == .noSocket)
        #expect(inbox.sockets.send([1], to: elsewhere) == .noSocket)
        #expect(inbox.count("sendsWithoutSocket") == 2)
        await inbox.sockets.close()
    }

    /// Sending to broadcast is not permitted; NIO's own channel would close for that.
    @Test func aRefusedSendEndsNothing() async throws {
        let (one, other) = (try await Inbox([Loopback.anyIPv4]), try await Inbox([Loopback.ipv4]))
        let broadcast = Endpoint(address: .v4(.max), port: 9)
        let refused = one.sockets.send([1], to: broadcast)
        guard case .failed = refused else {
            Issue.record("the system sent a broadcast: \(refused)")
            return
        }
        #expect(one.count("sendsFailed") == 1)
        one.sockets.send([2], to: other.endpoint)
        let received = try #require(await other.next())
        other.sockets.send([3], to: received.source)
        #expect(received.bytes == [2])
        #expect(await one.next()?.bytes == [3])
        await one.sockets.close()
        await other.sockets.close()
    }

    /// Nobody listens there, and the kernel learns it from itself.
    @Test func aClosedPortEndsNothing() async throws {
        let gone = try await Inbox([Loopback.ipv4])
        let (one, other) = (try await Inbox([Loopback.ipv4]), try await Inbox([Loopback.ipv4]))
        await gone.sockets.close()
        for _ in 0..<3 { one.sockets.send([1], to: gone.endpoint) }
        other.sockets.send([2], to: one.endpoint)
        #expect(await one.next()?.bytes == [2])
        await one.sockets.close()
        await other.sockets.close()
    }

    @Test func emptyAndOverlongDatagramsEndNothing() async throws {
        let (sender, receiver) = (
            try await Inbox([Loopback.ipv4]), try await Inbox([Loopback.ipv4])
        )
        sender.sockets.send([], to: receiver.endpoint)
        sender.sockets.send([UInt8](repeating: 7, count: 60_000), to: receiver.endpoint)
        sender.sockets.send([1], to: receiver.endpoint)
        var counts: [Int] = []
        while counts.last != 1, let datagram = await receiver.next() {
            counts.append(datagram.bytes.count)
        }
        #expect(counts == [0, Limits.datagramByteCount, 1])
        #expect(Limits.datagramByteCount > 1_232)
        await sender.sockets.close()
        await receiver.sockets.close()
    }

    @Test func closingFreesThePort() async throws {
        let first = try await Inbox([Loopback.ipv4])
        await first.sockets.close()
        let second = try await Inbox([first.endpoint])
        #expect(second.endpoint == first.endpoint)
        let outcome = first.sockets.send([1], to: second.endpoint)
        guard case .failed = outcome else {
            Issue.record("a closed socket sent: \(outcome)")
            return
        }
        await second.sockets.close()
    }

    @Test(arguments: [0, 2])
    func aReaderThatClosesIsReplacedHoweverOftenItTakes(failedTries: Int) async throws {
        let (sender, receiver) = (
            try await Inbox([Loopback.ipv4]), try await Inbox([Loopback.ipv4])
        )
        await receiver.sockets.interruptReading(refusing: failedTries)
        sender.sockets.send([1], to: receiver.endpoint)
        #expect(await receiver.next()?.bytes == [1])
        #expect(receiver.count("socketsReopened") == UInt64(failedTries + 1))
        await sender.sockets.close()
        await receiver.sockets.close()
    }

    @Test(arguments: [0, 257])
    func noOrTooManyEndpointsAreRefused(count: Int) async {
        await #expect(throws: TransportError.wrongListenCount(count)) {
            try await Inbox([Endpoint](repeating: Loopback.ipv4, count: count))
        }
    }

    @Test func oneUnusableEndpointBindsNone() async throws {
        // 192.0.2.1 is nobody's address, this computer's neither.
        let foreign = Endpoint(address: .v4(0xc000_0201), port: 0)
        let probe = try await Inbox([Loopback.ipv4])
        await probe.sockets.close()
        await #expect(throws: TransportError.self) {
            try await Inbox([probe.endpoint, foreign])
        }
        let again = try await Inbox([probe.endpoint])
        #expect(again.endpoint == probe.endpoint)
        await again.sockets.close()
    }
}
