// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexAPI

extension APIClient {
    /// Says on the screen what a bridge will do; nothing while it is not known which cluster is linked.
    func tellOfBridge(_ cluster: String?) async throws(APIError) {
        let clusters = try await self.status().clusters.filter { $0.standing == "member" }
        let only = clusters.count == 1 ? clusters.first : nil
        guard let chosen = clusters.first(where: { $0.id == cluster }) ?? only else { return }
        Console.note(BridgeText.note(Clean.line(chosen.name)))
    }
}

/// Asks what is to become of a meeting of two who are members of clusters already.
struct BridgePrompt {
    /// The clusters of this node.
    let clusters: [ClusterRow]

    /// What the person wants; nil: nothing more than before.
    typealias Choice = (intent: String, cluster: String?)

    init(clusters: [ClusterRow]) {
        self.clusters = clusters
    }

    /// The question that a scanned code asks; nil: one of the two is in no cluster.
    init?(code text: String, _ clusters: [ClusterRow], _ pairings: [PairingRow]) {
        let clusters = clusters.filter { $0.standing == "member" && $0.members > 1 }
        guard !clusters.isEmpty else { return nil }
        switch try? CodeText(scanned: Array(text.utf8)) {
        case .offer(let offer) where offer.code.totalPeers > 0: break
        case .answer(let answer) where answer.code.totalPeers > 0:
            // The offer may have said already what is wanted.
            let pairing = pairings.first { $0.reference == answer.referenceText }
            guard pairing?.wish ?? "auto" == "auto" else { return nil }
        default: return nil
        }
        self.clusters = clusters
    }

    /// Asks about a scanned code, if there is something to ask.
    static func ask(about text: String, _ client: APIClient) async throws(APIError) -> Choice? {
        let status = try await client.status()
        return try await Self(code: text, status.clusters, status.pairings)?.ask()
    }

    /// What the person is asked.
    var question: String {
        var lines = ["Both of you are members of clusters. What is to become of this meeting?"]
        for (number, cluster) in self.clusters.enumerated() {
            lines.append("  \(number + 1): \(BridgeText.links(Clean.line(cluster.name)))")
        }
        lines.append("  j: join the other's cluster")
        lines.append("  p: a private relation of the two of you, as a cluster of its own")
        lines.append("  Enter: none of these; we are in one cluster, or the other decides")
        return lines.joined(separator: "\n") + "\n[1-\(self.clusters.count), j, p] "
    }

    /// Asks until the answer can be understood.
    func ask() async throws(APIError) -> Choice? {
        while true {
            let typed = try await Question.ask(self.question)
            if let choice = self.choice(typed) { return choice.intent.isEmpty ? nil : choice }
        }
    }

    /// What was typed; an empty intent: nothing is chosen; nil: it means nothing.
    func choice(_ typed: String?) -> Choice? {
        switch typed?.lowercased().filter({ $0 != " " }) {
        case nil, "": return ("", nil)
        case "j", "join": return ("join", nil)
        case "p", "private": return ("private", nil)
        case .some(let word):
            guard let number = Int(word), number > 0, number <= self.clusters.count else {
                return nil
            }
            return ("bridge", self.clusters[number - 1].id)
        }
    }
}
