// SPDX-License-Identifier: Apache-2.0
import SpockexAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How times, ids and numbers are written for people.
enum Wording {
    /// The first eight characters of an id, enough to name it on the command line.
    static func short(_ id: String) -> String {
        String(id.prefix(8))
    }

    /// `2026-11-23 09:30:00 UTC`.
    static func time(_ time: Timestamp) -> String {
        let text = time.description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"
    }

    /// How far a time is from now: `in 9 min`, `3 s ago`.
    static func distance(_ time: Timestamp, now: Timestamp = Wording.now()) -> String {
        let milliseconds = time.milliseconds - now.milliseconds
        let seconds = abs(milliseconds / 1000)
        let length =
            switch seconds {
            case ..<120: "\(seconds) s"
            case ..<7200: "\((seconds + 30) / 60) min"
            case ..<172_800: "\((seconds + 1800) / 3600) h"
            default: "\((seconds + 43_200) / 86_400) days"
            }
        return milliseconds >= 0 ? "in \(length)" : "\(length) ago"
    }

    /// What the router does for the node, in a sentence or two.
    static func router(_ row: RouterRow) -> String {
        var parts: [String] = []
        if let external = row.externalAddress {
            parts.append("\(external) leads to this node.")
        }
        if !row.pinholes.isEmpty {
            parts.append("Anybody may reach \(row.pinholes.joined(separator: ", ")).")
        }
        if !parts.isEmpty, let name = row.protocol {
            let minutes = ((row.leaseSeconds ?? 0) + 30) / 60
            parts.append("Opened by \(Self.protocolName(name)) for \(minutes) min, then renewed.")
        }
        if let address = row.doubleNat { parts.append("The router's own address is \(address).") }
        if let reason = row.reason { parts.append(reason) }
        return parts.joined(separator: " ")
    }

    private static func protocolName(_ name: String) -> String {
        switch name {
        case "pcp": "PCP"
        case "natpmp": "NAT-PMP"
        case "upnp": "UPnP"
        default: name
        }
    }

    /// Which ways lead to lost peers, and what became of them.
    static func lastResorts(_ row: LastResortsRow) -> String {
        [("DHT", row.dht), ("dead drop", row.deadDrop)].map { name, way in
            guard let way else { return "\(name) off" }
            let failure = way.lastFailure.map { " (\(Clean.line($0)))" } ?? ""
            return "\(name) on: \(way.done) done, \(way.failed) failed\(failure)"
        }.joined(separator: "; ")
    }

    /// `5 members`.
    static func members(_ count: Int) -> String {
        count == 1 ? "1 member" : "\(count) members"
    }

    /// `2 votes`.
    static func votes(_ count: Int) -> String {
        count == 1 ? "1 vote" : "\(count) votes"
    }

    /// How a peer came: `in person`, `introduced by Ben`.
    static func met(_ peer: PeerRow) -> String {
        if peer.met == "card" {
            return "across a bridge" + (peer.verified == false ? ", unverified" : "")
        }
        guard peer.met == "introduced" else { return "in person" }
        return "introduced" + (peer.introducedBy.map { " by \($0)" } ?? "")
    }

    /// The clock of this computer.
    static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(
            milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// A round trip with one decimal: `12.3 ms`.
    static func milliseconds(_ value: Double) -> String {
        "\((value * 10).rounded() / 10) ms"
    }

    /// The safety number in groups of five digits.
    static func safetyNumber(_ text: String) -> String {
        let digits = text.filter(\.isNumber)
        let groups = stride(from: 0, to: digits.count, by: 5).map { start in
            String(digits.dropFirst(start).prefix(5))
        }
        return groups.joined(separator: " ")
    }

    /// A path for people.
    static func path(_ path: PathRow?) -> String {
        guard let path else { return "" }
        guard path.kind == "relayed" else { return "\(path.kind) \(path.endpoint ?? "")" }
        let hops = path.hops.enumerated().map { number, name in
            // Who the end over there is, its own cluster knows.
            number == 0 ? Clean.line(name) : "the end of “\(Clean.line(name))”"
        }
        let via = hops.isEmpty ? "" : " by \(hops.joined(separator: " and "))"
        let reason = path.reason.map { " because \(Self.reason($0))" } ?? ""
        return "relayed\(via)\(reason)"
    }

    /// Why a path is not direct, as the end of a sentence.
    static func reason(_ code: String) -> String {
        switch code {
        case "noDirectPath": "nothing sent directly comes through"
        case "bridge": "it is across a bridge"
        default: code
        }
    }

    /// The last problem of a pairing as a few words.
    static func problem(_ code: String?) -> String {
        switch code {
        case nil: ""
        case "timedOut": "the other side did not answer in time"
        case "refusedByPeer": "the other node refused"
        case "intentConflict":
            "the two of you asked for different things, or to link a cluster with itself"
        case "undecided":
            "you are in different clusters, and not both of you said --bridge, nor one --join"
        case "clusterFull": "the cluster has no place for more members"
        case "badMessage": "the other node's message was wrong"
        case .some(let other): other
        }
    }
}
