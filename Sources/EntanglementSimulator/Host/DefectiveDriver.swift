// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// What a driver with some of the ``Defects`` remembers and should not.
struct DefectiveDriver: Sendable {
    /// Sessions of which a copy was kept: a copy uses nonces twice.
    private(set) var installed: [Session] = []
    /// Answers to messages 1, and how many sessions there were when each was sent first.
    private var answers: [(bytes: [UInt8], session: Int)] = []

    mutating func note(_ session: Session, _ defects: Defects) {
        guard defects.contains(.reinstallation) || defects.contains(.sessionsSurvive) else {
            return
        }
        self.installed.append(session)
        if self.installed.count > 64 {
            self.installed.removeFirst()
            self.answers = self.answers.compactMap {
                $0.session > 0 ? (bytes: $0.bytes, session: $0.session - 1) : nil
            }
        }
    }

    /// The session that an answer belongs to, when the same answer is sent again.
    mutating func sessionAgain(answering bytes: [UInt8]) -> Session? {
        guard bytes.starts(with: "{\"response\":200,\"request\":120".utf8) else { return nil }
        if let answer = self.answers.first(where: { $0.bytes == bytes }) {
            return self.installed[answer.session]
        }
        guard !self.installed.isEmpty else { return nil }
        self.answers.append((bytes, self.installed.count - 1))
        return nil
    }
}
