// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// Deliberate defects of the driver and the core, by which the checks show that they bite.
public struct Defects: OptionSet, Sendable, Hashable {
    /// One bit for each defect.
    public let rawValue: UInt64

    /// The defects of those bits: the lower half are the core's own.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Transactions reach the disk sometime.
    public static let lazyDisk = Defects(rawValue: 1 << 32)
    /// What is sent leaves before the transaction.
    public static let commitAfterSend = Defects(rawValue: 1 << 33)

    /// All of them by name, in a fixed order.
    public static let named: [(name: String, defect: Defects)] = [
        ("noConfirmation", Defects(Mutation.noConfirmation)),
        ("errorsDelete", Defects(Mutation.errorsDelete)),
        ("foundingNotStored", Defects(Mutation.foundingNotStored)),
        ("noTombstone", Defects(Mutation.noTombstone)),
        ("lazyDisk", .lazyDisk),
        ("commitAfterSend", .commitAfterSend),
    ]

    private init(_ mutation: Mutation) {
        self.init(rawValue: UInt64(mutation.rawValue))
    }

    /// What the core is told.
    var mutation: Mutation { Mutation(rawValue: UInt32(truncatingIfNeeded: self.rawValue)) }
}
