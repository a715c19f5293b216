// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// Why the sockets could not be opened.
public enum TransportError: Error, Equatable, Sendable {
    /// Another program uses the port.
    case portInUse(Endpoint)
    /// The system refused the socket or its address; the `errno`.
    case cannotListen(Endpoint, code: Int32)
    /// No endpoint to listen on was given, or more than 256.
    case wrongListenCount(Int)
    /// The event loop did not take the socket.
    case cannotRead(Endpoint)
}
