// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Entanglement
import SpockexAPI

/// Prints the text in a source and does nothing with it.
struct Scan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the text in a picture, NDEF message or file; needs no node.",
        discussion: """
            Examples:
              spockex scan photo.png
              spockex scan photo.png --json | jq -r .kind
            """)

    @Argument(help: "A picture (PNG, JPEG), an NDEF message or a text file; - for standard input.")
    var source: String

    @OptionGroup var common: CommonOptions

    func run() throws {
        let text = try Source.text(self.source)
        guard Clean.line(text) == text else {
            throw APIError(
                .noCode, "The text has characters that cannot be shown.",
                hint: "It is not a SpockEx code; scan another one.")
        }
        if self.common.json {
            try Console.print(json: ScanReport(kind: Self.kind(text), text: text))
        } else {
            Console.print(text)
        }
    }

    private static func kind(_ text: String) -> String {
        switch try? CodeText(scanned: text) {
        case .offer: "offer"
        case .answer: "answer"
        case .refusal, nil: "other"
        }
    }
}
