// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SpockexAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What stands after every command.
struct CommonOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The node's home folder (or SPOCKEX_HOME; else ~/.local/state/spockex).",
            valueName: "dir"))
    var home: String?

    @Flag(name: .long, help: "Print JSON, one object on one line.")
    var json = false

    /// The home folder: `--home`, `SPOCKEX_HOME`, `$XDG_STATE_HOME/spockex`,
    /// `~/.local/state/spockex`.
    func homePath() throws(APIError) -> String {
        var path = try self.chosenHome()
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    /// A client of the node in the home.
    func client() throws(APIError) -> APIClient {
        try APIClient(socketPath: try self.homePath() + "/api.sock")
    }

    private func chosenHome() throws(APIError) -> String {
        if let home = self.home {
            guard !home.isEmpty else {
                throw APIError(.usage, "The home folder is empty.", hint: "Give --home DIR.")
            }
            return home
        }
        if let home = try Self.path("SPOCKEX_HOME"), !home.isEmpty { return home }
        // The XDG specification has relative paths ignored.
        if let state = try Self.path("XDG_STATE_HOME"), state.hasPrefix("/") {
            return state + "/spockex"
        }
        guard let user = try Self.path("HOME"), user.hasPrefix("/") else {
            throw APIError(
                .usage, "There is no home folder, because HOME is not set.",
                hint: "Give --home DIR.")
        }
        return user + "/.local/state/spockex"
    }

    /// A path from the environment; with other bytes than UTF-8 it would become another one.
    private static func path(_ name: String) throws(APIError) -> String? {
        guard let bytes = getenv(name) else { return nil }
        guard let path = String(validatingCString: bytes) else {
            throw APIError(.usage, "\(name) is not UTF-8.", hint: "Give --home DIR.")
        }
        return path
    }
}
