// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SpockexAPI

/// Lists the clusters.
struct Clusters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the clusters.",
        discussion: """
            Example:
              spockex clusters
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let clusters = try await self.common.client().status().clusters
        if self.common.json {
            try Console.print(json: ClusterList(clusters: clusters))
        } else {
            Console.print(Listing.clusters(clusters))
        }
    }
}

/// Everything about one cluster.
struct Cluster: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show, rename or leave a cluster; remove or block a member.",
        discussion: """
            Examples:
              spockex cluster show family
              spockex cluster rename "Anna + Bob" family
              spockex cluster remove family Mallory
            """,
        subcommands: [
            ClusterShow.self, ClusterRename.self, ClusterLeave.self, ClusterRemove.self,
            ClusterBlock.self, ClusterUnblock.self,
        ])
}

/// Shows one cluster, its members, who met whom, and who is connected to whom.
struct ClusterShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a cluster, its members, who met whom, and who is connected.",
        discussion: """
            Examples:
              spockex cluster show family
              spockex cluster show family --svg family.svg
              spockex cluster show family --json
            """)

    @Argument(help: "The cluster's name, id or beginning of the id.")
    var cluster: String

    @Option(
        name: .long, help: ArgumentHelp("Write the map as an SVG picture.", valueName: "file"))
    var svg: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard self.svg != "-", self.svg != "" else {
            throw ValidationError("The map is written to a file, not to standard output.")
        }
    }

    func run() async throws {
        let client = try self.common.client()
        let report = try await client.clusterReport(self.cluster, withLinks: true)
        let bridges = try await client.bridgeReports(of: report.cluster.id)
        if let path = self.svg {
            let picture = Array(ClusterMap(report, bridges: bridges).svg.utf8)
            _ = try CodeFiles([(.svg, path)]).write(
                failing: "Nothing else was done."
            ) { _ throws(APIError) in picture }
        }
        if self.common.json {
            try Console.print(json: report)
        } else {
            Console.print(ClusterText.text(report, bridges: bridges))
            if let path = self.svg { Console.print("\nSVG in \(path)") }
        }
    }
}

extension APIClient {
    /// The bridges of a cluster that are not closed, with their cards.
    func bridgeReports(of cluster: String) async throws(APIError) -> [BridgeReport] {
        var reports: [BridgeReport] = []
        for bridge in try await self.status().bridges
        where bridge.clusters.first == cluster && bridge.state != "closed" {
            reports.append(try await self.get("/v1/bridges/\(bridge.id)", as: BridgeReport.self))
        }
        return reports
    }

    /// The cluster that a person means, with everybody in it; `withLinks`: the others are asked with whom
    /// they are connected.
    func clusterReport(
        _ text: String, withLinks: Bool = false
    ) async throws(APIError) -> ClusterReport {
        let id = try await self.cluster(text).id
        let query = withLinks ? "?links=true" : ""
        return try await self.get("/v1/clusters/\(id)\(query)", as: ClusterReport.self)
    }
}
