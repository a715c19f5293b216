// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// How a router translates and filters, in the words of RFC 4787.
public struct NATBehavior: Sendable, Hashable {
    /// What two packets must share to be one flow.
    public enum Dependence: String, Sendable, Hashable, CaseIterable {
        /// The inner endpoint alone.
        case endpointIndependent
        /// The inner endpoint and the outer address.
        case addressDependent
        /// The inner endpoint, the outer address and the outer port.
        case addressAndPortDependent
    }

    /// Which outer port a new mapping gets.
    public enum PortChoice: String, Sendable, Hashable, CaseIterable {
        /// The inner port while it is free, else a random one.
        case preserving
        /// One above the last one given.
        case sequential
        /// Any.
        case random
    }

    /// What makes a mapping (RFC 4787 §4.1).
    public var mapping: Dependence
    /// What may come in by a mapping (RFC 4787 §5).
    public var filtering: Dependence
    /// Which outer ports are given.
    public var portChoice: PortChoice
    /// How long a mapping lives after the last packet that went out by it.
    public var mappingLife: Duration
    /// How many mappings there may be; the one that is idle longest goes for a new one.
    public var tableCountMax: Int
    /// Whether a packet from inside to an own outer endpoint comes back in.
    public var hairpins: Bool

    /// A behaviour; by default that of a common home router.
    public init(
        mapping: Dependence = .endpointIndependent,
        filtering: Dependence = .addressAndPortDependent, portChoice: PortChoice = .preserving,
        mappingLife: Duration = .seconds(120), tableCountMax: Int = 4_096, hairpins: Bool = false
    ) {
        self.mapping = mapping
        self.filtering = filtering
        self.portChoice = portChoice
        self.mappingLife = mappingLife
        self.tableCountMax = tableCountMax
        self.hairpins = hairpins
    }

    /// Lets everybody in by a mapping that is there.
    public static let fullCone = NATBehavior(filtering: .endpointIndependent, hairpins: true)
    /// Lets in whoever was sent to, from any port.
    public static let restricted = NATBehavior(filtering: .addressDependent)
    /// A common home router.
    public static let home = NATBehavior()
    /// Another port for every destination, chosen at random.
    public static let symmetric = NATBehavior(
        mapping: .addressAndPortDependent, portChoice: .random, mappingLife: .seconds(60))
    /// Another port for every destination, one after the other.
    public static let sequential = NATBehavior(
        mapping: .addressAndPortDependent, portChoice: .sequential, mappingLife: .seconds(60))
    /// Keeps one port for each inner endpoint and remote address, and lets in that address alone.
    public static let addressDependent = NATBehavior(
        mapping: .addressDependent, filtering: .addressDependent, portChoice: .random)
    /// A home router that does not keep port numbers.
    public static let remapping = NATBehavior(portChoice: .random)
    /// A home router through which two of its own can meet at the outer address.
    public static let hairpinning = NATBehavior(hairpins: true)

    /// One of all behaviours, and of how long mappings live and how many there may be.
    static func drawn(using generator: inout SeededGenerator) -> NATBehavior {
        let lives: [Duration] = [.seconds(30), .seconds(60), .seconds(120), .seconds(300)]
        let counts = [64, 256, 1_024, 4_096]
        func one<Choice>(_ choices: [Choice], _ generator: inout SeededGenerator) -> Choice {
            choices[Int.random(in: 0..<choices.count, using: &generator)]
        }
        return NATBehavior(
            mapping: one(Dependence.allCases, &generator),
            filtering: one(Dependence.allCases, &generator),
            portChoice: one(PortChoice.allCases, &generator),
            mappingLife: one(lives, &generator), tableCountMax: one(counts, &generator),
            hairpins: Bool.random(using: &generator))
    }
}
