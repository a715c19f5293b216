// SPDX-License-Identifier: Apache-2.0
import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// SHA-1, which the BitTorrent DHT finds the places of its items by (BEP 44).
///
/// Nothing is secured by it: whoever made two keys with one place would have two items that nobody
/// but their maker can sign.
package enum LegacyHash {
    /// SHA-1, 20 bytes.
    package static func sha1(_ message: [UInt8]) -> [UInt8] {
        Array(Insecure.SHA1.hash(data: message))
    }
}
