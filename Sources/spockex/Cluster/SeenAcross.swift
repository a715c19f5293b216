// SPDX-License-Identifier: Apache-2.0
import SpockexAPI

/// Somebody who is seen across a bridge and is no peer: what is missing for the two to talk.
enum SeenAcross {
    /// What to say of a name instead of that it is no peer's; nil: nobody of that name is seen.
    static func refusal(_ name: String, _ client: APIClient) async -> APIError? {
        guard let list = try? await client.get("/v1/bridges", as: BridgeList.self) else {
            return nil
        }
        var reports: [BridgeReport] = []
        for bridge in list.bridges where bridge.state == "open" {
            let path = "/v1/bridges/\(bridge.id)"
            if let report = try? await client.get(path, as: BridgeReport.self) {
                reports.append(report)
            }
        }
        return self.refusal(name, reports)
    }

    static func refusal(_ name: String, _ reports: [BridgeReport]) -> APIError? {
        let found = reports.lazy.compactMap { report in
            report.seen.first { $0.name == name && $0.peer == nil }.map { (report, $0) }
        }
        guard let (report, card) = found.first else { return nil }
        let bridge = report.bridge.id.prefix(8)
        let talking = ["messages", "relaying"]
        let own = report.given.first(where: \.own)
        let hint =
            if !talking.contains(report.bridge.policy.level) {
                "The bridge allows \(BridgeText.policy(report.bridge.policy)): both of its ends have to say "
                    + "`spockex bridge policy \(bridge) messages`."
            } else if own == nil {
                "Give a card of your own: `spockex card allow \(bridge)`."
            } else if let own, !talking.contains(own.policy.level) {
                "Your own card lets you be seen alone; "
                    + "`spockex card allow \(bridge)` lets you talk too."
            } else if !talking.contains(card.policy.level) {
                "That one's card allows \(BridgeText.policy(card.policy)), and only its owner can change it."
            } else {
                "Wait a moment: it takes a few seconds until both sides know of both cards."
            }
        return APIError(
            .notFound,
            "\(Clean.line(name)) is seen across the bridge to \(BridgeText.other(report.bridge)), but you two "
                + "may not talk yet.",
            hint: hint)
    }
}
