// SPDX-License-Identifier: Apache-2.0

/// What a person wants of a meeting, as `offer` and `answer` ask for it.
public struct MeetingWish: Codable, Sendable, Equatable {
    /// `auto`, `cluster`, `join`, `bridge` or `private`.
    public var intent: String
    /// The cluster into which a newcomer is to be taken, with `auto` or `cluster`, or that a bridge links;
    /// null: not decided.
    @Nullable public var cluster: String?
    /// Endpoints to show instead of the known ones; null: the known ones; empty: "unknown".
    @Nullable public var hosts: [String]?
    /// Life of an offer in seconds, 10 to 86,400.
    public var lifeSeconds: Int

    /// A wish with its defaults.
    public init(
        intent: String = "auto", cluster: String? = nil, hosts: [String]? = nil,
        lifeSeconds: Int = 600
    ) {
        self.intent = intent
        self.cluster = cluster
        self.hosts = hosts
        self.lifeSeconds = lifeSeconds
    }
}

/// A scanned offer, with what is wanted of the meeting (`POST /v1/answers`).
public struct AnswerRequest: Codable, Sendable, Equatable {
    /// The offer's one line.
    public var text: String
    /// What is wanted.
    public var wish: MeetingWish

    /// A request for an answer.
    public init(text: String, wish: MeetingWish) {
        self.text = text
        self.wish = wish
    }
}

/// A scanned answer (`POST /v1/acceptances`).
public struct AcceptRequest: Codable, Sendable, Equatable {
    /// The answer's one line.
    public var text: String
    /// The cluster into which the other is to be taken, if it is a newcomer, or that a bridge links; null:
    /// not decided.
    @Nullable public var cluster: String?
    /// `join`, `bridge` or `private`, if the offer left open what is wanted; left out: it stays so.
    public var intent: String?

    /// A request to accept.
    public init(text: String, cluster: String? = nil, intent: String? = nil) {
        self.text = text
        self.cluster = cluster
        self.intent = intent
    }
}

/// A new name (`POST /v1/peers/ID/name`, `POST /v1/clusters/ID/name`).
public struct NameRequest: Codable, Sendable, Equatable {
    /// The name; for a peer, the empty one shows its own claim again.
    public var name: String

    /// A request to rename.
    public init(name: String) {
        self.name = name
    }
}

/// That a member be removed (`POST /v1/clusters/ID/members/MEMBER/remove`).
public struct RemovalRequest: Codable, Sendable, Equatable {
    /// Whether those guests go along whom it took in last; left out: they stay.
    public var withGuests: Bool?

    /// A request to remove.
    public init(withGuests: Bool? = nil) {
        self.withGuests = withGuests
    }
}

/// A body that says nothing more than the address of the request.
public struct EmptyRequest: Codable, Sendable, Equatable {
    /// `{}`.
    public init() {}
}
