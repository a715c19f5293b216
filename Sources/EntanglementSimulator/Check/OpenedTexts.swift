// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// What hosts have opened since it was looked at last, whatever it was: frames, and what is sealed in the messages
/// of handshakes.
final class OpenedTexts: Sendable {
    private let texts = Mutex<[[UInt8]]>([])

    func note(_ text: [UInt8]) { self.texts.withLock { $0.append(text) } }

    func take() -> [[UInt8]] {
        self.texts.withLock { texts in
            defer { texts.removeAll(keepingCapacity: true) }
            return texts
        }
    }
}
