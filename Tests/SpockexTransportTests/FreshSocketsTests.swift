// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexTransport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct FreshSocketsTests {
    @Test func eachNumberHasAPortOfItsOwn() async throws {
        let (host, peer) = (try await Inbox([Loopback.ipv4]), try await Inbox([Loopback.ipv4]))
        var sources: [Endpoint] = []
        for number in [0, 1, 1, 2] {
            #expect(host.sockets.sendFresh([9], to: peer.endpoint, number: number) == .sent)
            sources.append(try #require(await peer.next()).source)
        }
        #expect(Set(sources + [host.endpoint]).count == 4)
        #expect(sources[1] == sources[2])
        for inbox in [host, peer] { await inbox.sockets.close() }
    }

    @Test func theOneThatWasSpokenToAnswersAndIsKept() async throws {
        let (host, peer) = (try await Inbox([Loopback.ipv4]), try await Inbox([Loopback.ipv4]))
        var sources: [Endpoint] = []
        for number in 0..<3 {
            host.sockets.sendFresh([9], to: peer.endpoint, number: number)
            sources.append(try #require(await peer.next()).source)
        }
        // Noted right after it is handed over: when the second is here, the first was noted.
        for _ in 0..<2 { peer.sockets.send([7], to: sources[1]) }
        let heard = try #require(await host.next())
        _ = await host.next()
        #expect(heard.socket.isFresh)
        host.sockets.send([3], to: peer.endpoint)
        #expect(await peer.next()?.source == sources[1])

        host.sockets.closeFresh(keeping: [peer.endpoint])
        host.sockets.send([3], to: peer.endpoint)
        #expect(await peer.next()?.source == sources[1])
        peer.sockets.send([8], to: sources[1])
        #expect(await host.next()?.bytes == [8])
        // The numbers begin anew.
        host.sockets.sendFresh([9], to: peer.endpoint, number: 1)
        let again = try #require(await peer.next()).source
        #expect(!sources.contains(again))

        host.sockets.closeFresh(keeping: [])
        host.sockets.send([3], to: peer.endpoint)
        #expect(await peer.next()?.source == host.endpoint)
        for inbox in [host, peer] { await inbox.sockets.close() }
    }

    @Test func theCoreBindsAnEndpointToASocket() async throws {
        let (host, peer) = (try await Inbox([Loopback.ipv4]), try await Inbox([Loopback.ipv4]))
        host.sockets.sendFresh([9], to: peer.endpoint, number: 0)
        let source = try #require(await peer.next()).source
        peer.sockets.send([Inbox.stranger], to: source)
        let socket = try #require(await host.next()).socket
        host.sockets.send([3], to: peer.endpoint)
        #expect(await peer.next()?.source == host.endpoint)
        host.sockets.bind(peer.endpoint, to: socket)
        host.sockets.send([3], to: peer.endpoint)
        #expect(await peer.next()?.source == source)
        for inbox in [host, peer] { await inbox.sockets.close() }
    }

    @Test func moreThanTheSystemAllowsSendNothing() async throws {
        let (host, peer) = (try await Inbox([Loopback.ipv4]), try await Inbox([Loopback.ipv4]))
        #expect(host.sockets.sendFresh([9], to: peer.endpoint, number: 100_000) == .noSocket)
        #expect(host.sockets.sendFresh([9], to: peer.endpoint, number: -1) == .noSocket)
        for inbox in [host, peer] { await inbox.sockets.close() }
        #expect(host.sockets.sendFresh([9], to: peer.endpoint, number: 0) == .noSocket)
    }
}
