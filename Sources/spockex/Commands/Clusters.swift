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

/// Shows or renames one cluster.
struct Cluster: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show or rename a cluster.",
        discussion: """
            Examples:
              spockex cluster show "Anna and Bob"
              spockex cluster rename 3f2a Friends
            """,
        subcommands: [ClusterShow.self, ClusterRename.self])
}

/// Shows one cluster and the peers in it.
struct ClusterShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a cluster and its members.",
        discussion: """
            Example:
              spockex cluster show "Anna and Bob"
            """)

    @Argument(help: "The cluster's name, id or beginning of the id.")
    var cluster: String

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let status = try await self.common.client().status()
        let cluster = try Selection.one(
            self.cluster, of: status.clusters, what: "cluster", list: "clusters")
        let peers = status.peers.filter { $0.cluster == cluster.id }
        if self.common.json {
            try Console.print(json: ClusterReport(cluster: cluster, peers: peers))
            return
        }
        let heading =
            "\(Console.bold(Clean.line(cluster.name)))  \(cluster.id), \(cluster.members) members, "
            + "\(cluster.connected) connected"
        Console.print("\(heading)\n\n\(Listing.peers(peers, indent: "  "))")
    }
}

/// Gives a cluster another name.
struct ClusterRename: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename", abstract: "Give a cluster a name of your own.",
        discussion: """
            Example:
              spockex cluster rename "Anna and Bob" Friends
            """)

    @Argument(help: "The cluster's name, id or beginning of the id.")
    var cluster: String

    @Argument(help: "The new name, at most 64 bytes.")
    var name: String

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = try self.common.client()
        let id = try await client.cluster(self.cluster).id
        let report = try await client.post(
            "/v1/clusters/\(id)/name", NameRequest(name: self.name), as: ClusterRenameReport.self)
        if self.common.json {
            try Console.print(json: report)
        } else {
            Console.print("The cluster is called \(Clean.line(report.cluster.name)) now.")
        }
    }
}
