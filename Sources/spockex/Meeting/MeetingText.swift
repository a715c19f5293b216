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
    ///
    /// `linked`: the two clusters of a bridge, as far as their names are known.
    static func show(_ report: TrustReport, linked: [String] = []) {
        Console.print(self.text(report, linked: linked))
    }

    static func text(_ report: TrustReport, linked: [String] = []) -> String {
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
                "\(self.clusters(linked)) are linked and stay two; so far only cards may cross. See: spockex "
                    + "bridges")
        }
        lines.append(
            "Safety number: \(Console.bold(Wording.safetyNumber(report.safetyNumber)))")
        lines.append(
            "Both screens must show the same; then: spockex verify "
                + "\(Wording.short(report.pairing)) --matched")
        return lines.joined(separator: "\n")
    }

    /// `“family” and “hackers”`.
    private static func clusters(_ names: [String]) -> String {
        let names = names.map { Clean.line($0) }
        guard names.count == 2, !names.contains("") else { return "Your clusters" }
        return "“\(names[0])” and “\(names[1])”"
    }
}
