// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// Deliberate defects of the core and of its driver, by which the checks show that they bite.
public struct Defects: OptionSet, Sendable, Hashable {
    /// One bit for each defect.
    public let rawValue: UInt128

    /// The defects of those bits: 32 to 47 are the driver's, all others the core's own.
    public init(rawValue: UInt128) {
        self.rawValue = rawValue
    }

    // The driver and its disk.

    /// Transactions reach the disk sometime.
    public static let lazyDisk = Defects(rawValue: 1 << 32)
    /// What is sent leaves before the transaction.
    public static let commitAfterSend = Defects(rawValue: 1 << 33)
    /// When the power goes in the middle of a transaction, half of it is stored.
    public static let tornCommit = Defects(rawValue: 1 << 34)
    /// Deleted relations stay on the disk.
    public static let deletionsNotStored = Defects(rawValue: 1 << 35)
    /// Where peers were last is not stored.
    public static let endpointsNotStored = Defects(rawValue: 1 << 36)
    /// The accepted `n` is not stored.
    public static let acceptedNotStored = Defects(rawValue: 1 << 37)
    /// The cluster of a finished pairing is not stored.
    public static let clusterNotStored = Defects(rawValue: 1 << 38)
    /// A session that is already there is installed again when message 1 comes again.
    public static let reinstallation = Defects(rawValue: 1 << 39)
    /// The gate keeps sessions that the node has ended.
    public static let erasureIgnored = Defects(rawValue: 1 << 40)
    /// The node is not told that the network changed.
    public static let changeUntold = Defects(rawValue: 1 << 41)
    /// After a crash the program goes on with the sessions that it had.
    public static let sessionsSurvive = Defects(rawValue: 1 << 42)
    /// Keys are made from the same random numbers at every start.
    public static let sameRandomness = Defects(rawValue: 1 << 43)
    /// Hellos reach no network.
    public static let hellosUnsent = Defects(rawValue: 1 << 44)

    /// All of them by name, in a fixed order.
    public static let named: [(name: String, defect: Defects)] =
        [
            ("noConfirmation", Defects(.noConfirmation)),
            ("errorsDelete", Defects(.errorsDelete)),
            ("foundingNotStored", Defects(.foundingNotStored)),
            ("noTombstone", Defects(.noTombstone)),
            ("clusterChosen", Defects(.clusterChosen)),
            ("goneUnproved", Defects(.goneUnproved)),
            ("goneUnlimited", Defects(.goneUnlimited)),
            ("tokensKept", Defects(.tokensKept)),
            ("codesKept", Defects(.codesKept)),
            ("offerWithoutEnd", Defects(.offerWithoutEnd)),
            ("offerUsedTwice", Defects(.offerUsedTwice)),
            ("forgetUnanswered", Defects(.forgetUnanswered)),
            ("macUnchecked", Defects(.macUnchecked)),
            ("macKeysSwapped", Defects(.macKeysSwapped)),
            ("windowUnchecked", Defects(.windowUnchecked)),
            ("questionRepeats", Defects(.questionRepeats)),
            ("counterNotReserved", Defects(.counterNotReserved)),
            ("sessionWithoutEnd", Defects(.sessionWithoutEnd)),
            ("resyncUnlimited", Defects(.resyncUnlimited)),
            ("slotsUnlimited", Defects(.slotsUnlimited)),
            ("attemptsUnlimited", Defects(.attemptsUnlimited)),
            ("sessionsUnlimited", Defects(.sessionsUnlimited)),
            ("pathUnproved", Defects(.pathUnproved)),
            ("echoBelieved", Defects(.echoBelieved)),
            ("oldAddressesWin", Defects(.oldAddressesWin)),
            ("addressesToldOnce", Defects(.addressesToldOnce)),
            ("endpointsUnlimited", Defects(.endpointsUnlimited)),
            ("noKeepalive", Defects(.noKeepalive)),
            ("noSearch", Defects(.noSearch)),
            ("challengeAmplifies", Defects(.challengeAmplifies)),
            ("endpointsForgotten", Defects(.endpointsForgotten)),
            ("relaysToAnyone", Defects(.relaysToAnyone)),
            ("relayReplacesDirect", Defects(.relayReplacesDirect)),
            ("relayPlaceStored", Defects(.relayPlaceStored)),
            ("relayUnlimited", Defects(.relayUnlimited)),
            ("relayNeverLeft", Defects(.relayNeverLeft)),
            ("helpUnasked", Defects(.helpUnasked)),
            ("foundIgnored", Defects(.foundIgnored)),
            ("lazyDisk", .lazyDisk),
            ("commitAfterSend", .commitAfterSend),
            ("tornCommit", .tornCommit),
            ("deletionsNotStored", .deletionsNotStored),
            ("endpointsNotStored", .endpointsNotStored),
            ("acceptedNotStored", .acceptedNotStored),
            ("clusterNotStored", .clusterNotStored),
            ("reinstallation", .reinstallation),
            ("erasureIgnored", .erasureIgnored),
            ("changeUntold", .changeUntold),
            ("sessionsSurvive", .sessionsSurvive),
            ("sameRandomness", .sameRandomness),
            ("helloUnproved", Defects(.helloUnproved)),
            ("helloIgnored", Defects(.helloIgnored)),
            ("helloNonceKept", Defects(.helloNonceKept)),
            ("helloUnpaced", Defects(.helloUnpaced)),
            ("hellosUnsent", .hellosUnsent),
            ("earlyAnswerBelieved", Defects(.earlyAnswerBelieved)),
            ("restNotInside", Defects(.restNotInside)),
            ("restAnsweredAnywhere", Defects(.restAnsweredAnywhere)),
        ] + Self.ofClusters + Self.ofBridges

