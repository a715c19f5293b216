// SPDX-License-Identifier: Apache-2.0

extension Place {
    /// Whether a router there gives a host one port for all destinations, or there is none.
    fileprivate var isStable: Bool {
        switch self {
        case .publicHost, .fullCone, .restricted, .home, .carrier, .dualStack, .homeOpen,
            .homeRemap, .homeHairpin, .mobile:
            true
        case .symmetric, .sequential, .addressDependent, .noUDP, .carrierSymmetric,
            .mobileSymmetric, .v6Firewall, .homeAndMobile, .anyRouter,
            .island:
            false
        }
    }

    /// Whether it gives another port for each destination.
    var isPerDestination: Bool {
        switch self {
        case .symmetric, .sequential, .addressDependent, .carrierSymmetric, .mobileSymmetric: true
        case .publicHost, .fullCone, .restricted, .home, .carrier, .dualStack, .homeOpen,
            .homeRemap, .homeHairpin, .mobile, .noUDP, .v6Firewall, .homeAndMobile, .anyRouter,
            .island:
            false
        }
    }

    /// Whether two at these places must meet although one's ports cannot be told (PROTOCOL.md §8.8).
    fileprivate func mustMeet(_ other: Place) -> Bool {
        self.isStable && other.isPerDestination || other.isStable && self.isPerDestination
    }
}

extension Matrix {
    /// Fewer encounters than this say nothing about 98 of 100.
    static let demandedCountMin = 50

    /// Pairs of a stable router and one with another port for each destination of which fewer than 98 of
    /// 100 trust each other within ``soonMax``; there should be none, unless tables are small.
    public var shortfalls: [String] {
        self.cells.compactMap { cell in
            guard cell.count >= Self.demandedCountMin,
                let one = Place(rawValue: cell.offering),
                let other = Place(rawValue: cell.answering),
                one.mustMeet(other), cell.soon * 100 < cell.count * 98
            else { return nil }
            return
                "\(cell.offering) and \(cell.answering): \(cell.soon) of \(cell.count) within 25 s"
        }
    }
}
