// SPDX-License-Identifier: Apache-2.0

/// What may cross a bridge (PROTOCOL.md §14.4): each level has those before it in it.
public enum BridgeLevel: UInt8, Sendable, Hashable, CaseIterable, Comparable {
    /// Nothing.
    case nothing = 0
    /// Cards of members who agreed: they are seen.
    case cards = 1
    /// Sealed sessions between two who have cards, carried by the bridge, a little at a time.
    case messages = 2
    /// The same, up to a mebibyte a minute.
    case relaying = 3

    /// Ordered by how much it allows.
    public static func < (left: BridgeLevel, right: BridgeLevel) -> Bool {
        left.rawValue < right.rawValue
    }

    /// Its name for people and programs.
    public var name: String {
        switch self {
        case .nothing: "nothing"
        case .cards: "cards"
        case .messages: "messages"
        case .relaying: "relaying"
        }
    }

    /// The level of that name.
    public init?(name: some StringProtocol) {
        guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }
}

/// What a bridge's end, or a card, allows.
public struct BridgePolicy: Sendable, Hashable {
    /// What may cross.
    public var level: BridgeLevel
    /// Whether two who talk may tell each other their addresses, to reach each other directly.
    public var addresses: Bool

    /// What a new bridge allows.
    public static let bridgeDefault = BridgePolicy(.cards)
    /// What a new card allows.
    public static let cardDefault = BridgePolicy(.messages)

    /// A policy; addresses cross only where messages do.
    public init(_ level: BridgeLevel, addresses: Bool = false) {
        self.level = level
        self.addresses = addresses && level >= .messages
    }

    /// u8: the level in bits 0 to 3, bit 4: addresses; nil: anything else.
    init?(code: UInt8) {
        guard code & 0xE0 == 0, let level = BridgeLevel(rawValue: code & 0x0F) else { return nil }
        self.init(level, addresses: code & 0x10 != 0)
        guard self.code == code else { return nil }
    }

    var code: UInt8 { self.level.rawValue | (self.addresses ? 0x10 : 0) }

    /// What both allow.
    public func intersection(_ other: BridgePolicy) -> BridgePolicy {
        BridgePolicy(
            min(self.level, other.level), addresses: self.addresses && other.addresses)
    }
}
