// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// Something that happened, and when.
public struct LoggedEvent: Sendable, Equatable {
    /// Its number in the log, rising; 0 for one that is not kept.
    public var id: Int64
    /// When.
    public var at: WallTime
    /// What.
    public var event: Event

    /// An event with its number and time.
    public init(id: Int64, at: WallTime, event: Event) {
        self.id = id
        self.at = at
        self.event = event
    }
}
