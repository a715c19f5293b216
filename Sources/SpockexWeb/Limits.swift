// SPDX-License-Identifier: Apache-2.0

/// What the local API allows its callers.
enum Limits {
    /// Open connections; the followers of events (64) leave room for as many requests.
    static let connectionCountMax = 128
    /// Connections that are being told that they are refused; more are closed without a word.
    static let refusedConnectionCountMax = 64
    /// How long one of them may take to ask and to read its answer.
    static let refusalSeconds: Int64 = 2
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
