// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// Files that a new code is written to.
struct FileOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Write the code as a PNG picture.", valueName: "file"))
    var png: String?

    @Option(name: .long, help: ArgumentHelp("Write the code as an SVG picture.", valueName: "file"))
    var svg: String?

    @Option(
        name: .long, help: ArgumentHelp("Write the code as an NDEF message.", valueName: "file"))
    var ndef: String?

    @Option(name: .long, help: ArgumentHelp("Write the code's one line.", valueName: "file"))
    var text: String?

    /// The files asked for, by kind.
    var chosen: [(kind: CodeFiles.Kind, path: String)] {
        let all: [(CodeFiles.Kind, String?)] = [
            (.png, self.png), (.svg, self.svg), (.ndef, self.ndef), (.text, self.text),
        ]
        return all.compactMap { kind, path in path.map { (kind, $0) } }
    }

    func validate() throws {
        let paths = self.chosen.map(\.path)
        guard !paths.contains("-"), !paths.contains("") else {
            throw ValidationError("A code is written to a file, not to standard output.")
        }
        guard Set(paths).count == paths.count else {
            throw ValidationError("Each kind of file needs a name of its own.")
        }
    }
}
