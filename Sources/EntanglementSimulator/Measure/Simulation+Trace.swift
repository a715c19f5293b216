// SPDX-License-Identifier: Apache-2.0
import Entanglement

// A run as lines to read: time, hosts, what. Nothing of it changes the run or its hash.
extension Course {
    /// Hands a line about every event of the run to `sink`, as it happens.
    ///
    /// A line ends without a newline. Without a sink no line is made.
    public mutating func trace(_ sink: @escaping @Sendable (String) -> Void) {
        self.simulation.trace = sink
    }
}

extension Simulation {
    /// A packet has come to its end; `host` is where, if at a host.
    func line(about packet: Packet, _ fate: Fate, at host: HostID?) -> String {
        let from = packet.origin.map { "\($0)" } ?? "server or adversary"
        let to = host.map { "\($0) at " } ?? ""
        let name = RecentPackets.name(of: packet)
        return self.line(
            "\(from) -> \(to)\(packet.destination)",
            "#\(packet.number) \(name), \(packet.bytes.count) bytes: \(fate)")
    }

    /// A node has told something.
    func line(about event: Entanglement.Event, of host: HostID) -> String {
        self.line("\(host)", "tells \(event)")
    }

    /// The plan does something.
    func line(about action: Action) -> String { self.line("plan", "\(action)") }

    /// A fault has happened.
    func line(about fault: Fault) -> String { self.line("fault", "\(fault)") }

    private func line(_ who: String, _ what: String) -> String {
        let seconds = Decimals.text(self.now.nanoseconds / 1_000, places: 6)
        let plain = what.replacing("EntanglementSimulator.", with: "")
            .replacing("Entanglement.", with: "")
        return Columns.padded(seconds, to: 13) + " s  \(who): \(plain)"
    }
}

extension HostID: CustomStringConvertible {
    /// "host3", as in diagrams.
    public var description: String { "host\(self.number)" }
}

extension NetworkID: CustomStringConvertible {
    var description: String { self == .internet ? "internet" : "network\(self.number)" }
}
