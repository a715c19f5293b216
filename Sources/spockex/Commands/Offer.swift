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
            """)

    @OptionGroup var wish: WishOptions
    @OptionGroup var files: FileOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = try self.common.client()
        let wish = try await self.wish.wish(client)
        let files = try CodeFiles(self.files.chosen)
        let made = try await client.post("/v1/offers", wish, as: CodeMade.self)
        let code = try CodeWriter.code(made.text)
        let paths = try files.write(made.text, code)
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
