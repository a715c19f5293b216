// SPDX-License-Identifier: Apache-2.0

extension Node {
    /// Applies a deliberate defect to a loaded record.
    func mutated(_ record: RelationRecord, _ turn: inout Turn) -> RelationRecord {
        guard turn.has(.foundingNotStored), record.phase != .trusted else { return record }
        var forgetful = record
        forgetful.hasSentFounding = false
        forgetful.peerMemberKeys = nil
        forgetful.memberSigningKey = Secret(byteCount: 32, using: &turn.generator)
        forgetful.memberAgreementKey = Secret(byteCount: 32, using: &turn.generator)
        return forgetful
    }
}
