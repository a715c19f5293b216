// SPDX-License-Identifier: Apache-2.0

/// What the store bounds and waits for.
package enum StoreLimits {
    /// So many rows of the log of events are kept, the newest ones.
    package static let eventCountMax = 10_000
    /// So long another program may hold the database before an access fails, in seconds.
    static let busySeconds = 2.0
}
