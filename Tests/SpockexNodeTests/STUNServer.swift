// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import SpockexTransport
import Synchronization

/// A STUN server on loopback that tells everybody the same endpoint, or nobody anything.
final class STUNServer: Sendable {
    private let told: Endpoint?
    private let requests = Atomic<Int>(0)
    private let sockets = Mutex<DatagramSockets?>(nil)

    private init(telling endpoint: Endpoint?) {
        self.told = endpoint
    }

    static func start(telling endpoint: Endpoint?) async throws -> STUNServer {
        let server = STUNServer(telling: endpoint)
        let sockets = try await DatagramSockets(listen: [Loopback.ipv4]) { bytes, source, _ in
            server.receive(Array(bytes), from: source)
            return .stranger
        }
        server.sockets.withLock { $0 = sockets }
        return server
    }

    var requestCount: Int {
        self.requests.load(ordering: .relaxed)
    }

    var address: String {
        self.sockets.withLock { $0.map { "\($0.bound[0])" } ?? "" }
    }

    func stop() async {
        let sockets = self.sockets.withLock { sockets in
            defer { sockets = nil }
            return sockets
        }
        await sockets?.close()
    }

    private func receive(_ bytes: [UInt8], from source: Endpoint) {
        guard let message = try? STUNMessage(parsing: bytes), message.messageClass == .request
        else { return }
        self.requests.add(1, ordering: .relaxed)
        guard let told = self.told else { return }
        let answer = STUNMessage(
            .success, transaction: message.transaction, attributes: [.xorMappedAddress(told)])
        self.sockets.withLock { _ = $0?.send(answer.encoded(), to: source) }
    }
}
