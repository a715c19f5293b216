// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Synchronization

/// At which of several sockets each endpoint was heard last.
///
/// A peer's router or firewall lets in what comes from where the peer sent to: an answer must leave
/// by the socket that was spoken to. Only endpoints of authentic datagrams are noted, so strangers
/// fill nothing; at the limit all is forgotten, and the next datagram of each tells it anew.
final class AnsweringSockets: Sendable {
    private let places = Mutex<[Endpoint: SocketID]>([:])

    func note(_ endpoint: Endpoint, at socket: SocketID) {
        self.places.withLock { places in
            if places.count >= Limits.answeringEndpointCountMax, places[endpoint] == nil {
                places.removeAll(keepingCapacity: true)
            }
            places[endpoint] = socket
        }
    }

    func socket(for endpoint: Endpoint) -> SocketID? {
        self.places.withLock { $0[endpoint] }
    }
}
