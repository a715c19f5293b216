// SPDX-License-Identifier: Apache-2.0
import SpockexAPI

/// Somebody who is seen across a bridge and is no peer: what is missing for the two to talk.
enum SeenAcross {
    /// What to say of a name instead of that it is no peer's; nil: nobody of that name is seen.
    static func refusal(_ name: String, _ client: APIClient) async -> APIError? {
        guard let bridges = try? await client.status().bridges else { return nil }
        var reports: [BridgeReport] = []
        for bridge in bridges where bridge.state == "open" {
            let path = "/v1/bridges/\(bridge.id)"
            if let report = try? await client.get(path, as: BridgeReport.self) {
                reports.append(report)
            }
        }
        return self.refusal(name, reports)
    }

    /// Of several bridges the one counts where least is missing.
    static func refusal(_ name: String, _ reports: [BridgeReport]) -> APIError? {
        let found = reports.compactMap { report in
            report.seen.first { $0.peer == nil && Clean.seen($0.name) == Clean.seen(name) }
                .map { card in (report.bridge, lack: self.lack(report, card)) }
        }
        guard let (bridge, lack) = found.min(by: { $0.lack < $1.lack }) else { return nil }
        return APIError(
            .notFound,
            "\(Clean.line(name)) is seen across the bridge to \(BridgeText.other(bridge)), but you two "
                + "may not talk yet.",
            hint: self.hint(lack, bridge.id.prefix(8)))
    }

    /// What is missing, the least first.
    private enum Lack: Int, Comparable {
        case time, ownCard, ownPolicy, otherPolicy, bridge

        static func < (left: Lack, right: Lack) -> Bool { left.rawValue < right.rawValue }
    }

    private static func lack(_ report: BridgeReport, _ card: CardRow) -> Lack {
        let talking = ["messages", "relaying"]
        if !talking.contains(report.bridge.policy.level) { return .bridge }
        guard let own = report.given.first(where: \.own) else { return .ownCard }
        if !talking.contains(own.policy.level) { return .ownPolicy }
        return talking.contains(card.policy.level) ? .time : .otherPolicy
    }

    private static func hint(_ lack: Lack, _ bridge: Substring) -> String {
        switch lack {
        case .bridge:
            "The bridge does not allow messages: both of its ends have to say "
                + "`spockex bridge policy \(bridge) messages`."
        case .ownCard: "Give a card of your own: `spockex card allow \(bridge)`."
        case .ownPolicy:
            "Your own card lets you be seen alone; `spockex card allow \(bridge)` lets you talk too."
        case .otherPolicy:
            "That one's card is for being seen alone, and only its owner can change it."
        case .time: "Wait a moment: it takes a few seconds until both sides know of both cards."
        }
    }
}
