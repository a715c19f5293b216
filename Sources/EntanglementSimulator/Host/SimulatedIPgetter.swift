// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import PortMapping

/// The IPgetter of a simulated host: the real STUN client, and what the driver does around it.
struct SimulatedIPgetter: Sendable {
    /// What it wants done.
    enum Step: Sendable {
        case send([UInt8], to: Endpoint)
        case told(IPgetterAnswer)
        case lapsed
    }

    private static let keepAliveInterval = Duration.seconds(20)

    private var client: STUNClient
    private var generator: SeededGenerator
    private var isBusy = false
    private var keepAliveAt: Instant?

    init(servers: [Endpoint], seed: UInt64) {
        self.generator = SeededGenerator(seed: seed)
        self.client = STUNClient(servers: servers, using: &self.generator)
    }

    /// When `tick` is due, by the host's clock.
    var deadline: Instant? {
        guard let due = self.keepAliveAt else { return self.client.deadline }
        return min(self.client.deadline ?? due, due)
    }

    mutating func gather(now: Instant) -> [Step] {
        guard !self.isBusy else { return [] }
        self.isBusy = true
        let steps = self.run(.ask, now: now)
        return self.isBusy && self.client.deadline == nil
            ? steps + [self.conclude(.unclear)] : steps
    }

    mutating func receive(_ bytes: [UInt8], from source: Endpoint, now: Instant) -> [Step] {
        self.run(.datagram(bytes, from: source), now: now)
    }

    mutating func networkChanged(now: Instant) -> [Step] {
        self.keepAliveAt = nil
        let steps = self.run(.networkChanged, now: now)
        return self.isBusy ? steps + [self.conclude(.unclear)] : steps
    }

    mutating func tick(now: Instant, isNeeded: Bool) -> [Step] {
        var steps: [Step] = []
        if let deadline = self.client.deadline, deadline <= now {
            steps += self.run(.timer, now: now)
        }
        if let due = self.keepAliveAt, due <= now {
            self.keepAliveAt = nil
            if isNeeded {
                steps += self.run(.keepAlive, now: now)
                self.keepAliveAt = now + Self.keepAliveInterval
            } else {
                steps.append(.lapsed)
            }
        }
        return steps
    }

    private mutating func conclude(_ answer: IPgetterAnswer) -> Step {
        self.isBusy = false
        return .told(answer)
    }

    private mutating func run(_ input: STUNClient.Input, now: Instant) -> [Step] {
        var outputs: [STUNClient.Output] = []
        self.client.handle(input, now: now, using: &self.generator, into: &outputs)
        return outputs.map { output in
            switch output {
            case .send(let bytes, let server): return .send(bytes, to: server)
            case .learned(let endpoint, let count):
                self.keepAliveAt = now + Self.keepAliveInterval
                return self.conclude(.seen(endpoint, by: count))
            case .mapsPerDestination(let endpoints):
                self.keepAliveAt = now + Self.keepAliveInterval
                return self.conclude(.perDestination(endpoints))
            case .disagreement: return self.conclude(.unclear)
            case .failed: return self.conclude(.nothing)
            }
        }
    }
}
