// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Synchronization

/// At which of several sockets each endpoint was heard last.
///
/// A peer's router or firewall lets in what comes from where the peer sent to: an answer must leave
/// by the socket that was spoken to. What may be a repetition is noted apart, so that who replays
/// recorded datagrams neither moves a peer to another socket nor fills its place.
final class AnsweringSockets: Sendable {
    private struct Places: Sendable {
        var proved: [Endpoint: SocketID] = [:]
        var claimed: [Endpoint: SocketID] = [:]
    }

    private let places = Mutex(Places())
    private let isActive: Atomic<Bool>
    private let isAlwaysActive: Bool

    /// With one socket of a family there is nothing to remember, until more are opened.
    init(isActive: Bool = true) {
        self.isActive = Atomic(isActive)
        self.isAlwaysActive = isActive
    }

    /// There is more than one socket now.
    func activate() {
        self.isActive.store(true, ordering: .relaxed)
    }

    /// The core has proved that the endpoint is reached by that socket.
    func bind(_ endpoint: Endpoint, to socket: SocketID) {
        self.note(endpoint, at: socket, .proved)
    }

    /// Sockets opened while punching are closed, but these.
    func forgetFresh(keeping kept: [SocketID]) {
        func stays(_ socket: SocketID) -> Bool { !socket.isFresh || kept.contains(socket) }
        self.places.withLock { places in
            places.proved = places.proved.filter { stays($0.value) }
            places.claimed = places.claimed.filter { stays($0.value) }
            guard kept.isEmpty, !self.isAlwaysActive else { return }
            places = Places()
            self.isActive.store(false, ordering: .relaxed)
        }
    }

    func note(
        _ endpoint: Endpoint, at socket: SocketID, _ acquaintance: DatagramSockets.Acquaintance
    ) {
        guard self.isActive.load(ordering: .relaxed) else { return }
        switch acquaintance {
        case .stranger: break
        case .claimed:
            self.places.withLock { Self.put(endpoint, socket, into: &$0.claimed) }
        case .proved:
            self.places.withLock {
                Self.put(endpoint, socket, into: &$0.proved)
                $0.claimed[endpoint] = nil
            }
        }
    }

    func socket(for endpoint: Endpoint) -> SocketID? {
        guard self.isActive.load(ordering: .relaxed) else { return nil }
        return self.places.withLock { $0.proved[endpoint] ?? $0.claimed[endpoint] }
    }

    /// At the limit all is forgotten, and the next datagram of each tells it anew.
    private static func put(
        _ endpoint: Endpoint, _ socket: SocketID, into places: inout [Endpoint: SocketID]
    ) {
        if places.count >= Limits.answeringEndpointCountMax, places[endpoint] == nil {
            places.removeAll(keepingCapacity: true)
        }
        places[endpoint] = socket
    }
}
