// SPDX-License-Identifier: Apache-2.0

/// What the local API allows its callers.
enum Limits {
    /// Bytes of a request's body.
    static let bodyByteCountMax = 16_384
    /// Bytes of all header fields of a request together, and of each.
    static let headerByteCountMax = 16_384
    /// Fields in the header of a request.
    static let headerFieldCountMax = 64
    /// Past events that one request may ask for.
    static let historyCountMax = 1_000
    /// Past events when a request does not say how many.
    static let historyCountDefault = 100
    /// Life of an offer in seconds.
    static let lifeSeconds = 10...86_400
    /// Hosts in a wish, as many as a code has room for (PROTOCOL.md §3).
    static let hostCountMax = 3
}
