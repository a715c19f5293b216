// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// The last hellos of one host.
struct SaidHellos: Sendable {
    var incarnation = 0
    var times: [Instant] = []
    /// The numbers in the last one.
    var words: Set<UInt64> = []
}

// What hosts call into their local networks.
extension Checker {
    /// Hellos in a minute at most: two spans of haste with three rounds each, and some.
    private static let helloCountMax = 32

    /// Somebody whom the host has never met called for others.
    mutating func hearsStranger(
        _ packet: Packet, _ host: HostID, _ effects: SimulatedHost.Effects, at now: Instant
    ) {
        guard !effects.sent.isEmpty || !effects.events.isEmpty else { return }
        self.report(
            .forgeriesChangeNothing, at: now, [host], "a stranger's hello was followed")
    }

    /// A host says hello: always with as many bytes, seldom, and nothing in it comes again.
    mutating func saysHello(
        _ bytes: [UInt8], _ host: HostID, incarnation: Int, at now: Instant
    ) {
        var said = self.hellos[host] ?? SaidHellos()
        if said.incarnation != incarnation { said.times = [] }
        said.incarnation = incarnation
        if let last = said.times.last, now - last < Constants.helloSpacing {
            self.report(.hellosAreFew, at: now, [host], "two within \(now - last)")
        }
        said.times.append(now)
        if said.times.count > Self.helloCountMax {
            if now - said.times.removeFirst() < .seconds(60) {
                self.report(
                    .hellosAreFew, at: now, [host], "more than \(Self.helloCountMax) a minute")
            }
        }
        guard let hello = Hello(bytes) else {
            return self.report(.hellosTellNothing, at: now, [host], "\(bytes.count) bytes")
        }
        let nonce = stride(from: 0, to: hello.nonce.count, by: 8).map { start in
            hello.nonce[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        let words = Set(hello.tags + nonce)
        if words.count != hello.tags.count + nonce.count || !words.isDisjoint(with: said.words) {
            self.report(.hellosTellNothing, at: now, [host], "a number came again")
        }
        said.words = words
        self.hellos[host] = said
    }
}
