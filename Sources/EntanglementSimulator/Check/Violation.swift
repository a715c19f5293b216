// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// A promise that was broken, and by whom.
public struct Violation: Sendable, Hashable, Error, CustomStringConvertible {
    /// Which promise.
    public enum Promise: String, Sendable, Hashable, CaseIterable {
        // After every step.

        /// Whoever is trusted has met this node, and both founded the same cluster.
        case trustNeedsAMeeting
        /// An offer is used once, and not after its life.
        case offerUsedOnce
        /// Of a cancelled pairing nothing is left.
        case cancelDeletes
        /// What nobody authenticated changes nothing, and passes no gate.
        case forgeriesChangeNothing
        /// A packet is opened once.
        case openedOnce
        /// Only what was sent is opened, and only while its session lives.
        case openedWasSent
        /// No key seals two packets with one nonce.
        case nonceUsedOnce
        /// No session counter seals two packets.
        case counterUsedOnce
        /// No `n` belongs to two messages 1, and none is accepted twice.
        case questionUsedOnce
        /// What is told is on the disk.
        case announcedIsDurable
        /// Salts and codes are gone when a pairing is finished, cancel tokens when both know.
        case secretsAreErased
        /// No path leads to who has not answered a challenge.
        case pathIsProved
        /// No path swings to and fro.
        case pathsSettle
        /// What one peer alone says is not published as the own address.
        case addressIsConfirmed
        /// Nobody unproved gets more bytes than it sent, and no answer comes more often than it may.
        case answersAreFew
        /// Birthday probing has one round of 1,024 datagrams at a time, and 20 s of pause.
        case probesAreFew
        /// No host calls into its local networks oftener than it may.
        case hellosAreFew
        /// Nobody can tell from two hellos that they are of the same host, or for whom.
        case hellosTellNothing
        /// Tables stay below their limits.
        case limits
        /// The place of a relayed way leaves the node nowhere, and is not stored.
        case relayStaysInside
        /// A helper relays only between two who both asked, and no more than its quotas allow.
        case relayIsAskedFor
        /// A relayed way replaces no direct path that works.
        case directWins

        /// Questions after a rest are answered at the peer's own address alone.
        case restsStayHome

        /// No relation with a member who is gone or blocked, as the own records say, but those that only
        /// answer.
        case goneAreDropped
        /// Who never met is a member by the records of both, or has no relation.
        case introducedAreMembers
        /// Nobody who is gone gets a secret that was made because of that.
        case epochsAreForMembers
        /// Keys of members who never met depend on the epoch's secret and on both.
        case keysFollowEpochs
        /// The same records say the same everywhere.
        case sameRecordsSameRoster
        /// No older endpoint record replaces a newer one.
        case placesAdvance
        /// Nobody is said to run twice who runs once.
        case alarmsAreTrue
        /// Endpoint records name public addresses alone.
        case placesArePublic
        /// No record is held that its author has not signed.
        case recordsAreSigned
        /// Nobody is in the records who does not know that it is trusted.
        case addFollowsTrust
        /// Nobody forgets a cluster that it left before somebody has heard of it.
        case leavingIsHeard
        /// On a calm internet whoever is connected knows of a removal within 2 s.
        case removalIsQuick
        /// A removal that was in effect stays so, unless votes or voters from beside it stand against it.
        case removedStayOut
        /// On a calm internet whoever is connected to the author of a record all the time, if only by others,
        /// and holds what it names, holds it within 3 s.
        case newsIsQuick

        // Bridges.

        /// Nobody of the other cluster is known but those who agreed.
        case strangersStayUnknown
        /// Whoever carries cannot read it.
        case carriedIsSealed
        /// Whoever carries takes a datagram once.
        case carriedOnce
        /// Nothing goes on that has passed as many ends as it may.
        case carriedStaysNear
        /// Of nobody more is carried than the quotas allow.
        case carriedIsLittle
        /// Nothing is carried that the ends do not allow.
        case policyHolds
        /// Every card is one that somebody gave.
        case cardsAreReal
        /// Nobody across is reached directly who did not allow it.
        case addressesStayHome
        /// On a calm internet nothing is left across 2 s after closing.
        case closingIsQuick
        /// Who may talk across a bridge does, when the faults have ended.
        case talksAcross

        // When faults have ended.

        /// No path rests longer than the routers in front of it remember.
        case restIsInside

        /// Whoever can be reached is connected again.
        case foundAgain
        /// Both sides of a meeting agree about it.
        case agreement
        /// Two who met and can reach each other trust each other.
        case meetingSucceeds
        /// Whoever can be reached directly is, also after having been relayed.
        case directAgain
        /// Who is connected knows the other's addresses as they are now.
        case addressesAreTold
        /// Members who are connected hold the same records, endpoint records and secrets.
        case clusterAgrees
        /// Who joins is a member in the end, and who leaves has left.
        case standingSettles
        /// Who is gone is connected to no member.
        case goneAreOut
        /// Two records that contradict each other are shown by whoever holds both.
        case equivocationIsShown
        /// The own endpoint record says where the own node is.
        case placesAreTold
    }

    /// Which one.
    public var promise: Promise
    /// When, by the true time.
    public var at: Instant
    /// The hosts concerned.
    public var hosts: [HostID]
    /// What was seen, in words.
    public var detail: String

    /// Promise, time, hosts and what was seen, in one line.
    public var description: String {
        let hosts = self.hosts.map { "\($0.number)" }.joined(separator: ", ")
        let seconds = Double(self.at.nanoseconds) / 1e9
        return "\(self.promise.rawValue) at \(seconds) s, hosts \(hosts): \(self.detail)"
    }
}
