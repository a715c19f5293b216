// SPDX-License-Identifier: Apache-2.0

/// Two hosts, what is on its way between them, and what may still go wrong: one explored state.
///
/// Hosts, datagrams and texts stand in a ``Catalogue``; here are their numbers.
struct World: Hashable, Sendable {
    /// The number of Alice's state.
    var alice: Int32
    /// The number of Bob's state.
    var bob: Int32
    /// What is on its way, without order: the network may deliver any of it next.
    var inFlight = InFlight()
    /// The text of the answer that Bob has shown, if any.
    var shownAnswer: Int32 = -1
    /// Whether Alice's datagrams are lost, until one of Bob's has come to her.
    var isAliceBlocked = false
    /// What may still go wrong.
    var budget: Budget

    subscript(side: Pair.Side) -> Int32 {
        get { side == .alice ? self.alice : self.bob }
        set { if side == .alice { self.alice = newValue } else { self.bob = newValue } }
    }
}

/// A small set of datagram numbers, as a value without a heap object.
struct InFlight: Hashable, Sendable {
    static let capacity = 16

    private var slots = SIMD16<Int32>(repeating: .max)
    private(set) var count = 0

    /// The numbers, smallest (first sent) first.
    var numbers: [Int32] { (0..<self.count).map { self.slots[$0] } }

    var first: Int32? { self.count > 0 ? self.slots[0] : nil }

    func contains(_ number: Int32) -> Bool {
        (0..<self.count).contains { self.slots[$0] == number }
    }

    /// Adds a number; false when it does not fit.
    mutating func insert(_ number: Int32) -> Bool {
        guard !self.contains(number) else { return true }
        guard self.count < Self.capacity else { return false }
        var position = self.count
        while position > 0, self.slots[position - 1] > number {
            self.slots[position] = self.slots[position - 1]
            position -= 1
        }
        self.slots[position] = number
        self.count += 1
        return true
    }

    mutating func remove(_ number: Int32) {
        guard let position = (0..<self.count).first(where: { self.slots[$0] == number }) else {
            return
        }
        for next in position..<self.count - 1 { self.slots[next] = self.slots[next + 1] }
        self.count -= 1
        self.slots[self.count] = .max
    }
}

/// How often each thing may still go wrong.
package struct Budget: Hashable, Sendable {
    package var losses: UInt8 = 0
    package var duplicates: UInt8 = 0
    package var crashes: UInt8 = 0
    package var cancels: UInt8 = 0
    package var expiries: UInt8 = 0
    package var forgeries: UInt8 = 0

    /// Each thing once.
    package static let each = Budget(
        losses: 1, duplicates: 1, crashes: 1, cancels: 1, expiries: 1, forgeries: 1)

    package init(
        losses: UInt8 = 0, duplicates: UInt8 = 0, crashes: UInt8 = 0, cancels: UInt8 = 0,
        expiries: UInt8 = 0, forgeries: UInt8 = 0
    ) {
        self.losses = losses
        self.duplicates = duplicates
        self.crashes = crashes
        self.cancels = cancels
        self.expiries = expiries
        self.forgeries = forgeries
    }

    /// How many things may still go wrong.
    var count: Int { Self.parts.reduce(0) { $0 + Int(self[keyPath: $1]) } }

    private static var parts: [WritableKeyPath<Budget, UInt8>] {
        [\.losses, \.duplicates, \.crashes, \.cancels, \.expiries, \.forgeries]
    }

    /// Every budget that allows no more than this one.
    var smaller: [Budget] {
        Self.parts.reduce([self]) { budgets, part in
            budgets.flatMap { budget in
                (0...budget[keyPath: part]).map { count in
                    var smaller = budget
                    smaller[keyPath: part] = count
                    return smaller
                }
            }
        }
    }
}

/// What happens next in a world.
package enum Step: Hashable, Sendable {
    /// The datagram arrives.
    case deliver(Int32)
    /// It arrives and stays on its way, to arrive once more.
    case duplicate(Int32)
    /// It is lost.
    case lose(Int32)
    /// Time passes on one side until its timers do something new.
    case timer(Pair.Side)
    /// The process dies between two inputs and starts again.
    case crash(Pair.Side)
    /// The person cancels.
    case cancel(Pair.Side)
    /// The life of the offer, the 90 seconds or the 30 days pass on one side, nothing else.
    case expire(Pair.Side)
    /// A stranger sends an error that names the right pairing and question, without the MAC.
    case forge(Pair.Side)
    /// Bob scans the offer.
    case answer
    /// Alice scans the answer.
    case accept
}
