// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SpockexAPI

/// Reads the answer to an own offer.
struct Accept: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Accept the answer to an own offer; the two nodes connect.",
        discussion: """
            Examples:
              spockex accept photo.jpg
              spockex accept answer.txt --wait --json
            """)

    @Argument(help: "A picture (PNG, JPEG), an NDEF message or a text file; - for standard input.")
    var source: String

    @OptionGroup var wait: WaitOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = try self.common.client()
        let text = try Source.text(self.source)
        let unanswered = APIError(
            .interrupted, "The command was interrupted before the node answered.",
            hint: "`spockex pairings` shows whether it has accepted.")
        let state = try await Interruption.during(throwing: unanswered) {
            () async throws(APIError) -> PairingState in
            try await client.post(
                "/v1/acceptances", AcceptRequest(text: text), as: PairingState.self)
        }
        let (waits, canAsk) = self.wait.decision(json: self.common.json)
        guard waits else {
            if self.common.json {
                try Console.print(json: state)
            } else {
                Console.print(
                    "The answer fits; the two nodes are connecting. See: spockex pairings, "
                        + "spockex peers")
            }
            return
        }
        let report = try await MeetingWait(
            client: client, pairing: state.pairing, canAsk: canAsk
        ).run()
        if self.common.json {
            try Console.print(json: report)
        } else {
            MeetingText.show(report)
        }
    }
}
