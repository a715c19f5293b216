// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// A promise that was broken, and by whom.
public struct Violation: Sendable, Hashable, Error, CustomStringConvertible {
    /// Which promise.
    public enum Promise: String, Sendable, Hashable, CaseIterable {
        /// Whoever is trusted has met this node, and both founded the same cluster.
        case trustNeedsAMeeting
        /// Of a cancelled pairing nothing is left.
        case cancelDeletes
        /// What nobody authenticated changes nothing.
        case forgeriesChangeNothing
        /// A packet is opened once.
        case openedOnce
        /// Only what was sent is opened.
        case openedWasSent
        /// No session counter seals two packets.
        case counterUsedOnce
        /// No `n` belongs to two messages 1.
        case questionUsedOnce
        /// What is told is on the disk.
        case announcedIsDurable
        /// Tables stay below their limits.
        case limits
        /// When faults have ended, whoever can be reached is connected again.
        case foundAgain
        /// When faults have ended, both sides of a meeting agree about it.
        case agreement
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
