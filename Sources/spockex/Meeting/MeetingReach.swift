// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// What the two codes of a meeting say about where it can work.
enum MeetingReach {
    /// Whether the two codes name addresses of local networks alone: then it works only inside one.
    ///
    /// False for loopback, which is used on one machine on purpose, and for texts that are no codes.
    /// True for two codes without any address: hellos find the other, or nothing does.
    static func isOneNetwork(offer: String, answer: String) -> Bool {
        guard case .offer(let offer)? = try? CodeText(scanned: offer),
            case .answer(let answer)? = try? CodeText(scanned: answer)
        else { return false }
        return (offer.code.hosts + answer.code.hosts).allSatisfy {
            !$0.address.isPublic && !$0.address.isLoopback
        }
    }

    /// What a person should know then.
    static let oneNetworkNote =
        "The only addresses in the two codes are of a local network, so this works only if you are both in "
        + "it. If not: cancel, and start the node that can be reached from outside with --external, "
        + "or both with --ipgetter."
}
