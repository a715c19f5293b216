// SPDX-License-Identifier: Apache-2.0

/// The first byte of a record's content (PROTOCOL.md §11.1).
///
/// 10 is reserved for bridges and 11 for cards; a reader of this version refuses both.
public enum RecordKind: UInt8, Sendable, Hashable, CaseIterable {
    /// Founds the cluster; the content is that of PROTOCOL.md §6.
    case genesis = 1
    /// Takes a newcomer in whom the author met.
    case add = 2
    /// Says that the author and another member met in person.
    case confirm = 3
    /// The author leaves.
    case leave = 4
    /// Proposes that a member be removed.
    case remove = 5
    /// Votes for such a proposal.
    case vote = 6
    /// The author will have nothing to do with a member, or will again.
    case block = 7
    /// Names the secret that counts since certain members are gone.
    case epoch = 8
    /// Where the author may be reached.
    case endpoint = 9

    /// What the signatures begin with.
    var domain: String {
        switch self {
        case .genesis: "spockex/1 genesis"
        case .add: "spockex/1 add"
        case .confirm: "spockex/1 confirm"
        case .leave: "spockex/1 leave"
        case .remove: "spockex/1 remove"
        case .vote: "spockex/1 vote"
        case .block: "spockex/1 block"
        case .epoch: "spockex/1 epoch"
        case .endpoint: "spockex/1 endpoint"
        }
    }

    /// How many signatures follow the content.
    var signatureCount: Int {
        switch self {
        case .genesis, .add, .confirm: 2
        case .leave, .remove, .vote, .block, .epoch, .endpoint: 1
        }
    }
}
