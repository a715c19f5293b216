// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

@testable import SpockexTransport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

@Suite(.timeLimit(.minutes(10)))
struct RouterSocketsTests {
    private static let own = IPAddress.v4(0x7f00_0001)

    // MARK: Datagrams

    @Test func aRequestLeavesFromTheAddressThatItNames() async throws {
        let router = try await Inbox([Loopback.ipv4])
        let (answers, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        let sockets = RouterSockets { bytes, _ in continuation.yield(bytes) }
        #if os(Linux)
            let own = IPAddress.v4(0x7f00_0002)
        #else
            let own = Self.own
        #endif
        sockets.send([2, 1], to: router.endpoint, from: own)
        let asked = try #require(await router.next())
        #expect(asked.bytes == [2, 1] && asked.source.address == own)
        router.sockets.send([2, 129], to: asked.source)
        #expect(await answers.first { _ in true } == [2, 129])
        // What is longer than a router's message is none.
        router.sockets.send([UInt8](repeating: 1, count: 2048), to: asked.source)
        router.sockets.send([3], to: asked.source)
        #expect(await answers.first { $0 != [2, 129] }?.count ?? 0 <= 2048)
        sockets.close()
        await router.sockets.close()
    }

    @Test func anAddressThatIsNotOursSendsNothing() {
        let sockets = RouterSockets { _, _ in }
        sockets.send([1], to: Loopback.ipv4, from: .v4(0xcb00_7101))
        sockets.close()
        sockets.send([1], to: Loopback.ipv4, from: Self.own)
        #expect(sockets.counters.map(\.count) == [0, 2, 0, 0])
    }

    @Test func twoNodesListenForTheSameAnnouncements() throws {
        let group = MulticastGroup(address: .v4(0xe000_0001), own: Self.own, interface: 0)
        let first = try DatagramSocket(
            bindingTo: Endpoint(address: group.address, port: 0), group: group)
        let second = try DatagramSocket(
            bindingTo: Endpoint(address: group.address, port: first.bound.port), group: group)
        #expect(first.bound == second.bound)
    }

    // MARK: Exchanges

    private func exchange(
        with server: TCPServer, isWhole: @escaping @Sendable ([UInt8]) -> Bool = { _ in false },
        _ answer: (CInt) -> Void
    ) async -> [UInt8]? {
        let (results, continuation) = AsyncStream.makeStream(of: [UInt8]?.self)
        let sockets = RouterSockets { _, _ in }
        sockets.exchange(
            Array("GET".utf8), with: server.endpoint, from: Self.own, limit: 100,
            isWhole: isWhole
        ) { continuation.yield($0) }
        server.serve(answer)
        let result = await results.first { _ in true } ?? nil
        sockets.close()
        return result
    }

    @Test func whatComesUntilTheEndIsTheAnswer() async throws {
        let server = try #require(TCPServer())
        let answer = await self.exchange(with: server) { handle in
            server.write(handle, [1, 2])
            server.write(handle, [3])
        }
        #expect(answer == [1, 2, 3])
        #expect(server.asked == Array("GET".utf8))
    }

    @Test func aWholeAnswerNeedsNoEnd() async throws {
        let server = try #require(TCPServer(keepsOpen: true))
        let answer = await self.exchange(with: server, isWhole: { $0.count == 3 }) { handle in
            server.write(handle, [1, 2, 3])
        }
        #expect(answer == [1, 2, 3])
    }

    @Test func anEndlessAnswerIsNone() async throws {
        let server = try #require(TCPServer())
        let answer = await self.exchange(with: server) { handle in
            server.write(handle, [UInt8](repeating: 7, count: 101))
        }
        #expect(answer == nil)
    }

    @Test func silenceAndRefusalAreNoAnswer() async throws {
        let server = try #require(TCPServer())
        #expect(await self.exchange(with: server) { _ in } == nil)
        let endpoint = server.endpoint
        server.stop()
        let (results, continuation) = AsyncStream.makeStream(of: [UInt8]?.self)
        let sockets = RouterSockets { _, _ in }
        sockets.exchange(
            [1], with: endpoint, from: Self.own, limit: 100, isWhole: { _ in true }
        ) { continuation.yield($0) }
        #expect(await results.first { _ in true } == .some(nil))
        sockets.close()
    }
}

/// A TCP server on loopback for one connection; it waits, so the connection must be on its way.
private final class TCPServer {
    let endpoint: Endpoint
    private(set) var asked: [UInt8] = []
    private let listener: CInt
    private let keepsOpen: Bool
    private var open: [CInt] = []
    private var isStopped = false

    init?(keepsOpen: Bool = false) {
        #if canImport(Glibc)
            let stream = CInt(SOCK_STREAM.rawValue)
        #else
            let stream = SOCK_STREAM
        #endif
        let listener = socket(AF_INET, stream, 0)
        self.listener = listener
        self.keepsOpen = keepsOpen
        let bound = SocketAddressBytes.with(Loopback.ipv4) { bind(listener, $0, $1) }
        guard bound == 0, listen(listener, 4) == 0,
            let endpoint = DatagramSocket.boundEndpoint(of: listener)
        else { return nil }
        self.endpoint = endpoint
    }

    deinit {
        self.stop()
    }

    /// Takes one connection, reads once, and answers.
    func serve(_ answer: (CInt) -> Void) {
        let handle = accept(self.listener, nil, nil)
        guard handle >= 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 100)
        let count = recv(handle, &buffer, buffer.count, 0)
        self.asked = Array(buffer.prefix(max(count, 0)))
        answer(handle)
        if self.keepsOpen { self.open.append(handle) } else { _ = close(handle) }
    }

    func write(_ handle: CInt, _ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { send(handle, $0.baseAddress, $0.count, 0) }
    }

    func stop() {
        guard !self.isStopped else { return }
        self.isStopped = true
        for handle in self.open { _ = close(handle) }
        self.open = []
        _ = close(self.listener)
    }
}
