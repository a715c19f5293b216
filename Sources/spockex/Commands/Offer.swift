// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import OfflineCodes
import SpockexAPI

/// Makes a new pairing and shows its offer.
struct Offer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Begin a meeting: show a code for the other person to scan.",
        discussion: """
            Examples:
              spockex offer
              spockex offer --png offer.png --expires 1h
              spockex offer --json --text offer.txt
              spockex offer --cluster family
              spockex offer --bridge
            """)

    @OptionGroup var wish: WishOptions

    @Option(
        name: .long,
        help: ArgumentHelp("How long the offer lives: 10s to 24h.", valueName: "10m"))
    var expires = Life.usual

    @OptionGroup var files: FileOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = try self.common.client()
        let wish = try await self.wish.wish(client, life: self.expires)
        let (made, code, paths) = try await CodeFiles.make(
            self.files.chosen, by: client, "/v1/offers", wish)
        if self.common.json {
            try Console.print(
                json: OfferReport(
                    pairing: made.pairing, offer: made.text, expires: made.expires, files: paths))
            return
        }
        MeetingText.show(
            code, made.text, files: paths,
            next: "The other person scans it (spockex answer) within "
                + "\(Wording.distance(made.expires).dropFirst(3)); then scan their code: "
                + "spockex accept SOURCE")
        if wish.intent == "bridge" { try await client.tellOfBridge(wish.cluster) }
    }
}

extension CodeFiles {
    /// Has a code made by a request and writes its files; gives it with their paths by kind.
    ///
    /// From the opening of the files to their end a signal does not just end the program, so that
    /// nothing half is left behind; it cuts the waiting for the node short.
    static func make(
        _ chosen: [(kind: Kind, path: String)], by client: APIClient, _ request: String,
        _ body: some Encodable & Sendable
    ) async throws(APIError) -> (made: CodeMade, code: CodeWriter, paths: [String: String]) {
        let signals = Signals()
        defer { withExtendedLifetime(signals) {} }
        let files = try CodeFiles(chosen)
        let unanswered = APIError(
            .interrupted, "The command was interrupted before the node answered.",
            hint: "If it made a pairing all the same, `spockex pairings` shows it and "
                + "`spockex cancel` ends it.")
        let made = try await Interruption.during(signals, throwing: unanswered) {
            () async throws(APIError) -> CodeMade in
            try await client.post(request, body, as: CodeMade.self)
        }
        let code = try CodeWriter.code(made.text)
        let paths = try files.write(made.text, code)
        guard !signals.hasCome else {
            throw APIError(
                .interrupted, "The command was interrupted; the pairing was made and stays.",
                hint:
                    "`spockex pairings` shows it, `spockex cancel \(Wording.short(made.pairing))` "
                    + "ends it.")
        }
        return (made, code, paths)
    }
}

extension CodeWriter {
    /// A writer of that text, with our errors.
    static func code(_ text: String) throws(APIError) -> CodeWriter {
        do throws(OfflineCodeError) {
            return try CodeWriter(text: text)
        } catch {
            throw APIError(error)
        }
    }
}
