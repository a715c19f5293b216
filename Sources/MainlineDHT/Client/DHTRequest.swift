// SPDX-License-Identifier: Apache-2.0

/// What the DHT is wanted for.
public enum DHTRequest: Sendable, Equatable {
    /// The newest item of that place; only one with a greater number, if one is given.
    case get(ItemPlace, newerThan: Int64?)
    /// Store an item; only over the one with that number, if one is given.
    case put(MutableItem, over: Int64?)

    var place: ItemPlace {
        switch self {
        case .get(let place, _): place
        case .put(let item, _): item.place
        }
    }

    var newerThan: Int64? {
        switch self {
        case .get(_, let sequence): sequence
        case .put: nil
        }
    }
}

/// Pairs a result with its request; chosen by who asks.
public struct DHTRequestID: Sendable, Hashable {
    /// Any number that no open request has.
    public let number: UInt64

    /// The request of that number.
    public init(_ number: UInt64) {
        self.number = number
    }
}

/// What came out; exactly one for each request that was not cancelled.
public enum DHTResult: Sendable, Equatable {
    /// The newest item, and how many nodes gave it.
    case found(MutableItem, by: Int)
    /// So many nodes answered, and none has it.
    case nothing(asked: Int)
    /// So many nodes have stored it.
    case stored(by: Int)
    /// The DHT has one with a greater number, or another one with the same.
    case outdated(MutableItem)
    /// No node has stored it; the codes with which they refused, in order.
    case refused([Int64])
    /// No node answered at all.
    case unreachable
    /// Too much is asked for already.
    case busy
}

/// What was sent and what became of it.
public struct DHTCounters: Sendable, Equatable {
    /// Datagrams sent.
    public var sent: UInt64 = 0
    /// Answers to our questions.
    public var answered: UInt64 = 0
    /// Questions that nobody answered.
    public var unanswered: UInt64 = 0
    /// Datagrams that answer nothing of ours; questions of others are among them.
    public var strange: UInt64 = 0
    /// Answers that cannot be true; who gave one is not asked again.
    public var lies: UInt64 = 0

    /// Zeros.
    public init() {}
}