    /// Those of what only bridges do.
    public static let ofBridges: [(name: String, defect: Defects)] = [
        ("cardWithoutConsent", Defects(.cardWithoutConsent)),
        ("closedBridgeCarries", Defects(.closedBridgeCarries)),
        ("carryUnlimited", Defects(.carryUnlimited)),
        ("hopsUnchecked", Defects(.hopsUnchecked)),
        ("carriedTwice", Defects(.carriedTwice)),
        ("voucherUnchecked", Defects(.voucherUnchecked)),
        ("policyUnchecked", Defects(.policyUnchecked)),
        ("memberKeysInCard", Defects(.memberKeysInCard)),
        ("addressesCross", Defects(.addressesCross)),
    ]

    /// Those of what only clusters of more than two do.
    public static let ofClusters: [(name: String, defect: Defects)] = [
        ("goneKeepsRelation", Defects(.goneKeepsRelation)),
        ("recordsNotPassedOn", Defects(.recordsNotPassedOn)),
        ("summaryUntold", Defects(.summaryUntold)),
        ("oldPlacesWin", Defects(.oldPlacesWin)),
        ("epochGivenToGone", Defects(.epochGivenToGone)),
        ("addedTooEarly", Defects(.addedTooEarly)),
        ("memberKeysConstant", Defects(.memberKeysConstant)),
        ("leaveForgotten", Defects(.leaveForgotten)),
        ("sequenceNotRecovered", Defects(.sequenceNotRecovered)),
        ("epochNotMade", Defects(.epochNotMade)),
        ("localAddressesPublished", Defects(.localAddressesPublished)),
        ("secretUnchecked", Defects(.secretUnchecked)),
        ("pathsCross", Defects(.pathsCross)),
    ]

    private init(_ mutation: Mutation) {
        self.init(rawValue: mutation.rawValue)
    }

    /// What the core is told.
    var mutation: Mutation { Mutation(rawValue: self.rawValue & ~Self.driverBits) }

    private static let driverBits: UInt128 = 0xffff << 32
}

extension Scenario {
    /// The kinds of courses in which a deliberate defect shows.
    public static func that(meets defect: String) -> [Scenario] {
        if Defects.ofBridges.contains(where: { $0.name == defect }) { return [.bridge] }
        return Defects.ofClusters.contains { $0.name == defect }
            ? [.cluster] : Self.allCases.filter { $0 != .cluster && !$0.isAboutBridges }
    }
}
