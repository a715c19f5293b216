// SPDX-License-Identifier: Apache-2.0

// The tally as tables, and what is missing in it.
extension Tally {
    /// All packets that came to an end, whichever.
    public var packetCount: UInt64 {
        self.rows.dropFirst(Fault.allCases.count).reduce(0) { $0 + $1.count }
    }

    /// The kinds of faults that never happened.
    public var missing: [Fault] { Fault.allCases.filter { self.count(of: $0) == 0 } }

    /// How often each kind of fault happened.
    public var faultColumns: Columns {
        var columns = Columns(["fault", "times"])
        for row in self.rows.prefix(Fault.allCases.count) {
            columns.add([row.name, Decimals.text(row.count)])
        }
        return columns
    }

    /// How many packets had which end.
    public var packetColumns: Columns {
        var columns = Columns(["end of a packet", "packets", "of 100"])
        let sum = self.packetCount
        for row in self.rows.dropFirst(Fault.allCases.count) {
            let share = sum == 0 ? 0 : Double(row.count) / Double(sum) * 100
            columns.add([
                row.name.split(separator: " ").last.map(String.init) ?? row.name,
                Decimals.text(row.count), Decimals.text(share, places: 2),
            ])
        }
        return columns
    }
}
