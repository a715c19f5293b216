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

    func note(
        _ endpoint: Endpoint, at socket: SocketID, _ acquaintance: DatagramSockets.Acquaintance
    ) {
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
        self.places.withLock { $0.proved[endpoint] ?? $0.claimed[endpoint] }
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
