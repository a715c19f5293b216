// SPDX-License-Identifier: Apache-2.0

/// Something that went wrong on purpose.
public enum Fault: Int, Sendable, Hashable, CaseIterable {
    case crash, powerLoss, diskFull, restoredBackup, suspend, clockJump
    case addressChange, routerRestart, routerRenumbered, partition, oneWayCut, badInternet, noUDP
    case duplicate, corruption, noRoute, replay, forgery, flood
    case cancel, retry, forget
    case tornPage, copiedHome, interception, flapping, secondAnswer, lateScan
    case lying, forging, flooding, repeating, substituting, meddling
    case moved, severalMoved, allMoved, lanJoined, linkLost, linkBack
    case carrierRestart, carrierRenumbered, prefixChange, crowd
    case badLinks, narrowLinks, uplinkCut, partitionEnded
    case gathering
    case founding, takingIn, meetingAgain, leaving, removing, blocking, retiring, longAbsence
    case clusterHarm
    case bridging, cardGiven, cardTaken, bridgeClosing, tampering
    // What shows that courses are about something: looks at removals, at what hostile ends hold, and at
    // closings; courses in which a closing was looked at.
    case removalJudged, carriedByVillain, cardInvented, markHeard, closingJudged, closingSeen
    case closingJudgedLate
    // Removals that somebody saw in effect, and those of them that are not any more in the end.
    case removalSeen, removalUndone
}

/// How often each kind of fault, and each end of a packet, has happened.
public struct Tally: Sendable, Equatable {
    /// By the order of ``Fault``'s cases.
    private var faults = [UInt64](repeating: 0, count: Fault.allCases.count)
    private var fates = [UInt64](repeating: 0, count: Fate.allCases.count)

    /// Nothing has happened.
    public init() {}

    mutating func count(_ fault: Fault) { self.faults[fault.rawValue] += 1 }

    mutating func count(_ fate: Fate) { self.fates[fate.rawValue] += 1 }

    /// Adds what happened in another run.
    public mutating func add(_ other: Tally) {
        for index in self.faults.indices { self.faults[index] += other.faults[index] }
        for index in self.fates.indices { self.fates[index] += other.fates[index] }
    }

    /// Names and counts in a fixed order: faults, then what became of packets.
    public var rows: [(name: String, count: UInt64)] {
        Fault.allCases.map { ("\($0)", self.faults[$0.rawValue]) }
            + Fate.allCases.map { ("packet \($0)", self.fates[$0.rawValue]) }
    }

    /// How often a fault happened.
    public func count(of fault: Fault) -> UInt64 { self.faults[fault.rawValue] }
}
