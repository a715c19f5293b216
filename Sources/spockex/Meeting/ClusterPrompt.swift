// SPDX-License-Identifier: Apache-2.0
import SpockexAPI

/// Asks the person of a member whether, and into which cluster, a newcomer is to be taken.
struct ClusterPrompt {
    /// What the person wants.
    enum Choice: Equatable {
        case cluster(String)
        /// A private relation of two instead.
        case `private`
        case nothing
    }

    /// The clusters that can take somebody in.
    let clusters: [ClusterChoice]
    /// Whether the meeting can still become a private one.
    let canBePrivate: Bool
    /// Whether one of them is to be linked with another, instead of taking a newcomer in.
    let links: Bool

    /// The question that the node's refusal asks; nil: it asks none.
    init?(_ error: APIError, canBePrivate: Bool, links: Bool = false) {
        guard error.code == .mustChoose, let clusters = error.clusters, !clusters.isEmpty else {
            return nil
        }
        self.clusters = clusters
        self.canBePrivate = canBePrivate && !links
        self.links = links
    }

    /// Asks until the answer can be understood.
    func ask() async throws(APIError) -> Choice {
        while true {
            if let choice = self.choice(try await Question.ask(self.question)) { return choice }
        }
    }

    /// What the person is asked.
    var question: String {
        let instead = self.canBePrivate ? ["p: a private relation of two instead"] : []
        if let only = self.clusters.first, self.clusters.count == 1 {
            let keys = (["Y/n"] + instead).joined(separator: "; ")
            return self.links
                ? "Link \(Self.name(only)) with a cluster of the other's? [\(keys)] "
                : "Bring the newcomer into \(Self.name(only))? [\(keys)] "
        }
        let choices = self.clusters.enumerated().map { "\($0 + 1): \(Self.name($1))" }
        let lines = choices + instead + [self.links ? "n: none" : "n: into none"]
        return
            (self.links
            ? "Link which cluster with one of the other's?\n"
            : "Bring the newcomer into which cluster?\n")
            + lines.map { "  \($0)\n" }.joined() + "[1-\(self.clusters.count)] "
    }

    /// What was typed; nil: it means nothing.
    func choice(_ typed: String?) -> Choice? {
        guard let word = typed?.lowercased().filter({ $0 != " " }) else { return .nothing }
        if word == "p" || word == "private" { return self.canBePrivate ? .private : nil }
        if word == "n" || word == "no" { return .nothing }
        if let only = self.clusters.first, self.clusters.count == 1 {
            return word.isEmpty || word == "y" || word == "yes" ? .cluster(only.id) : nil
        }
        guard let number = Int(word), number > 0, number <= self.clusters.count else {
            return nil
        }
        return .cluster(self.clusters[number - 1].id)
    }

    private static func name(_ cluster: ClusterChoice) -> String {
        "“\(Clean.line(cluster.name))” (\(Wording.members(cluster.members)))"
    }

    /// The person wants none of what there is.
    var declined: APIError {
        APIError(
            .declined,
            self.links
                ? "No cluster is linked, and nothing was done."
                : "The newcomer is not taken into a cluster, and nothing was done.",
            hint: "With --private the two of you make a cluster of your own.")
    }
}
