// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import OfflineCodes
import SpockexAPI

/// Whether a command waits for the end of the online step.
struct WaitOptions: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        help: "Wait until the two nodes are connected (default: only on a terminal without --json)."
    )
    var wait: Bool?

    /// Whether to wait, and whether a person is there who can choose Retry or Cancel.
    func decision(json: Bool) -> (waits: Bool, canAsk: Bool) {
        let isTerminal = Console.isOutputTerminal && !json
        return (self.wait ?? isTerminal, isTerminal && Console.isInputTerminal)
    }
}

/// Reads an offer and shows the answer.
struct Answer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer an offer: read the other's code and show one in return.",
        discussion: """
            The files are complete before it waits.

            Examples:
              spockex answer photo.png
              spockex answer offer.txt --png answer.png --no-wait
              spockex answer - --wait --json < offer.txt
              spockex answer photo.png --cluster family
            """)

    @Argument(help: "A picture (PNG, JPEG), an NDEF message or a text file; - for standard input.")
    var source: String

    @OptionGroup var wish: WishOptions
    @OptionGroup var files: FileOptions
    @OptionGroup var wait: WaitOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = try self.common.client()
        let text = try Source.text(self.source)
        var wish = try await self.wish.wish(client, life: .usual)
        if wish.intent == "auto", Console.isInteractive(json: self.common.json),
            let choice = try await BridgePrompt.ask(about: text, client)
        {
            (wish.intent, wish.cluster) = choice
        }
        let (made, code, paths) = try await self.make(client, text, &wish)
        if self.common.json {
            try Console.print(
                json: AnswerReport(
                    pairing: made.pairing, answer: made.text, expires: made.expires,
                    files: paths, late: made.late))
        } else {
            MeetingText.show(
                code, made.text, files: paths,
                next: "Now the other person scans this one (spockex accept).")
            if made.late {
                Console.note(
                    "By this computer's clock the offer is too old; if nothing happens, check the "
                        + "clocks or ask for a new one.")
            }
        }
        if wish.intent == "bridge" { try await client.tellOfBridge(wish.cluster) }
        if MeetingReach.isOneNetwork(offer: text, answer: made.text) {
            Console.note(MeetingReach.oneNetworkNote)
        }
        let (waits, canAsk) = self.wait.decision(json: self.common.json)
        guard waits else { return }
        let wait = MeetingWait(client: client, pairing: made.pairing, canAsk: canAsk)
        let report = try await wait.run()
        if self.common.json {
            try Console.print(json: report)
        } else {
            MeetingText.show(report, linked: await wait.linked(report))
        }
    }

    /// Has the answer made; who shows it as a member is asked what is to become of a newcomer.
    private func make(
        _ client: APIClient, _ text: String, _ wish: inout MeetingWish
    ) async throws(APIError) -> (made: CodeMade, code: CodeWriter, paths: [String: String]) {
        do throws(APIError) {
            return try await CodeFiles.make(
                self.files.chosen, by: client, "/v1/answers", AnswerRequest(text: text, wish: wish))
        } catch {
            guard Console.isInteractive(json: self.common.json),
                let prompt = ClusterPrompt(
                    error, canBePrivate: true, links: wish.intent == "bridge")
            else { throw error }
            switch try await prompt.ask() {
            case .cluster(let id): wish.cluster = id
            case .private: wish.intent = "private"
            case .nothing: throw prompt.declined
            }
            return try await CodeFiles.make(
                self.files.chosen, by: client, "/v1/answers", AnswerRequest(text: text, wish: wish))
        }
    }
}
