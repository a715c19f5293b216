// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// Three members, of whom two move at one moment behind routers that filter; the third stands still.
public struct ClusterPair: Sendable {
    /// What came of it.
    public struct Outcome: Sendable {
        /// From the moves to the moment at which both are connected again, by whatever way; nil: never.
        public let back: Duration?
        /// The same, directly; nil: never.
        public let direct: Duration?
        /// Datagrams after the moves to where none of the three is or was: servers, and anybody else.
        public let outsideCount: Int
        /// Broken promises.
        public let violations: [Violation]
    }

    private static let warmUp = Duration.seconds(60)
    private static let patience = Duration.seconds(60)
    /// Routers that let in only who was called; `direct` tells whether two of them let each other in.
    public static let places: [Place] = [.home, .homeRemap, .restricted, .homeHairpin, .symmetric]
    /// Where the third may stand: wherever somebody can be called whom it does not know to be there.
    public static let thirdPlaces: [Place] = [.publicHost, .homeOpen, .fullCone]

    private var simulation: Simulation
    private let members: [MemberID]

    /// Two who move, and one who stands at such a place.
    public init(third: Place, lossPerMille: Int, seed: UInt64) {
        var conditions = LinkConditions.internet
        conditions.lossPerMille = lossPerMille
        self.simulation = Simulation(
            seed: seed, internet: conditions, defects: [], usesRealCryptography: false)
        self.simulation.people.areResolute = true
        self.members = self.simulation.settle([third, .home, .home], seed: seed)
    }

    /// Runs it to its end.
    public mutating func run() -> Outcome {
        self.simulation.run(until: Instant(nanoseconds: Self.warmUp.nanoseconds))
        let outside = self.simulation.outsideCount
        let movers = [HostID(number: 1), HostID(number: 2)]
        for mover in movers {
            let number = Int.random(
                in: 0..<Self.places.count, using: &self.simulation.generator)
            self.simulation.settle(mover, in: Self.places[number])
            self.simulation.noteAddresses(of: mover)
        }
        for mover in movers { self.simulation.tellOfNetworks(mover) }
        let addresses = movers.map { self.simulation.outerAddress(of: $0) }
        let start = self.simulation.now
        var (back, direct): (Duration?, Duration?) = (nil, nil)
        while self.simulation.now - start < Self.patience, direct == nil {
            self.simulation.run(until: self.simulation.now + .milliseconds(5))
            let span = self.simulation.now - start
            let isDirect = [(0, 1), (1, 0)].allSatisfy { one, other in
                self.simulation.reaches(
                    movers[one], self.members[movers[other].number], at: addresses[other])
            }
            if isDirect { direct = span }
            let isBack = isDirect || movers.allSatisfy { self.isRelayed($0, movers) }
            if isBack, back == nil { back = span }
        }
        return Outcome(
            back: back, direct: direct, outsideCount: self.simulation.outsideCount - outside,
            violations: self.simulation.checker.violations)
    }

    /// Whether one of the two is connected with the other by the third.
    private func isRelayed(_ id: HostID, _ movers: [HostID]) -> Bool {
        let other = movers[0] == id ? movers[1] : movers[0]
        return self.simulation.connectedRelations(of: id).contains { record in
            record.member == self.members[other.number]
                && self.simulation.hosts[id.number].node?.isRelayed(record.id) ?? false
        }
    }
}
