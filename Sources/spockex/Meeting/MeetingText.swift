// SPDX-License-Identifier: Apache-2.0
import OfflineCodes
import SpockexAPI

/// What people see of a meeting.
enum MeetingText {
    /// The code in the terminal, its line, and what to do with it.
    static func show(_ code: CodeWriter, _ text: String, files: [String: String], next: String) {
        var parts = [code.terminal(colour: Console.usesColour), text, ""]
        for kind in files.keys.sorted() {
            parts.append("\(kind.uppercased()) in \(files[kind] ?? "")")
        }
        parts.append(next)
        Console.print(parts.joined(separator: "\n"))
    }

    /// The end of a successful meeting.
    static func show(_ report: TrustReport) {
        let name = Clean.line(report.peer.name)
        let trip = report.peer.rttMilliseconds.map { ", \(Wording.milliseconds($0))" } ?? ""
        let place = report.peer.path?.endpoint.map { " (\($0)\(trip))" } ?? ""
        var lines = ["Connected with \(Console.bold(name))\(place)."]
        if let cluster = report.cluster {
            let name = Clean.line(cluster.name)
            lines.append(
                report.scenario == "A"
                    ? "Your cluster is “\(name)”." : "The two of you share the cluster “\(name)”.")
        }
        if report.bridge != nil || report.scenario == "C" {
            lines.append(
                "Your clusters are linked and stay two; so far only cards may cross. See: spockex "
                    + "bridges")
        }
        lines.append(
            "Safety number: \(Console.bold(Wording.safetyNumber(report.safetyNumber)))")
        lines.append(
            "Both screens must show the same; then: spockex verify "
                + "\(Wording.short(report.pairing)) --matched")
        Console.print(lines.joined(separator: "\n"))
    }
}
