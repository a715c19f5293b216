// SPDX-License-Identifier: Apache-2.0

/// Deliberate defects of the core, by which tests and the simulator show that they would notice them.
///
/// They exist only in builds with `SPOCKEX_MUTANTS` (debug builds, and the core alone as the
/// simulator builds it); in a release of the product ``isActive(_:)`` is false at compile time.
package struct Mutation: OptionSet, Sendable, Hashable {
    package let rawValue: UInt128

    package init(rawValue: UInt128) {
        self.rawValue = rawValue
    }

    /// Whether the defect is there.
    @inline(__always)
    func isActive(_ mutation: Mutation) -> Bool {
        #if SPOCKEX_MUTANTS
            self.contains(mutation)
        #else
            false
        #endif
    }

    // Founding and ending.

    /// The responder trusts at message 3, without the confirmation of message 4.
    package static let noConfirmation = Mutation(rawValue: 1 << 0)
    /// Errors count without a MAC, and end the pairing (as the seed had it).
    package static let errorsDelete = Mutation(rawValue: 1 << 1)
    /// Message 3 and what it is made of are not stored.
    package static let foundingNotStored = Mutation(rawValue: 1 << 2)
    /// Cancel leaves no tombstone.
    package static let noTombstone = Mutation(rawValue: 1 << 3)
    /// A cluster's UID is chosen, not computed from what both signed.
    package static let clusterChosen = Mutation(rawValue: 1 << 4)
    /// A 410 counts without its token.
    package static let goneUnproved = Mutation(rawValue: 1 << 5)
    /// Every packet that names a cancelled pairing gets a 410.
    package static let goneUnlimited = Mutation(rawValue: 1 << 6)
    /// The cancel tokens stay when both sides trust.
    package static let tokensKept = Mutation(rawValue: 1 << 7)
    /// Salts and codes stay when the pairing is finished.
    package static let codesKept = Mutation(rawValue: 1 << 8)
    /// An offer is accepted after its life.
    package static let offerWithoutEnd = Mutation(rawValue: 1 << 9)
    /// An offer takes a second answer.
    package static let offerUsedTwice = Mutation(rawValue: 1 << 10)
    /// `forget` is not acknowledged.
    package static let forgetUnanswered = Mutation(rawValue: 1 << 11)

    // Messages and sessions.

    /// JSON messages count whatever their MAC.
    package static let macUnchecked = Mutation(rawValue: 1 << 12)
    /// Who offered mixes up the MAC keys of the two directions.
    package static let macKeysSwapped = Mutation(rawValue: 1 << 13)
    /// A session opens a packet as often as it comes.
    package static let windowUnchecked = Mutation(rawValue: 1 << 14)
    /// A message 1 counts although its `n` is old.
    package static let questionRepeats = Mutation(rawValue: 1 << 15)
    /// The counters `n` are used without being reserved on the disk.
    package static let counterNotReserved = Mutation(rawValue: 1 << 16)
    /// Sessions open packets for ever.
    package static let sessionWithoutEnd = Mutation(rawValue: 1 << 17)
    /// Every stale `n` gets a 409.
    package static let resyncUnlimited = Mutation(rawValue: 1 << 18)
    /// A relation keeps as many slots as are asked for.
    package static let slotsUnlimited = Mutation(rawValue: 1 << 19)
    /// A relation keeps as many attempts as it makes.
    package static let attemptsUnlimited = Mutation(rawValue: 1 << 20)
    /// A relation keeps as many sessions as there are.
    package static let sessionsUnlimited = Mutation(rawValue: 1 << 21)

    // Paths and addresses.

    /// The path moves to every new source, without a challenge.
    package static let pathUnproved = Mutation(rawValue: 1 << 22)
    /// The first peer's echo is published as the own address.
    package static let echoBelieved = Mutation(rawValue: 1 << 23)
    /// An older list of addresses replaces a newer one.
    package static let oldAddressesWin = Mutation(rawValue: 1 << 24)
    /// Changed own addresses are told once, whether they arrive or not.
    package static let addressesToldOnce = Mutation(rawValue: 1 << 25)
    /// Endpoints of a peer are remembered without limit.
    package static let endpointsUnlimited = Mutation(rawValue: 1 << 26)
    /// Nothing is sent to keep a path open.
    package static let noKeepalive = Mutation(rawValue: 1 << 27)
    /// A lost peer is not looked for.
    package static let noSearch = Mutation(rawValue: 1 << 28)
    /// A challenge goes out even where it is longer than the packet that it answers.
    package static let challengeAmplifies = Mutation(rawValue: 1 << 29)
    /// A peer that is lost takes what was known of its places along.
    package static let endpointsForgotten = Mutation(rawValue: 1 << 30)

    // Common peers; the simulator's own defects have the bits 32 to 47.

    /// A helper relays to whoever is there, asked or not.
    package static let relaysToAnyone = Mutation(rawValue: 1 << 48)
    /// A relayed way replaces a direct path that works.
    package static let relayReplacesDirect = Mutation(rawValue: 1 << 49)
    /// The place of a relayed path is stored among the peer's endpoints.
    package static let relayPlaceStored = Mutation(rawValue: 1 << 50)
    /// A helper relays as much as comes.
    package static let relayUnlimited = Mutation(rawValue: 1 << 51)
    /// Who is relayed looks for no direct path any more.
    package static let relayNeverLeft = Mutation(rawValue: 1 << 52)
    /// Common peers are not asked for help.
    package static let helpUnasked = Mutation(rawValue: 1 << 53)
    /// What a common peer tells is not acted upon.
    package static let foundIgnored = Mutation(rawValue: 1 << 54)

    // The local network.

    /// Everybody's hello is taken for a peer's.
    package static let helloUnproved = Mutation(rawValue: 1 << 55)
    /// The hello of a peer changes nothing.
    package static let helloIgnored = Mutation(rawValue: 1 << 56)
    /// All hellos have the same nonce, so that whoever hears them knows them again.
    package static let helloNonceKept = Mutation(rawValue: 1 << 57)
    /// Every reason to call is followed at once.
    package static let helloUnpaced = Mutation(rawValue: 1 << 58)

    // How long routers remember.

    /// The first answer counts as the late one.
    package static let earlyAnswerBelieved = Mutation(rawValue: 1 << 59)
    /// A path rests as long as what was measured not to be outlasted.
    package static let restNotInside = Mutation(rawValue: 1 << 60)
    /// Questions after a rest are answered wherever they come from.
    package static let restAnsweredAnywhere = Mutation(rawValue: 1 << 61)

    // Clusters.

    /// Whoever is gone by the records, or blocked, keeps its relation.
    package static let goneKeepsRelation = Mutation(rawValue: 1 << 62)
    /// Only own records are sent on.
    package static let recordsNotPassedOn = Mutation(rawValue: 1 << 63)
    /// Who is connected anew is not told what is held.
    package static let summaryUntold = Mutation(rawValue: 1 << 64)
    /// An endpoint record with a lower sequence replaces a newer one.
    package static let oldPlacesWin = Mutation(rawValue: 1 << 65)
    /// Whoever is gone still gets the secret that is made because of that.
    package static let epochGivenToGone = Mutation(rawValue: 1 << 66)
    /// A newcomer is in the records before it is known to trust.
    package static let addedTooEarly = Mutation(rawValue: 1 << 67)
    /// The keys of members who never met do not depend on the epoch's secret.
    package static let memberKeysConstant = Mutation(rawValue: 1 << 68)
    /// Who leaves forgets the cluster before anybody has heard of it.
    package static let leaveForgotten = Mutation(rawValue: 1 << 69)
    /// Own endpoint records that others hold do not raise the own sequence.
    package static let sequenceNotRecovered = Mutation(rawValue: 1 << 70)
    /// Nobody makes a new epoch.
    package static let epochNotMade = Mutation(rawValue: 1 << 71)
    /// Endpoint records name addresses of local networks too.
    package static let localAddressesPublished = Mutation(rawValue: 1 << 72)
    /// A secret counts whatever the record of its epoch says.
    package static let secretUnchecked = Mutation(rawValue: 1 << 73)

    // Bridges.

    /// Cards cross of members who gave none.
    package static let cardWithoutConsent = Mutation(rawValue: 1 << 74)
    /// What is closed still carries.
    package static let closedBridgeCarries = Mutation(rawValue: 1 << 75)
    /// Who carries takes as much as comes.
    package static let carryUnlimited = Mutation(rawValue: 1 << 76)
    /// Who carries does not count how far a datagram has come.
    package static let hopsUnchecked = Mutation(rawValue: 1 << 77)
    /// Who carries takes a datagram as often as it comes.
    package static let carriedTwice = Mutation(rawValue: 1 << 78)
    /// A card counts without a second member's word.
    package static let voucherUnchecked = Mutation(rawValue: 1 << 79)
    /// What the ends of a bridge allow does not matter.
    package static let policyUnchecked = Mutation(rawValue: 1 << 80)
    /// A card has the member's own keys in the cluster.
    package static let memberKeysInCard = Mutation(rawValue: 1 << 81)
    /// Addresses are told across a bridge without being asked.
    package static let addressesCross = Mutation(rawValue: 1 << 82)

    // Paths.

    /// Both of two whose ways cross follow the other.
    package static let pathsCross = Mutation(rawValue: 1 << 83)
}
