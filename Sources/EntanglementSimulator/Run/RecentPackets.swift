// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// The last packets that arrived, and a Mermaid diagram of them.
public struct RecentPackets: Sendable {
    private struct Row: Sendable {
        let at: Instant
        let to: HostID
        let packet: Packet
    }

    private static let countMax = 400

    private var rows: [Row] = []

    mutating func note(_ packet: Packet, at now: Instant, to host: HostID) {
        self.rows.append(Row(at: now, to: host, packet: packet))
        if self.rows.count > 2 * Self.countMax { self.rows.removeFirst(Self.countMax) }
    }

    /// Recorded datagrams that had reached a host.
    func recorded(to host: HostID) -> [Packet] {
        self.rows.filter { $0.to == host && !$0.packet.isForged }.map(\.packet)
    }

    /// Recorded datagrams of anybody to anybody: to be sent back, or to somebody else.
    func recordedOfAll() -> [Packet] {
        self.rows.filter { !$0.packet.isForged }.map(\.packet)
    }

    /// A sequence diagram of the last packets between these hosts (all hosts if none is named).
    public func mermaid(of hosts: [HostID], countMax: Int = 40) -> String {
        let concerned = self.rows.filter { row in
            hosts.isEmpty || hosts.contains(row.to)
                || row.packet.origin.map(hosts.contains) ?? false
        }.suffix(countMax)
        var lines = ["sequenceDiagram"]
        for row in concerned {
            let from = row.packet.origin.map { "host\($0.number)" } ?? "adversary"
            let milliseconds = row.at.nanoseconds / 1_000_000
            let name = Self.name(of: row.packet)
            lines.append("    \(from)->>host\(row.to.number): \(milliseconds) ms \(name)")
        }
        return lines.joined(separator: "\n")
    }

    /// What a datagram is, by its first bytes.
    static func name(of packet: Packet) -> String {
        let forged = packet.isForged ? " forged" : ""
        guard packet.bytes.first == 0x7b else {
            return (packet.bytes.first == 0x81 ? "packet" : "other") + forged
        }
        let beginnings: [(String, String)] = [
            ("{\"request\":110", "message 1"), ("{\"response\":200,\"request\":120", "message 2"),
            ("{\"response\":200,\"request\":130", "message 3"), ("{\"response\":200", "message 4"),
            ("{\"response\":400", "400"), ("{\"response\":409", "409"),
            ("{\"response\":410", "410"),
        ]
        let name = beginnings.first { packet.bytes.starts(with: $0.0.utf8) }?.1
        return (name ?? "JSON") + forged
    }
}
