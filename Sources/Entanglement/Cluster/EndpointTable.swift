// SPDX-License-Identifier: Apache-2.0

/// Two endpoint records of one member who runs twice.
///
/// With one sequence and other content they prove it to everybody, since both are signed. With two
/// they are the last ones of two starts of the program that have been publishing in turns.
public struct CloneAlarm: Sendable, Equatable {
    /// Who.
    public let member: MemberID
    /// The one of the two with the smaller id.
    public let first: Record
    /// The other.
    public let second: Record
}

/// The newest endpoint record of each member.
///
/// Not part of the causal graph, and not of a roster's state: old ones are not kept.
struct EndpointTable: Sendable {
    /// Ordered by member.
    private(set) var records: [Record] = []
    /// For each of them, what is known of the starts of the program that made those before it.
    private var runs: [Runs] = []
    /// At most one of each member, ordered by member.
    private(set) var alarms: [CloneAlarm] = []

    /// The record of a member.
    func record(of member: MemberID) -> Record? {
        let index = self.index(of: member)
        guard index < self.records.count, self.records[index].author == member else { return nil }
        return self.records[index]
    }

    /// What is known of an endpoint record before anything of it is checked.
    enum Knowledge {
        /// Exactly this one is held.
        case known
        /// One with a greater sequence is.
        case outdated
        /// Neither.
        case unknown
    }

    func knows(_ record: Record) -> Knowledge {
        guard case .endpoint(let whereabouts) = record.body, let member = record.author,
            let held = self.record(of: member), case .endpoint(let other) = held.body
        else { return .unknown }
        if held == record { return .known }
        return whereabouts.sequence < other.sequence ? .outdated : .unknown
    }

    /// Takes the record if it has a greater sequence, or the same and a smaller id; in the latter
    /// case, and for the greater id, the alarm is raised.
    mutating func take(_ record: Record, _ whereabouts: Whereabouts) -> Bool {
        guard let member = record.author else { return false }
        let index = self.index(of: member)
        guard let held = self.record(of: member), case .endpoint(let other) = held.body else {
            self.records.insert(record, at: index)
            self.runs.insert(Runs(), at: index)
            return true
        }
        guard held.id != record.id else { return false }
        let alarm = CloneAlarm(
            member: member, first: held.id < record.id ? held : record,
            second: held.id < record.id ? record : held)
        if whereabouts.sequence == other.sequence {
            self.raise(alarm)
            guard record.id < held.id else { return false }
        } else if whereabouts.sequence < other.sequence {
            return false
        }
        let isInTurns = self.runs[index].note(
            whereabouts.incarnation, after: other.incarnation)
        if isInTurns { self.raise(alarm) }
        self.records[index] = record
        return true
    }

    /// The starts of a member's program that were heard of.
    private struct Runs {
        /// The one before the last.
        var former: UInt64?
        /// How often one has come back after another.
        var returnCount = 0

        /// Counts a record; whether two have published in turns.
        ///
        /// Once or twice a record from before a backup was restored may come late.
        mutating func note(_ incarnation: UInt64, after last: UInt64) -> Bool {
            guard incarnation != last else { return false }
            if incarnation == self.former { self.returnCount += 1 } else { self.returnCount = 0 }
            self.former = last
            return self.returnCount >= 3
        }
    }

    /// A deliberate defect's: takes the record whatever its sequence is.
    mutating func replace(by record: Record) {
        guard let member = record.author, self.record(of: member) != nil else { return }
        self.records[self.index(of: member)] = record
    }

    private mutating func raise(_ alarm: CloneAlarm) {
        let index = self.alarms.firstIndex { $0.member >= alarm.member } ?? self.alarms.count
        if index < self.alarms.count, self.alarms[index].member == alarm.member { return }
        self.alarms.insert(alarm, at: index)
    }

    /// Where the member's record is, or would be.
    private func index(of member: MemberID) -> Int {
        var (low, high) = (0, self.records.count)
        while low < high {
            let middle = (low + high) / 2
            if let author = self.records[middle].author, author < member {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}

extension RecordSet {
    /// The newest endpoint record of each member, ordered by member.
    public var endpointRecords: [Record] { self.endpoints.records }

    /// Members of whom two copies published, with the proof; at most one of each.
    public var cloneAlarms: [CloneAlarm] { self.endpoints.alarms }

    /// Where a member says that it may be reached.
    public func whereabouts(of member: MemberID) -> Whereabouts? {
        guard let record = self.endpoints.record(of: member),
            case .endpoint(let whereabouts) = record.body
        else { return nil }
        return whereabouts
    }
}
