// SPDX-License-Identifier: Apache-2.0

/// What the network side allows itself.
enum Limits {
    /// Datagrams taken from the kernel by one system call.
    static let readBatchCount = 32
    /// Room for one datagram.
    ///
    /// A longer one arrives cut, is still longer than 1,232 bytes, and is dropped for that. A power of two, because NIO rounds the whole batch up to one.
    static let datagramByteCount = 2_048
    /// Descriptors that the process asks the system for, before it opens sockets for punching.
    static let descriptorCountWanted = 4_096
    /// Descriptors that such sockets leave to others, beside the half of all.
    static let descriptorCountReserved = 64
    /// Endpoints of which it is remembered by which of several sockets they are answered.
    static let answeringEndpointCountMax = 4_096
    /// Own addresses taken from the interfaces.
    static let interfaceAddressCountMax = 32
    /// Addresses of one host name.
    static let resolvedAddressCountMax = 8
    /// Interfaces on which hellos are said; Linux joins a group on 20 for one socket.
    static let multicastInterfaceCountMax = 40
    /// Link-local addresses of which the interface is remembered.
    static let zoneCountMax = 1_024
    /// Bytes of a routing table that are looked at.
    static let routingTableByteCountMax = 1 << 20
    /// How long the network must be quiet before a change is told: one event for a whole burst.
    static let settlingTime = Duration.milliseconds(200)
    /// How often it is said at once that something stirs within such a span, in milliseconds.
    static let stirringMilliseconds: Int64 = 50
    /// So often; another way out comes with two or three changes.
    static let stirringCountMax = 4
    /// How often the interfaces are compared where the system tells nothing.
    static let pollingInterval = Duration.seconds(5)
    /// A router's datagram; a longer one is none of ours.
    static let routerDatagramByteCountMax = 2_048
    /// How long a router may take for a whole exchange by TCP, in milliseconds.
    static let exchangeMilliseconds: Int64 = 5_000
    /// How often it is looked whether an answer by TCP is whole; then at its end.
    static let exchangeLookCountMax = 64
    /// How long a socket that broke stays unread before it is read again, in milliseconds.
    static let reopeningMilliseconds: Int64 = 1_000
}
