// SPDX-License-Identifier: Apache-2.0

/// `bench` measures; `bench fill HOME COUNT` makes a store with so many peers.
@main
struct Bench {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.first, arguments.dropFirst().first, arguments.dropFirst(2).first) {
        case ("fill", let home?, let count?):
            try fillStore(home: home, count: Int(count) ?? 0)
        case (let home?, nil, nil):
            benchHandshakes()
            benchDatagrams()
            try benchStorage(home: home)
        default:
            print("usage: bench EMPTY-FOLDER | bench fill HOME COUNT")
        }
    }
}
