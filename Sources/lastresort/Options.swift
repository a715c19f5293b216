// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Entanglement
import MainlineDHT
import SpockexNode

/// Which DHT.
struct DHTOptions: ParsableArguments {
    @Option(
        name: .customLong("node"), parsing: .singleValue,
        help: "A node of the DHT to begin at, HOST:PORT; without any, the well-known ones.")
    var nodes: [String] = []

    @Flag(help: "Speak to nodes on loopback and private addresses.")
    var local = false

    @Flag(name: .customLong("ipv6"), help: "The DHT of IPv6.")
    var usesIPv6 = false

    /// Runs one request to its end.
    func result(of request: DHTRequest) async throws -> DHTResult {
        let entries = self.nodes.isEmpty ? DHTSettings.wellKnownEntries : self.nodes
        let settings = DHTSettings(
            entries: entries, isIPv6: self.usesIPv6, allowsLocal: self.local)
        guard let settings else { throw ValidationError("--node is HOST:PORT, at most 16 times") }
        let driver = DHTDriver(settings)
        return await withTaskGroup(of: DHTResult?.self) { group in
            group.addTask {
                await driver.run()
                return nil
            }
            group.addTask { await driver.result(of: request) }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first ?? .unreachable
        }
    }
}

/// Which slot of which pair.
struct SlotOptions: ParsableArguments {
    @Option(help: "The secret of the pair, 64 hexadecimal digits.")
    var pair: Bytes

    @Option(help: "Who leaves the note: offering or answering.")
    var writer: String

    @Option(help: "The day since 1970 (UTC); without it, today.")
    var day: UInt32?

    func slot(now: WallTime) throws -> LastResortSlot {
        guard self.pair.bytes.count == 32 else { throw ValidationError("--pair has 64 digits") }
        guard let writer = MeetingRole(rawValue: self.writer) else {
            throw ValidationError("--writer is offering or answering")
        }
        guard let day = self.day ?? LastResortSlot.day(of: now) else {
            throw ValidationError("the clock says a year before 1970")
        }
        return LastResortSlot(
            pair: Secret(self.pair.bytes), writer: writer, day: day, CryptoPrimitives())
    }
}

/// Bytes as hexadecimal digits.
struct Bytes: ExpressibleByArgument {
    var bytes: [UInt8]

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    init?(argument: String) {
        let digits = argument.compactMap(\.hexDigitValue)
        guard digits.count == argument.count, digits.count.isMultiple(of: 2) else { return nil }
        self.bytes = stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }

    var text: String {
        self.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension DHTResult {
    /// A line for people and scripts.
    var line: String {
        switch self {
        case .found(let item, let count):
            "found \(item.sequence) by \(count): \(Bytes(bytes: item.value.encoded).text)"
        case .nothing(let count): "nothing, \(count) asked"
        case .stored(let count): "stored by \(count)"
        case .outdated(let item): "outdated by \(item.sequence)"
        case .refused(let codes): "refused: \(codes)"
        case .unreachable: "unreachable"
        case .busy: "busy"
        }
    }

    /// Whether what was wanted has come about.
    var isSuccess: Bool {
        switch self {
        case .found, .stored: true
        case .nothing, .outdated, .refused, .unreachable, .busy: false
        }
    }
}
