// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SpockexAPI

/// Gives a cluster another name.
struct ClusterRename: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename", abstract: "Give a cluster a name of your own.",
        discussion: """
            Example:
              spockex cluster rename "Anna + Bob" Friends
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

/// Leaves a cluster for good.
struct ClusterLeave: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leave", abstract: "Leave a cluster for good; all members hear of it.",
        discussion: """
            The keys are erased as soon as the members who are there have heard it. Whoever wants to come back must meet
            a member again.

            Examples:
              spockex cluster leave family
              spockex cluster leave family --yes
            """)

    @Argument(help: "The cluster's name, id or beginning of the id.")
    var cluster: String

    @Flag(name: .long, help: "Do not ask.")
    var yes = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        guard self.yes || Console.isInteractive(json: self.common.json) else {
            throw APIError(
                .usage, "Leaving a cluster is for good, and nobody can be asked here.",
                hint: "Say --yes if that is what you want.")
        }
        let client = try self.common.client()
        let cluster = try await client.cluster(self.cluster)
        if !self.yes {
            let name = Clean.line(cluster.name)
            let typed = try await Question.ask(
                "Leave “\(name)” (\(Wording.members(cluster.members))) for good? [y/N] ")
            guard typed?.lowercased().hasPrefix("y") ?? false else {
                throw APIError(
                    .declined, "You stay in “\(name)”.", hint: "Nothing was done.")
            }
        }
        let report = try await client.post(
            "/v1/clusters/\(cluster.id)/leave", EmptyRequest(), as: ClusterLeaveReport.self)
        if self.common.json {
            try Console.print(json: report)
        } else {
            Console.print(ClusterText.left(report))
        }
    }
}

/// Proposes that a member be removed, or votes for it.
struct ClusterRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Propose that a member be removed, or vote for the proposal.",
        discussion: """
            More than half of the voters must want it, whoever is to go left out, and two at least.
            Voters are the founders and whoever was met by two voters.

            With --with-guests those go along whom the member took in since the last one who is a
            voter now, and all that it wrote since is void. Each voter who wants that says so.

            Example:
              spockex cluster remove family Mallory
            """)

    @Argument(help: "The cluster's name, id or beginning of the id.")
    var cluster: String

    @Argument(help: "The member's name, id or beginning of the id.")
    var member: String

    @Flag(help: "Also the guests whom the member took in last.")
    var withGuests = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let report = try await self.common.client().order(
            "remove", self.member, of: self.cluster,
            RemovalRequest(withGuests: self.withGuests ? true : nil),
            as: MemberRemovalReport.self)
        if self.common.json {
            try Console.print(json: report)
        } else {
            Console.print(ClusterText.removed(report, withGuests: self.withGuests))
        }
    }
}

/// Blocks a member.
struct ClusterBlock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "block", abstract: "Have nothing to do with a member any more.",
        discussion: """
            At once and for the two of you alone; the member stays in the cluster.

            Example:
              spockex cluster block family Mallory
            """)

    @Argument(help: "The cluster's name, id or beginning of the id.")
    var cluster: String

    @Argument(help: "The member's name, id or beginning of the id.")
    var member: String

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let report = try await self.common.client().order(
            "block", self.member, of: self.cluster, EmptyRequest(), as: MemberBlockReport.self)
        if self.common.json {
            try Console.print(json: report)
        } else {
            Console.print(ClusterText.blocked(report))
        }
    }
}

/// Ends a block.
struct ClusterUnblock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unblock", abstract: "Have to do with a blocked member again.",
        discussion: """
            Example:
              spockex cluster unblock family Mallory
            """)

    @Argument(help: "The cluster's name, id or beginning of the id.")
    var cluster: String

    @Argument(help: "The member's name, id or beginning of the id.")
    var member: String

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let report = try await self.common.client().order(
            "unblock", self.member, of: self.cluster, EmptyRequest(), as: MemberBlockReport.self)
        if self.common.json {
            try Console.print(json: report)
        } else {
            Console.print(ClusterText.blocked(report))
        }
    }
}

extension APIClient {
    /// Has something done with the member that a person means.
    fileprivate func order<Report: Decodable & Sendable>(
        _ what: String, _ member: String, of cluster: String,
        _ wish: some Encodable & Sendable, as type: Report.Type
    ) async throws(APIError) -> Report {
        let report = try await self.clusterReport(cluster)
        let row = try Selection.member(member, of: report)
        return try await self.post(
            "/v1/clusters/\(report.cluster.id)/members/\(row.id)/\(what)", wish,
            as: type)
    }
}
