// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// The sockets of a simulated host that were opened while punching, and which peer is answered by which.
///
/// What the real driver's `DatagramSockets` and `AnsweringSockets` do, by port numbers.
struct FreshSockets: Sendable {
    private static let portMin: UInt16 = 49_152

    private let main: UInt16
    /// The ports of the sockets since the last closing, by number.
    private var ports: [UInt16] = []
    /// Those that are a peer's path.
    private var kept: [UInt16] = []
    private var nextPort = Self.portMin
    private var proved: [Endpoint: UInt16] = [:]
    private var claimed: [Endpoint: UInt16] = [:]
    /// The ports of the sockets that are there for measuring alone, by number.
    private var asides: [UInt16?] = [nil, nil]

    init(main: UInt16) {
        self.main = main
    }

    /// How many are open.
    var count: Int { self.ports.count + self.kept.count }

    /// The port of a socket, which is opened now if it is not yet.
    mutating func port(ofSocket number: Int) -> UInt16 {
        while self.ports.count <= number { self.ports.append(self.takePort()) }
        return self.ports[number]
    }

    /// The same of a socket that is there for measuring alone.
    mutating func port(ofAside number: Int) -> UInt16 {
        let port = self.asides[number] ?? self.takePort()
        self.asides[number] = port
        return port
    }

    mutating func closeAside(_ number: Int) { self.asides[number] = nil }

    private mutating func takePort() -> UInt16 {
        defer { self.nextPort = self.nextPort == .max ? Self.portMin : self.nextPort + 1 }
        return self.nextPort
    }

    /// By which socket a datagram came in; nil: none has that port.
    func socket(at port: UInt16) -> SocketID? {
        if port == self.main { return SocketID(0) }
        if let number = self.asides.firstIndex(of: port) { return .aside(number) }
        let isOpen = self.ports.contains(port) || self.kept.contains(port)
        return isOpen ? SocketID(UInt32(port)) : nil
    }

    /// By which port something leaves.
    func port(for endpoint: Endpoint) -> UInt16 {
        self.proved[endpoint] ?? self.claimed[endpoint] ?? self.main
    }

    mutating func bind(_ endpoint: Endpoint, to socket: SocketID) {
        self.proved[endpoint] = socket.isFresh ? UInt16(truncatingIfNeeded: socket.number) : nil
        self.claimed[endpoint] = nil
    }

    /// An authentic datagram came in; it is new if it was opened by a session.
    mutating func note(_ endpoint: Endpoint, at socket: SocketID, isNew: Bool) {
        guard self.count > 0, socket.asideNumber == nil else { return }
        let port = socket.isFresh ? UInt16(truncatingIfNeeded: socket.number) : self.main
        if isNew {
            self.proved[endpoint] = port
            self.claimed[endpoint] = nil
        } else {
            self.claimed[endpoint] = port
        }
    }

    /// Closes all but those by which these endpoints are answered.
    mutating func close(keeping endpoints: [Endpoint]) {
        let wanted = endpoints.map { self.port(for: $0) }
        self.kept = (self.ports + self.kept).filter(wanted.contains)
        self.ports = []
        let left = self.kept
        self.proved = self.proved.filter { left.contains($0.value) }
        self.claimed = self.claimed.filter { left.contains($0.value) }
    }
}
