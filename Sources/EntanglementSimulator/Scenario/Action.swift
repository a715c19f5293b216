// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// Something that a person, a fault or an adversary does at a planned time.
enum Action: Sendable {
    // People.
    case offer(by: HostID, to: HostID)
    case answer(by: HostID, meeting: Int)
    case accept(by: HostID, meeting: Int)
    case cancelIfThere(HostID, meeting: Int)
    case chooseAfterTimeout(by: HostID, meeting: Int)
    case forget(by: HostID, meeting: Int)
    case answerToo(by: HostID, meeting: Int)
    case acceptToo(by: HostID, meeting: Int)
    // Computers.
    case start(HostID)
    case crash(HostID, atNextStepAfter: Int?)
    case losePower(HostID)
    case backUp(HostID)
    case restore(HostID)
    case setDisk(HostID, isFull: Bool)
    case suspend(HostID, Duration)
    case wake(HostID)
    case jumpClock(HostID, Duration)
    case tearPage(HostID)
    case copyHome(HostID)
    // Networks.
    /// To other places, all at one moment.
    case move([HostID])
    /// To one new LAN, all at one moment.
    case gather([HostID])
    case flap(HostID, count: Int)
    /// One of its links, with all addresses.
    case unplug(HostID)
    /// Every link that is gone.
    case plugIn(HostID)
    case setInternet(LinkConditions)
    case cut(from: HostID, to: HostID)
    /// These from the rest of the world; of none: the world is whole again.
    case split([HostID])
    /// In one of the networks that the host is in then.
    case strike(HostID, NetworkFault)
    // Clusters.
    /// Two found a cluster, or one takes the other in, or members meet again; the first shows the offer.
    case meet(HostID, HostID, tries: Int)
    case leave(HostID)
    /// Proposes it, or votes for it.
    case remove(HostID, by: HostID)
    case block(HostID, by: HostID, isOn: Bool)
    /// Is switched off for good.
    case retire(HostID)
    /// Everybody sleeps for so long.
    case pass(Duration)
    /// These must have heard by now that the member is removed; the first one knew.
    case expectGone(MemberID, of: [HostID])
    /// A record was written a while ago, by whom others were connected since.
    case follow(ClusterNews)
    // Bridges.
    /// Two found the cluster of their side, or the first takes the next one in.
    case foundSide([HostID])
    /// Two of different clusters link these.
    case bridge(HostID, HostID, tries: Int)
    /// All ends of bridges allow that.
    case setBridges(BridgeLevel, addresses: Bool)
    /// Agrees to be seen across; nil: does not any more.
    case giveCard(HostID, BridgePolicy?)
    /// These want all bridges to be closed.
    case closeBridges([HostID])
    /// Says something to everybody across.
    case speak(HostID)
    /// Nothing must be left across.
    case expectClosed
    // Adversaries.
    case attack(on: HostID)
    case intercept(HostID, Duration)
    /// A packet that an adversary held back reaches its host.
    case hand(Packet, to: HostID)
    case misbehave(HostID)
    /// All faults end: everything is repaired and everybody runs.
    case heal
}
