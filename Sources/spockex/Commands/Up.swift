// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Entanglement
import Logging
import ServiceLifecycle
import SpockexAPI
import SpockexNode
import SpockexWeb

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Runs the node until it is told to end.
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the node in the foreground.",
        discussion: """
            It logs to standard error and ends at SIGTERM, SIGHUP, Ctrl-C or `spockex down`. A new node is \
            called like the computer (the first part of its host name), which only your peers are \
            told; --name gives it another name.

            Examples:
              spockex up --name "Anna's laptop"
              spockex up --listen 0.0.0.0:5000 --external 203.0.113.7:5000
              spockex up --home /tmp/try --listen 127.0.0.1:0
            """)

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Listen here (UDP); several times for several places. Default: port 41414, all addresses.",
            valueName: "addr:port"))
    var listen: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "An address that somebody forwards to this node by hand.", valueName: "ip:port"))
    var external: [String] = []

    @Option(name: .long, help: ArgumentHelp("What the node calls itself.", valueName: "name"))
    var name: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A STUN server that may be asked for the own address when no peer can tell it.",
            valueName: "host:port"))
    var ipgetter: [String] = []

    @Flag(name: .customLong("no-ipgetter"), help: "Never ask an outside service.")
    var noIPgetter = false

    @Flag(
        name: .customLong("no-lan"),
        help: "Do not look for peers on local networks by multicast.")
    var noLAN = false

    @Flag(
        name: .customLong("no-portmap"),
        help: "Do not ask the router to open the node's port.")
    var noPortmap = false

    @Flag(
        name: .customLong("no-relay"),
        help: "Relay nothing for peers, help none to meet, and ask for no such help.")
    var noRelay = false

    @Flag(
        name: .customLong("no-bridges"),
        help: "Make no bridges to other clusters.")
    var noBridges = false

    @Flag(
        name: .customLong("dht"),
        help: "Look for peers who are lost by the BitTorrent DHT, too; strangers see your address.")
    var usesDHT = false

    @Option(
        name: .customLong("dht-bootstrap"),
        help: ArgumentHelp(
            "A first node of the DHT instead of well-known ones.", valueName: "host:port"))
    var dhtNodes: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Look for peers who are lost by a command of yours that stores and fetches a line.",
            valueName: "command"))
    var deadDrop: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        for text in self.listen where Endpoint(text) == nil {
            throw ValidationError(
                "`\(Clean.line(text))` is no place to listen: ADDR:PORT, [ADDR]:PORT for IPv6.")
        }
        for text in self.external where Endpoint(text)?.isUsable != true {
            throw ValidationError(
                "`\(Clean.line(text))` is no address to be reached at: IP:PORT, [IP]:PORT for IPv6."
            )
        }
        guard self.ipgetter.isEmpty || !self.noIPgetter else {
            throw ValidationError("--ipgetter and --no-ipgetter exclude each other.")
        }
        guard self.dhtNodes.isEmpty || self.usesDHT else {
            throw ValidationError("--dht-bootstrap needs --dht.")
        }
        if let name = self.name {
            guard (1...64).contains(name.utf8.count), Clean.line(name) == name else {
                throw ValidationError(
                    "A name has 1 to 64 bytes and no characters that cannot be shown.")
            }
        }
    }

    func run() async throws {
        let home = try self.common.homePath()
        _ = try self.common.client()
        var logger = Logger(
            label: "spockex", factory: { StreamLogHandler.standardError(label: $0) })
        // What happens, without ids and addresses; those are for debugging alone.
        logger.logLevel = .info
        let node: NodeDriver
        do throws(NodeError) {
            node = try await NodeDriver(settings: self.settings(home: home), logger: logger)
        } catch {
            throw APIError(error)
        }
        do {
            try await self.serve(node, home: home, logger: logger)
        } catch let error as NodeError {
            throw APIError(error)
        } catch let error as APIError {
            throw error
        } catch {
            throw APIError(
                .nodeFailed, "The node had to stop: \(error).",
                hint: "Start it again; the log above may say more.")
        }
    }

    private func serve(_ node: NodeDriver, home: String, logger: Logger) async throws {
        let signals = Signals()
        let isJSON = self.common.json
        let api = LocalAPI(node: node, logger: logger) {
            signals.pretend()
        } ready: {
            let listen = await node.status().listen.map(\.description)
            Console.note("listening on \(listen.joined(separator: ", ")); home \(home)")
            guard isJSON else { return }
            let report = StartReport(home: home, listen: listen)
            if let text = try? JSONLine.text(report) { Console.printIfPossible(text) }
        }
        var quiet = logger
        quiet.logLevel = .critical
        let services: [any Service] = [
            node, StopService(signals: signals), api,
        ]
        var configuration = ServiceGroupConfiguration(
            services: services.map { service in
                .init(
                    service: service, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup)
            },
            logger: quiet)
        configuration.maximumGracefulShutdownDuration = .seconds(10)
        try await ServiceGroup(configuration: configuration).run()
    }

    private func settings(home: String) -> NodeSettings {
        var settings = NodeSettings(home: home)
        if !self.listen.isEmpty { settings.listen = self.listen.compactMap { Endpoint($0) } }
        settings.external = self.external.compactMap { Endpoint($0) }
        settings.name = self.name
        settings.firstName = Self.hostName()
        settings.stunServers = self.ipgetter
        settings.usesIPgetter = !self.noIPgetter
        settings.usesCommonPeers = !self.noRelay
        settings.makesBridges = !self.noBridges
        settings.usesLAN = !self.noLAN
        if self.usesDHT {
            settings.dhtEntries =
                self.dhtNodes.isEmpty ? DHTSettings.wellKnownEntries : self.dhtNodes
        }
        settings.deadDrop = self.deadDrop
        settings.opensPorts = !self.noPortmap
        return settings
    }

    /// The first part of the host name, fit for a name; `spockex` if nothing is left of it.
    private static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 257)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "spockex" }
        let bytes = buffer.prefix { $0 != 0 && $0 != 0x2e }.map { UInt8(bitPattern: $0) }
        let clean = Clean.line(String(decoding: bytes, as: UTF8.self))
        var name = ""
        for character in clean where (name + String(character)).utf8.count <= 64 {
            name.append(character)
        }
        return name.isEmpty ? "spockex" : name
    }
}

/// Ends, and with it the whole group, at a signal or when the API is asked to stop the node.
private struct StopService: Service {
    let signals: Signals

    func run() async throws {
        for await _ in self.signals.stream.cancelOnGracefulShutdown() { return }
    }
}
