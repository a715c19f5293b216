// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Foundation
import Logging
import SpockexNode

/// A folder of its own for one test, gone afterwards.
final class TestHome: Sendable {
    let path: String

    init() {
        self.path = NSTemporaryDirectory() + "spockex-" + UUID().uuidString
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }

    /// Settings of a node on loopback, on any free port.
    func settings(listen: [Endpoint] = [Loopback.ipv4], name: String? = nil) -> NodeSettings {
        NodeSettings(home: self.path, listen: listen, name: name)
    }

    func node(listen: [Endpoint] = [Loopback.ipv4], name: String? = nil) async throws -> NodeDriver
    {
        try await NodeDriver(settings: self.settings(listen: listen, name: name), logger: .quiet)
    }

    func mode(of name: String = "") -> Int? {
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: self.path + (name.isEmpty ? "" : "/" + name))
        return (attributes?[.posixPermissions] as? NSNumber)?.intValue
    }
}

enum Loopback {
    static let ipv4 = Endpoint(address: .v4(0x7f00_0001), port: 0)
}

extension Logger {
    /// Says nothing.
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// Runs nodes while the body runs, and ends them well.
func running<Result: Sendable>(
    _ nodes: NodeDriver..., body: @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for node in nodes { group.addTask { try await node.run() } }
        do {
            let result = try await body()
            for node in nodes { await node.stop() }
            try await group.waitForAll()
            return result
        } catch {
            for node in nodes { await node.stop() }
            throw error
        }
    }
}

extension AsyncStream<LoggedEvent> {
    /// Waits for the first event that fits.
    func until<Found>(_ find: (Event) -> Found?) async -> Found? {
        for await logged in self {
            if let found = find(logged.event) { return found }
        }
        return nil
    }
}
