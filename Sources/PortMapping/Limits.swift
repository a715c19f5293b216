// SPDX-License-Identifier: Apache-2.0

/// How often servers of others are asked.
enum Limits {
    /// Servers asked with one question: as many as must agree.
    static let serversPerQuestion = 2

    /// The wait before the first repetition; it doubles with each one (RFC 8489 §6.2.1).
    static let firstRetransmission: Duration = .milliseconds(500)

    /// How often one request is sent; RFC 8489 allows seven, four is politer and ends after 7.5 s.
    static let sendsPerRequest = 4

    /// The least time between two questions.
    static let pauseMin: Duration = .seconds(20)

    /// The most time between two questions, when all of them fail.
    static let pauseMax: Duration = .seconds(3600)
}
