// SPDX-License-Identifier: Apache-2.0

/// A new code, as the node gives it to the command line and to the page.
public struct CodeMade: Codable, Sendable, Equatable {
    /// The pairing's id.
    public var pairing: String
    /// The one line to show.
    public var text: String
    /// When the pairing expires.
    public var expires: Timestamp
    /// Whether the scanned offer's own date has passed by this node's clock; a warning.
    public var late: Bool

    /// A code as made by the node.
    public init(pairing: String, text: String, expires: Timestamp, late: Bool) {
        self.pairing = pairing
        self.text = text
        self.expires = expires
        self.late = late
    }
}

/// What `offer --json` prints.
public struct OfferReport: Codable, Sendable, Equatable {
    /// The pairing's id.
    public var pairing: String
    /// The offer's one line.
    public var offer: String
    /// When the offer's life ends.
    public var expires: Timestamp
    /// The files that were written, by kind: `png`, `svg`, `ndef`, `text`.
    public var files: [String: String]

    /// A report on an offer.
    public init(pairing: String, offer: String, expires: Timestamp, files: [String: String]) {
        self.pairing = pairing
        self.offer = offer
        self.expires = expires
        self.files = files
    }
}

/// What `answer --json` prints at once.
public struct AnswerReport: Codable, Sendable, Equatable {
    /// The pairing's id.
    public var pairing: String
    /// The answer's one line.
    public var answer: String
    /// When the pairing expires.
    public var expires: Timestamp
    /// The files that were written, by kind: `png`, `svg`, `ndef`, `text`.
    public var files: [String: String]
    /// Whether the offer's own date has passed by this node's clock; a warning.
    public var late: Bool

    /// A report on an answer.
    public init(
        pairing: String, answer: String, expires: Timestamp, files: [String: String], late: Bool
    ) {
        self.pairing = pairing
        self.answer = answer
        self.expires = expires
        self.files = files
        self.late = late
    }
}

/// What `scan --json` prints.
public struct ScanReport: Codable, Sendable, Equatable {
    /// `offer`, `answer` or `other`.
    public var kind: String
    /// The text that was found.
    public var text: String

    /// A report on a scan.
    public init(kind: String, text: String) {
        self.kind = kind
        self.text = text
    }
}
