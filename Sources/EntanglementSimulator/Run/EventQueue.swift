// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// What is to happen, earliest first; what is due at one instant happens in the order it was put in.
///
/// A binary heap in one flat array of fixed-size entries: `put` and `next` cost O(log n) and move 24
/// bytes at each level; the events themselves stay where they are until they happen.
struct EventQueue<Event: Sendable>: Sendable {
    private struct Entry: Sendable {
        let due: Instant
        let number: UInt64
        let place: Int

        func isBefore(_ other: Entry) -> Bool {
            self.due == other.due ? self.number < other.number : self.due < other.due
        }
    }

    private var entries: [Entry] = []
    private var events: [Event?] = []
    private var freePlaces: [Int] = []
    private var number: UInt64 = 0

    /// How many events wait.
    var count: Int { self.entries.count }

    /// When the next event is due.
    var due: Instant? { self.entries.first?.due }

    /// Plans an event.
    mutating func put(_ event: Event, at due: Instant) {
        let place: Int
        if let free = self.freePlaces.popLast() {
            place = free
            self.events[place] = event
        } else {
            place = self.events.count
            self.events.append(event)
        }
        self.entries.append(Entry(due: due, number: self.number, place: place))
        self.number += 1
        var child = self.entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard self.entries[child].isBefore(self.entries[parent]) else { break }
            self.entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the next event out.
    mutating func next() -> (due: Instant, event: Event)? {
        guard let first = self.entries.first else { return nil }
        let last = self.entries.removeLast()
        if !self.entries.isEmpty {
            self.entries[0] = last
            self.sink()
        }
        self.freePlaces.append(first.place)
        guard let event = self.events[first.place].take() else { return nil }
        return (first.due, event)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < self.entries.count else { return }
            let right = child + 1
            if right < self.entries.count, self.entries[right].isBefore(self.entries[child]) {
                child = right
            }
            guard self.entries[child].isBefore(self.entries[parent]) else { return }
            self.entries.swapAt(child, parent)
            parent = child
        }
    }
}
