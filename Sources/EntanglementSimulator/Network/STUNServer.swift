// SPDX-License-Identifier: Apache-2.0
import PortMapping

/// What a STUN server of the simulated internet answers (RFC 8489).
enum STUNServer {
    static func reply(to packet: Packet) -> [UInt8]? {
        guard let request = try? STUNMessage(parsing: packet.bytes),
            request.messageClass == .request
        else { return nil }
        return STUNMessage(
            .success, transaction: request.transaction,
            attributes: [.xorMappedAddress(packet.source)]
        ).encoded()
    }
}
